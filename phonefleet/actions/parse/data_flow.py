"""Where the handler's ``event`` and ``api`` go: through names, patterns, helpers, objects and modules.

A flow-insensitive fixpoint over sets of tags. It over-approximates: a name carries a tag if any path gives it
to it. What it cannot follow (an array's elements, ``this``, code made at run time) it does not invent.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from phonefleet.actions.parse.event_fields import Path, Shape, shape
from phonefleet.actions.parse.lexical_scopes import Binding, Scopes, parameters
from phonefleet.actions.parse.properties import CLASSES, members, part_value, property_key, unwrap_assignment
from phonefleet.actions.parse.syntax import FUNCTIONS, Node, Program
from phonefleet.actions.parse.tags import (
    EXPORTS,
    MODULE,
    NOTHING,
    REMOTE,
    ApiTag,
    EventTag,
    LocalTag,
    ModuleTag,
    Tag,
    Tags,
)

_ROUNDS: Final = 40
_LOGICAL: Final = frozenset({"||", "&&", "??"})


class Flow:
    """The tags of every name and expression of a program, once ``run`` has returned."""

    def __init__(self, program: Program, scopes: Scopes) -> None:
        self.program = program
        self.scopes = scopes
        self.exports: dict[str, list[Node]] = defaultdict(list)
        self._looking: set[tuple[Node, str]] = set()
        self._names: dict[Binding, Tags] = defaultdict(frozenset)
        self._globals: dict[str, Tags] = defaultdict(frozenset)
        self._parameters: dict[Node, Tags] = defaultdict(frozenset)
        self._returns: dict[Node, Tags] = defaultdict(frozenset)
        self._properties: dict[tuple[Node, str], Tags] = defaultdict(frozenset)
        self.settled = False
        self.escapes: dict[Node, bool] = {}
        self.occurrences: dict[Node, list[Node]] | None = None
        self._nodes = [node for node in program.nodes if node.kind in _STEPS]
        self._changed = False
        self._memo: dict[Node, Tags] = {}

    def settle(self) -> None:
        """Apply every assignment, call and return until nothing changes, or too often (``settled`` tells)."""
        for _ in range(_ROUNDS):
            self._changed = False
            self._memo.clear()
            for node in self._nodes:
                self._step(node)
            if not self._changed:
                break
        self.settled = not self._changed
        self._memo.clear()

    def enter(self, function: Node, *arguments: Tags) -> None:
        """Give a function its arguments."""
        for parameter, tags in zip(parameters(function), arguments, strict=False):
            self._parameters[parameter] |= tags
            self.bind(parameter, tags)

    def parameter_tags(self, pattern: Node) -> Tags:
        """What was passed for a parameter, however its pattern takes it apart."""
        return self._parameters[pattern]

    def tags(self, node: Node) -> Tags:
        """What the expression ``node`` may be."""
        known = self._memo.get(node)
        if known is None:
            self._memo[node] = NOTHING
            known = self._memo[node] = self._evaluate(node)
        return known

    def bind(self, pattern: Node, tags: Tags) -> None:
        """Give ``tags`` to the names of a pattern."""
        match pattern.kind:
            case "identifier" | "shorthand_property_identifier_pattern":
                self._learn_name(pattern, tags)
            case "assignment_pattern" | "object_assignment_pattern":
                self.bind(pattern.the("left"), tags | self.tags(pattern.the("right")))
            case "object_pattern":
                for part in pattern.parts:
                    self._bind_part(part, tags)
            case "member_expression" | "subscript_expression":
                self._set(pattern, tags, None)

    def property_of(self, tags: Tags, name: str) -> Tags:
        """What ``.name`` of a value with ``tags`` may be."""
        found: set[Tag] = set()
        for tag in tags:
            found |= self._property(tag, name)
        return frozenset(found)

    def key(self, node: Node) -> str | None:
        """The property that a node names, or ``None`` if only a run can tell."""
        return property_key(self.program, node)

    def callees(self, call: Node) -> list[Node]:
        """The functions of this program that a call may reach."""
        target = call.get("function") or call.get("constructor")
        found = [tag.node for tag in (self.tags(target) if target else ()) if isinstance(tag, LocalTag)]
        classes = (node for node in found if node.kind in CLASSES)
        constructors = (part for node in classes for part in members(node) if self.key(part) == "constructor")
        return [*(node for node in found if node.kind in FUNCTIONS), *constructors]

    def _bind_part(self, part: Node, tags: Tags) -> None:
        match part.kind:
            case "rest_pattern":
                for name in part.parts:
                    self.bind(name, tags)
            case "pair_pattern":
                name_ = self.key(part)
                if name_ is not None:
                    self.bind(part.the("value"), self.property_of(tags, name_))
            case _:
                name_ = self.key(part)
                if name_ is not None:
                    self.bind(part, self.property_of(tags, name_))

    def _property(self, tag: Tag, name: str) -> Tags:
        match tag:
            case EventTag(path):
                return frozenset({EventTag((*path, name))}) if open_ended(path) else NOTHING
            case ApiTag(path):
                return frozenset({ApiTag((*path, name))}) if len(path) < 3 else NOTHING
            case ModuleTag("module"):
                return frozenset({EXPORTS}) if name == "exports" else NOTHING
            case ModuleTag("exports"):
                return frozenset().union(*(self.tags(value) for value in self.exports.get(name, ())))
            case ModuleTag():
                return frozenset({tag})
            case LocalTag(node):
                return self._properties[(node, name)] | self._literal_property(node, name)

    def _literal_property(self, node: Node, name: str) -> Tags:
        """A property of an object literal; one that is spread into itself (``event = { ...event }``) ends there."""
        if (node, name) in self._looking:
            return NOTHING
        self._looking.add((node, name))
        found = self._found_property(node, name)
        self._looking.discard((node, name))
        return found

    def _found_property(self, node: Node, name: str) -> Tags:
        found = NOTHING
        for part in members(node):
            if part.kind == "spread_element":
                found |= self.property_of(self.tags(part.parts[0]), name)
            elif self.key(part) == name:
                found |= self.tags(part_value(part))
        return found

    def _evaluate(self, node: Node) -> Tags:
        match node.kind:
            case "identifier" | "shorthand_property_identifier":
                return self._name(node)
            case "member_expression" | "subscript_expression":
                key = self.key(node)
                return NOTHING if key is None else self.property_of(self.tags(node.the("object")), key)
            case "parenthesized_expression" | "await_expression":
                return self.tags(node.parts[-1]) if node.parts else NOTHING
            case "ternary_expression":
                return self.tags(node.the("consequence")) | self.tags(node.the("alternative"))
            case "binary_expression":
                return self._binary(node)
            case "sequence_expression":
                return self.tags(node.parts[-1])
            case "assignment_expression" | "augmented_assignment_expression":
                return self.tags(node.the("right"))
            case "call_expression" | "new_expression":
                return self._call_result(node)
            case "object" | "class":
                return frozenset({LocalTag(node)})
            case "this":
                return self._this(node)
            case kind if kind in FUNCTIONS:
                return frozenset({LocalTag(node)})
        return NOTHING

    def _name(self, node: Node) -> Tags:
        binding = self.scopes.of(node)
        if binding is None:
            text = self.program.text(node)
            return _GLOBALS.get(text, NOTHING) | self._globals[text]
        declared = binding.value
        return self._names[binding] | (NOTHING if declared is None else frozenset({LocalTag(declared)}))

    def _this(self, node: Node) -> Tags:
        """The object or class whose method ``node`` stands in."""
        for ancestor in node.ancestors():
            if ancestor.kind == "method_definition":
                owner = ancestor.parent
                owner = owner.parent if owner is not None and owner.kind == "class_body" else owner
                return NOTHING if owner is None else frozenset({LocalTag(owner)})
            if ancestor.kind in FUNCTIONS and ancestor.kind != "arrow_function":
                return NOTHING
        return NOTHING

    def _binary(self, node: Node) -> Tags:
        operator = node.the("operator").kind
        if operator not in _LOGICAL:
            return NOTHING
        right = self.tags(node.the("right"))
        return right if operator == "&&" else self.tags(node.the("left")) | right

    def _call_result(self, node: Node) -> Tags:
        target = node.get("function") or node.get("constructor")
        if target is None:
            return NOTHING
        if self.scopes.is_global(target, "require") or target.kind == "import":
            return frozenset({REMOTE})
        found = {tag for tag in self.tags(target) if tag == REMOTE or _makes(node, tag)}
        returned = (self._returns[callee] for callee in self.callees(node))
        return frozenset(found).union(*returned)

    def _learn_name(self, node: Node, tags: Tags) -> None:
        binding = self.scopes.of(node)
        if binding is None:
            text = self.program.text(node)
            self._changed = self._changed or not tags <= self._globals[text]
            self._globals[text] |= tags
        elif not tags <= self._names[binding]:
            self._names[binding] |= tags
            self._changed = True

    def _set(self, target: Node, tags: Tags, value: Node | None) -> None:
        """``target = value`` for a member: an export, or a property of a local object."""
        key = self.key(target)
        for owner in self.tags(target.the("object")):
            match owner:
                case ModuleTag("module") if key == "exports" and value is not None:
                    self._export_all(value)
                case ModuleTag("exports") if key is not None and value is not None:
                    self._export(key, value)
                case LocalTag(node) if key is not None and not tags <= self._properties[(node, key)]:
                    self._properties[(node, key)] |= tags
                    self._changed = True

    def _export_all(self, value: Node) -> None:
        for tag in self.tags(value):
            if isinstance(tag, LocalTag) and tag.node.kind == "object":
                for part in tag.node.parts:
                    key = self.key(part)
                    if key is not None:
                        self._export(key, part_value(part))

    def _export(self, name: str, value: Node) -> None:
        if value not in self.exports[name]:
            self.exports[name].append(value)
            self._changed = True

    def _step(self, node: Node) -> None:
        match node.kind:
            case "variable_declarator":
                self._declarator(node)
            case "assignment_expression" | "augmented_assignment_expression":
                self._assignment(node)
            case "return_statement":
                self._return(node)
            case "arrow_function":
                self._arrow(node)
            case _:
                self._call(node)

    def _declarator(self, node: Node) -> None:
        value = node.get("value")
        if value is not None:
            self.bind(node.the("name"), self.tags(value))

    def _assignment(self, node: Node) -> None:
        left, right = node.the("left"), node.the("right")
        if left.kind in ("member_expression", "subscript_expression"):
            self._set(left, self.tags(right), unwrap_assignment(right))
        elif left.kind == "identifier" and self.scopes.is_global(left, "exports"):
            self._export_all(right)
        else:
            self.bind(left, self.tags(right))

    def _call(self, node: Node) -> None:
        arguments = node.get("arguments")
        if arguments is None or arguments.kind != "arguments":
            return
        given = [self.tags(argument) for argument in arguments.parts]
        for callee in self.callees(node):
            self.enter(callee, *given)
        self._indirect_call(node, given)
        self._assign_exports(arguments.parts)

    def _indirect_call(self, node: Node, given: list[Tags]) -> None:
        """``f.call(this, …)`` and ``f.bind(this, …)`` pass their arguments on, one place further left."""
        target = node.get("function")
        if target is None or target.kind != "member_expression" or self.key(target) not in ("call", "bind"):
            return
        for tag in self.tags(target.the("object")):
            if isinstance(tag, LocalTag) and tag.node.kind in FUNCTIONS:
                self.enter(tag.node, *given[1:])

    def _assign_exports(self, arguments: list[Node]) -> None:
        """``Object.assign(module.exports, {…})``."""
        if len(arguments) > 1 and EXPORTS in self.tags(arguments[0]):
            for argument in arguments[1:]:
                self._export_all(argument)

    def _return(self, node: Node) -> None:
        function = node.function()
        if function is not None and node.parts:
            self._learn_return(function, self.tags(node.parts[0]))

    def _arrow(self, node: Node) -> None:
        body = node.the("body")
        if body.kind != "statement_block":
            self._learn_return(node, self.tags(body))

    def _learn_return(self, function: Node, tags: Tags) -> None:
        if not tags <= self._returns[function]:
            self._returns[function] |= tags
            self._changed = True


def open_ended(path: Path) -> bool:
    """Whether the event has known fields below ``path`` (below anything else are a value's own methods)."""
    return shape(path) in (Shape.RECORD, Shape.FREE)


def _makes(call: Node, tag: Tag) -> bool:
    """Whether ``call`` is ``new`` of a class of this program: its instance stands for the class."""
    return call.kind == "new_expression" and isinstance(tag, LocalTag) and tag.node.kind in CLASSES


_GLOBALS: Final[dict[str, Tags]] = {
    "module": frozenset({MODULE}),
    "exports": frozenset({EXPORTS}),
    "fetch": frozenset({REMOTE}),
}
_STEPS: Final = frozenset(
    {
        "variable_declarator",
        "assignment_expression",
        "augmented_assignment_expression",
        "call_expression",
        "new_expression",
        "return_statement",
        "arrow_function",
    }
)
