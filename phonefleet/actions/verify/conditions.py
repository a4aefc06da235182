"""Which values of the event make a condition of the code true or false.

Each solution is a list of demands that must hold together. Conditions that cannot be solved here have none, and the
search for inputs then tries other values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, product
from math import isfinite
from typing import Any, Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import EventTag
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.actions.verify.demands import Demand, Demands, FieldSource, Wanted
from phonefleet.actions.verify.regex_examples import MOST_TEXT

MOST_SOLUTIONS: Final = 12
MOST_STEPS: Final = 50_000
"""Expressions that are looked at for one program. Functions that call each other have exponentially many ways."""
_DEPTH: Final = 12
_EXACT: Final = 2**53
"""JavaScript's whole numbers below this are exact; larger ones also do not fit the JSON of an event."""
_NOTHING: Final[list[Demands]] = [()]
_UNCHANGED: Final = frozenset(
    {
        "toLowerCase",
        "toUpperCase",
        "trim",
        "toString",
        "valueOf",
        "normalize",
        "replace",
        "replaceAll",
        "join",
    }
)
_CONVERTING: Final = frozenset({"String", "Number", "parseInt", "parseFloat", "Boolean"})
_CUTTING: Final = frozenset({"slice", "substring", "substr"})
_TESTS: Final = {"startsWith": Wanted.STARTS, "endsWith": Wanted.ENDS, "includes": Wanted.HAS}
_LISTED: Final = frozenset({"some", "find", "findIndex", "filter", "every"})
_EQUAL: Final = {"===": True, "==": True, "!==": False, "!=": False}
_NUMBERS: Final[dict[str, Callable[[float], float]]] = {
    ">": lambda n: n + 1,
    ">=": lambda n: n,
    "<": lambda n: n - 1,
    "<=": lambda n: n,
}
_OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


@dataclass(slots=True)
class _Work:
    """How much more may be looked at; one for a solver and all that are made from it."""

    left: int = MOST_STEPS

    def spent(self) -> bool:
        """Count a step; return whether there were too many."""
        self.left -= 1
        return self.left < 0


