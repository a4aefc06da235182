"""Which expressions are always a certain part of the event.

The data flow of ``parse`` says what an expression *may* be. A rewrite reads the new event only where an expression
cannot be anything else, or is nothing at all: every definition of the name, every call of the function is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from phonefleet.actions.parse.accesses import escapes
from phonefleet.actions.parse.event_fields import Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import LocalTag
from phonefleet.actions.parse.lexical_scopes import Binding, pattern_names
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node, members, parameters, part_value


@dataclass(frozen=True, slots=True)
class _Parameter:
    """The argument number ``index`` of ``function``."""

    function: Node
    index: int


@dataclass(frozen=True, slots=True)
class _Part:
    """The property ``key`` of what ``whole`` gives; ``None`` for one that is not known."""

    whole: _Source
    key: str | None


_Source = Node | _Parameter | _Part | None
"""Where a name gets its value; ``None`` if that is not followed."""


class Definite:
    """``path`` gives the part of the event that an expression always is."""

    def __init__(self, parsed: ParsedAction) -> None:
        self._parsed = parsed
        self._flow = parsed.flow
        self._definitions: dict[Binding, list[_Source]] = defaultdict(list)
        self._nullable: set[Binding] = set()
        self._paths: dict[Node, Path | None] = {}
        self._patterns: dict[Node, _Source] = {}
        for node in parsed.program.nodes:
            self._define(node)

    def path(self, node: Node) -> Path | None:
        """The part of the event that ``node`` always is, if it is anything."""
        if node not in self._paths:
            self._paths[node] = None
            self._paths[node] = self._evaluate(node)
        return self._paths[node]

    def pattern_path(self, pattern: Node) -> Path | None:
        """The part of the event that ``pattern`` takes apart."""
        return self._of_source(self._patterns.get(pattern))

    def may_be_nothing(self, node: Node) -> bool:
        """Whether the name at the beginning of a chain of members may be undefined or null."""
        while node.kind in MEMBERS:
            node = node.the("object")
        binding = self._flow.scopes.of(node) if node.kind == "identifier" else None
        return binding is None or binding in self._nullable

    # ---- definitions ---------------------------------------------------------------------------------------------

    def _define(self, node: Node) -> None:
        match node.kind:
            case "variable_declarator":
                self._bind(node.the("name"), node.get("value"), declared=True)
            case "assignment_expression":
                self._bind(node.the("left"), node.the("right"))
            case "augmented_assignment_expression":
                self._bind(node.the("left"), None)
            case "update_expression":
                self._bind(node.the("argument"), None)
            case "for_in_statement":
                self._bind(node.the("left"), None)
            case "catch_clause" if node.get("parameter"):
                self._bind(node.the("parameter"), None)
            case kind if kind in FUNCTIONS:
                for index, parameter in enumerate(parameters(node)):
                    self._bind(parameter, _Parameter(node, index))

    def _bind(self, pattern: Node, source: _Source, *, declared: bool = False) -> None:
        match pattern.kind:
            case "identifier" | "shorthand_property_identifier_pattern":
                binding = self._flow.scopes.of(pattern)
                if binding is None:
                    return
                if isinstance(source, Node) and self._is_nothing(source):
                    self._nullable.add(binding)
                elif declared and source is None:
                    self._nullable.add(binding)  # declared now, assigned later
                else:
                    self._definitions[binding].append(source)
            case "object_pattern":
                self._patterns[pattern] = source
                for part in pattern.parts:
                    if part.kind == "rest_pattern":
                        for name in pattern_names(part):
                            self._bind(name, None)
                    else:
                        target = part.the("value") if part.kind == "pair_pattern" else part
                        self._bind(target, None if source is None else _Part(source, self._flow.key(part)))
            case "assignment_pattern" | "object_assignment_pattern":
                empty = self._is_empty(pattern.the("right"))
                self._bind(pattern.the("left"), source if empty else None)
            case _:
                for name in pattern_names(pattern):
                    self._bind(name, None)

    def _is_nothing(self, node: Node) -> bool:
        return node.kind in ("null", "undefined") or self._parsed.program.text(node) in (
            "undefined",
            "void 0",
        )

    @staticmethod
    def _is_empty(node: Node) -> bool:
        return node.kind == "object" and not node.parts

    # ---- values --------------------------------------------------------------------------------------------------

    def _evaluate(self, node: Node) -> Path | None:
        match node.kind:
            case "identifier" | "shorthand_property_identifier":
                return self._of_binding(self._flow.scopes.of(node))
            case kind if kind in MEMBERS:
                key = self._flow.key(node)
                if key is None:
                    return None
                whole = self.path(node.the("object"))
                return self._below(whole, key) if whole is not None else self._of_property(node, key)
            case "parenthesized_expression" | "await_expression" | "sequence_expression":
                return self.path(node.parts[-1]) if node.parts else None
            case "assignment_expression":
                return self.path(node.the("right"))
            case "binary_expression":
                fallback = node.the("operator").kind in ("||", "??") and self._is_empty(node.the("right"))
                return self.path(node.the("left")) if fallback else None
            case "ternary_expression":
                return self._same(self.path(node.the(side)) for side in ("consequence", "alternative"))
            case "call_expression":
                return self._of_call(node)
        return None

    def _below(self, whole: Path, key: str) -> Path | None:
        return (*whole, key) if self._flow.event.shape(whole) is Shape.RECORD else None

    def _of_binding(self, binding: Binding | None) -> Path | None:
        if binding is None or binding.value is not None:
            return None
        return self._same(self._of_source(source) for source in self._definitions[binding])

    def _of_source(self, source: _Source) -> Path | None:
        match source:
            case Node():
                return self.path(source)
            case _Part(whole, key) if key is not None:
                path = self._of_source(whole)
                return self._below(path, key) if path is not None else self._of_local(whole, key)
            case _Parameter(function, index):
                return self._of_parameter(function, index)
        return None

    def _of_parameter(self, function: Node, index: int) -> Path | None:
        """What every known call passes; Auth0 passes a handler the event."""
        entered: list[Path | None] = [()] if function in self._parsed.functions and index == 0 else []
        passed = self._passed(function, index)
        if passed is None:
            return None
        return self._same((*entered, *map(self.path, passed)))

    def _passed(self, function: Node, index: int) -> list[Node] | None:
        """The argument of every call; ``None`` if not every call is known."""
        if function not in self._parsed.functions and self._is_called_elsewhere(function):
            return None
        passed: list[Node] = []
        for call in self._parsed.program.nodes:
            if call.kind not in ("call_expression", "new_expression"):
                continue
            target = call.get("function") or call.the("constructor")
            arguments = call.arguments
            if function in self._flow.callees(call):
                spread = any(argument.kind == "spread_element" for argument in arguments)
                if spread or index >= len(arguments):
                    return None
                passed.append(arguments[index])
            elif target.kind == "member_expression" and LocalTag(function) in self._flow.tags(
                target.the("object")
            ):
                return None  # `call`, `apply`, `bind`
        return passed

    def _is_called_elsewhere(self, function: Node) -> bool:
        """Whether code outside this program may call a function."""
        owner = function.parent
        if function.kind == "method_definition" and owner is not None:
            holder = owner.parent if owner.kind == "class_body" else owner
            return holder is None or escapes(self._flow, holder)
        return escapes(self._flow, function)

    def _of_call(self, call: Node) -> Path | None:
        """What the one function that is called returns."""
        target = call.the("function")
        callees = self._flow.callees(call)
        known = all(isinstance(tag, LocalTag) for tag in self._flow.tags(target))
        if len(callees) != 1 or not known or target.kind != "identifier" or callees[0].has("*"):
            return None
        binding = self._flow.scopes.of(target)
        if binding is None or len(self._definitions[binding]) != (binding.value is None):
            return None
        function = callees[0]
        awaited = call.parent is not None and call.parent.kind == "await_expression"
        if function.has("async") and not awaited:
            return None
        body = function.the("body")
        if body.kind != "statement_block":
            return self.path(body)
        returned = [
            node for node in body.walk() if node.kind == "return_statement" and node.function() is function
        ]
        return self._same(self.path(node.parts[0]) if node.parts else None for node in returned)

    def _of_property(self, node: Node, key: str) -> Path | None:
        owner = node.the("object")
        binding = self._flow.scopes.of(owner) if owner.kind == "identifier" else None
        sources = self._definitions[binding] if binding is not None else []
        return self._of_local(sources[0], key) if len(sources) == 1 else None

    def _of_local(self, source: _Source, key: str) -> Path | None:
        """A property of an object literal that only this program holds and never changes."""
        match source:
            case _Parameter(function, index) if function not in self._parsed.functions:
                passed = self._passed(function, index)
                return self._same(self._of_local(each, key) for each in passed or ())
            case Node(kind="object"):
                if escapes(self._flow, source) or self._flow.is_assigned(source):
                    return None
                parts = [part for part in members(source) if self._flow.key(part) == key]
                spread = any(part.kind == "spread_element" for part in members(source))
                return self.path(part_value(parts[0])) if len(parts) == 1 and not spread else None
        return None

    @staticmethod
    def _same(paths: Iterable[Path | None]) -> Path | None:
        listed = list(paths)
        return listed[0] if listed and all(path == listed[0] for path in listed) else None