@dataclass(frozen=True, slots=True)
class Solver:
    """Solves conditions of one program; ``given`` are the expressions that names of parameters stand for.

    After `MOST_STEPS` steps nothing more has a solution: the program is a tenant's, and this is the run's process.
    """

    flow: Flow
    given: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 0
    work: _Work = field(default_factory=_Work)

    def solve(self, node: Node, truth: bool) -> list[Demands]:
        """The solutions that make ``node`` truthy, or falsy; ``[()]`` if nothing special is needed."""
        if self.depth > _DEPTH or self.work.spent():
            return []
        return list(islice(replace(self, depth=self.depth + 1).solutions(node, truth), MOST_SOLUTIONS))

    def _deeper(self, **given: Any) -> Solver:
        return replace(self, depth=self.depth + 1, given={**self.given, **given})

    def solutions(self, node: Node, truth: bool) -> Iterator[Demands]:
        """The solutions, one after another, without a limit."""
        match node.kind:
            case "parenthesized_expression" | "await_expression":
                yield from self.solve(node.parts[-1], truth)
            case "unary_expression" if node.has("!"):
                yield from self.solve(node.the("argument"), not truth)
            case "binary_expression":
                yield from self._binary(node, truth)
            case "call_expression":
                yield from self._call(node, truth)
            case "subscript_expression" if self.flow.key(node) is None and truth:
                yield from self._of_table(node)
            case "true" | "false":
                yield from _NOTHING if (node.kind == "true") == truth else []
            case _:
                yield from self._plain(node, truth)

    def _plain(self, node: Node, truth: bool) -> Iterator[Demands]:
        source = self.source(node)
        if source is not None:
            yield (Demand(source.path, Wanted.EXISTS if truth else Wanted.ABSENT),)
        elif (value := self._declared(node)) is not None:
            yield from self.solve(value, truth)

    def _binary(self, node: Node, truth: bool) -> Iterator[Demands]:
        left, right = node.the("left"), node.the("right")
        operator = self.flow.program.text(node.the("operator"))
        if operator in ("&&", "||"):
            if (operator == "&&") == truth:
                for one, other in product(self.solve(left, truth), self.solve(right, truth)):
                    yield (*one, *other)
            else:
                yield from self.solve(left, truth)
                yield from self.solve(right, truth)
        elif operator in _EQUAL:
            yield from self._equality(left, right, _EQUAL[operator] == truth)
        elif operator in _NUMBERS:
            yield from self._order(left, right, operator if truth else _OPPOSITE[operator])
        elif operator == "in" and truth:
            source, name = self.source(right), self.literal(left)
            if source is not None and isinstance(name, str):
                yield (Demand((*source.path, name), Wanted.EXISTS),)
        elif operator == "??" and truth:
            yield from self.solve(left, truth)

    def _equality(self, left: Node, right: Node, equal: bool) -> Iterator[Demands]:
        for one, other in ((left, right), (right, left)):
            if other.kind in ("undefined", "null") and (source := self.source(one)) is not None:
                yield (Demand(source.path, Wanted.ABSENT if equal else Wanted.EXISTS),)
                return
            value = self.literal(other)
            if value is None:
                continue
            if one.kind == "unary_expression" and one.has("typeof"):
                source = self.source(one.the("argument"))
                if source is not None:
                    yield (
                        Demand(
                            source.path, Wanted.ABSENT if (value == "undefined") == equal else Wanted.EXISTS
                        ),
                    )
                return
            if (
                one.kind == "call_expression"
                and value in (-1, 0)
                and self._method(one) in ("indexOf", "search")
            ):
                yield from self._found(one, found=(value == 0) == equal, at_start=value == 0)
                return
            if (source := self.source(one)) is not None:
                yield (source.demand(value) if equal else Demand(source.path, Wanted.DIFFERS, value),)
                return

    def _order(self, left: Node, right: Node, operator: str) -> Iterator[Demands]:
        number = self.literal(right)
        if not isinstance(number, (int, float)):
            return
        if left.kind == "call_expression" and self._method(left) == "indexOf":
            yield from self._found(left, found=operator in (">", ">="), at_start=False)
            return
        source = self.source(left)
        if source is not None:
            value = _NUMBERS[operator](number)
            yield (
                Demand(
                    source.path, source.part, max(0, int(value)) if source.part is Wanted.LENGTH else value
                ),
            )

    def _found(self, call: Node, *, found: bool, at_start: bool) -> Iterator[Demands]:
        """``text.indexOf(part)`` finds the part, or not."""
        source = self.source(call.the("function").the("object"))
        value = self.literal(call.arguments[0]) if call.arguments else None
        if source is not None and value is not None:
            yield from (
                [(Demand(source.path, Wanted.STARTS if at_start else Wanted.HAS, value),)]
                if found
                else _NOTHING
            )

    def _call(self, node: Node, truth: bool) -> Iterator[Demands]:
        target, arguments, method = node.the("function"), node.arguments, self._method(node)
        callees = self.flow.callees(node)
        if callees:
            for callee in callees[:2]:
                yield from self._of_function(callee, arguments, truth)
            return
        if target.kind == "identifier" and self.flow.program.text(target) in _CONVERTING and arguments:
            yield from self.solve(arguments[0], truth)
            return
        if method is None or not arguments:
            yield from self._plain(node, truth)
            return
        owner = target.the("object")
        if method in ("test", "exec", "match"):
            pattern, text = (owner, arguments[0]) if method != "match" else (arguments[0], owner)
            yield from self._matching(pattern, text, truth)
        elif (listed := self._list(owner)) is not None:
            yield from self._in_list(listed, method, arguments[0], truth)
        elif (source := self.source(owner)) is not None:
            yield from self._of_text(source, method, arguments[0], truth)

    def _of_text(self, source: FieldSource, method: str, argument: Node, truth: bool) -> Iterator[Demands]:
        if method in _LISTED and argument.kind in FUNCTIONS:
            yield from self._of_element(argument, FieldSource(source.path, Wanted.LISTS), truth)
            return
        value = self.literal(argument)
        if method in ("hasOwnProperty", "has") and isinstance(value, str):
            yield (Demand((*source.path, value), Wanted.EXISTS if truth else Wanted.ABSENT),)
        elif method in _TESTS and isinstance(value, str):
            if not truth:
                yield ()
                return
            yield (Demand(source.path, _TESTS[method], value),)
            if method == "includes":
                yield (Demand(source.path, Wanted.LISTS, value),)

    def _of_element(self, function: Node, element: object, truth: bool) -> list[Demands]:
        body = function.the("body")
        names = _parameter_names(self.flow, function)
        if body.kind == "statement_block" or not names:
            return []
        return self._deeper(**{names[0]: element}).solve(body, truth)

    def _in_list(self, listed: list[Any], method: str, argument: Node, truth: bool) -> Iterator[Demands]:
        if not truth:
            yield ()
            return
        source = self.source(argument)
        if method in ("includes", "has") and source is not None:
            for value in listed:
                yield (source.demand(value),)
        elif method in _LISTED and argument.kind in FUNCTIONS:
            for value in listed:
                yield from self._of_element(argument, value, truth)

    def _of_table(self, node: Node) -> Iterator[Demands]:
        """``TABLE[value]`` is truthy for the keys of the table."""
        source, table = self.source(node.the("index")), self._literal_node(node.the("object"))
        if source is None or table is None or table.kind != "object":
            return
        for part in table.parts:
            key = self.flow.key(part)
            if key is not None:
                yield (source.demand(key),)

    def _matching(self, pattern: Node, text: Node, truth: bool) -> Iterator[Demands]:
        source, regex = self.source(text), self._literal_node(pattern)
        if source is None or regex is None or regex.kind != "regex":
            return
        if not truth:
            yield ()
            return
        flags = regex.get("flags")
        value = (
            self.flow.program.text(regex.the("pattern")),
            self.flow.program.text(flags) if flags is not None else "",
        )
        yield (Demand(source.path, Wanted.MATCHES, value),)

    def _of_function(self, function: Node, arguments: list[Node], truth: bool) -> Iterator[Demands]:
        names = _parameter_names(self.flow, function)
        solver = self._deeper(**dict(zip(names, arguments, strict=False)))
        body = function.the("body")
        if body.kind != "statement_block":
            yield from solver.solve(body, truth)
            return
        for node in body.walk():
            if self.work.spent():
                return
            if node.kind == "return_statement" and node.parts and node.function() is function:
                yield from solver.solve(node.parts[0], truth)

    def source(self, node: Node, depth: int = 0) -> FieldSource | None:
        """The field of the event from which an expression takes its value."""
        if depth > _DEPTH or self.work.spent():
            return None
        given = self.given.get(self.flow.program.text(node)) if node.kind == "identifier" else None
        if given is not None:
            return (
                given
                if isinstance(given, FieldSource)
                else self.source(given, depth + 1)
                if isinstance(given, Node)
                else None
            )
        for tag in sorted((t for t in self.flow.tags(node) if isinstance(t, EventTag)), key=lambda t: t.path):
            if tag.path:
                return FieldSource(tag.path)
        match node.kind:
            case "parenthesized_expression" | "await_expression" | "template_substitution":
                return self.source(node.parts[-1], depth + 1) if node.parts else None
            case "template_string":
                return self.source(node.parts[0], depth + 1) if len(node.parts) == 1 else None
            case "binary_expression" if self.flow.program.text(node.the("operator")) in ("||", "??", "&&"):
                sides = (node.the("left"), node.the("right"))
                return next((s for side in sides if (s := self.source(side, depth + 1)) is not None), None)
            case "member_expression" | "subscript_expression":
                return self._source_of_member(node, depth)
            case "call_expression":
                return self._source_of_call(node, depth)
            case "identifier":
                declared = self._declared(node)
                return None if declared is None else self.source(declared, depth + 1)
        return None

    def _source_of_member(self, node: Node, depth: int) -> FieldSource | None:
        owner = node.the("object")
        cut = self._method(owner) if owner.kind == "call_expression" else None
        if cut == "split" and node.kind == "subscript_expression":
            inner = self.source(owner.the("function").the("object"), depth + 1)
            first = self.flow.program.text(node.the("index")) == "0"
            return None if inner is None else FieldSource(inner.path, Wanted.STARTS if first else Wanted.HAS)
        inner = self.source(owner, depth + 1)
        if inner is None or inner.part is not Wanted.EQUALS:
            return None
        key = self.flow.key(node)
        if key == "length":
            return FieldSource(inner.path, Wanted.LENGTH)
        if key is None:
            first = node.kind == "subscript_expression" and self.flow.program.text(node.the("index")) == "0"
            return FieldSource(inner.path, Wanted.STARTS) if first else None
        return FieldSource((*inner.path, key))

    def _source_of_call(self, node: Node, depth: int) -> FieldSource | None:
        target, method = node.the("function"), self._method(node)
        if target.kind == "identifier" and self.flow.program.text(target) in _CONVERTING and node.arguments:
            return self.source(node.arguments[0], depth + 1)
        if method is None:
            return None
        inner = self.source(target.the("object"), depth + 1)
        if inner is None or method in _UNCHANGED:
            return inner
        begin = self.literal(node.arguments[0]) if node.arguments else None
        if method in _CUTTING and isinstance(begin, int):
            if begin > MOST_TEXT:
                return None
            return (
                FieldSource(inner.path, Wanted.ENDS)
                if begin < 0
                else FieldSource(inner.path, Wanted.STARTS, begin)
            )
        if method in ("charAt", "at"):
            return FieldSource(inner.path, Wanted.STARTS)
        if method == "pop":
            return FieldSource(inner.path, Wanted.ENDS)
        return inner if method == "split" else None

    def literal(self, node: Node) -> Any:
        """The value of a literal, or of a name that is declared as one."""
        if node.kind == "identifier" and isinstance(
            self.given.get(self.flow.program.text(node)), (str, int, float)
        ):
            return self.given[self.flow.program.text(node)]
        found = self._literal_node(node)
        if found is None:
            return None
        match found.kind:
            case "string" | "template_string":
                return self.flow.program.string(found)
            case "true" | "false":
                return found.kind == "true"
            case "number" | "unary_expression":
                try:
                    number = float(self.flow.program.text(found).replace("_", "").replace(" ", ""))
                except ValueError:
                    return None
                if not isfinite(number):
                    return None
                return int(number) if number.is_integer() and abs(number) < _EXACT else number
        return None

    def _literal_node(self, node: Node) -> Node | None:
        for _ in range(_DEPTH):
            given = self.given.get(self.flow.program.text(node)) if node.kind == "identifier" else None
            following = given if isinstance(given, Node) else self._declared(node)
            if node.kind == "parenthesized_expression" and node.parts:
                following = node.parts[0]
            if following is None:
                return node
            node = following
        return None

    def _list(self, node: Node) -> list[Any] | None:
        found = self._literal_node(node)
        if found is not None and found.kind == "new_expression" and found.arguments:
            found = self._literal_node(found.arguments[0])
        if found is None or found.kind != "array":
            return None
        values = [self.literal(part) for part in found.parts]
        return [value for value in values if value is not None] or None

    def _declared(self, node: Node) -> Node | None:
        """The value with which a name is declared."""
        if node.kind != "identifier":
            return None
        binding = self.flow.scopes.of(node)
        declarator = binding.node.parent if binding is not None else None
        if declarator is None or declarator.kind != "variable_declarator":
            return None
        return declarator.get("value")

    def _method(self, call: Node) -> str | None:
        target = call.get("function")
        return self.flow.key(target) if target is not None and target.kind == "member_expression" else None


def _parameter_names(flow: Flow, function: Node) -> list[str]:
    alone = function.get("parameter")
    listed = function.get("parameters")
    nodes = [alone] if alone is not None else listed.parts if listed is not None else []
    return [flow.program.text(node) if node.kind == "identifier" else "" for node in nodes]
