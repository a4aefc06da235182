"""Where the handler's ``event`` and ``api`` go: through names, patterns, helpers, objects and modules.

A flow-insensitive fixpoint over sets of tags. It over-approximates: a name has a tag if any path gives it the tag.
What it cannot follow (an array's elements, code made at run time) gets no tag.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from phonefleet.actions.parse.constants import Constants
from phonefleet.actions.parse.event_fields import LegacyEvent
from phonefleet.actions.parse.flow_types import (
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
from phonefleet.actions.parse.lexical_scopes import Binding, Scopes
from phonefleet.actions.parse.syntax import (
    CLASSES,
    FUNCTIONS,
    MEMBERS,
    Node,
    Program,
    members,
    parameters,
    part_value,
    property_key,
    unwrap_assignment,
)

_ROUNDS: Final = 40
_LOGICAL: Final = frozenset({"||", "&&", "??"})
_GLOBALS: Final[dict[str, Tags]] = {
    "module": frozenset({MODULE}),
    "exports": frozenset({EXPORTS}),
    "fetch": frozenset({REMOTE}),
}
_PROPAGATING: Final = frozenset(
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


class Flow:
    """The tags of every name and expression of a program, once ``propagate`` has returned."""

    def __init__(self, program: Program, event: LegacyEvent) -> None:
        self.program = program
        self.event = event
        self.scopes = Scopes(program)
        self.constants = Constants(program, self.scopes.declaration)
        self._keys: dict[Node, str | None] = {}
        self.exports: dict[str, list[Node]] = defaultdict(list)
        self._looking: set[tuple[Node, str]] = set()
        self._names: dict[Binding, Tags] = defaultdict(frozenset)
        self._assigned: set[tuple[Node, str | None]] = set()
        self._globals: dict[str, Tags] = defaultdict(frozenset)
        self._parameters: dict[Node, Tags] = defaultdict(frozenset)
        self._returns: dict[Node, Tags] = defaultdict(frozenset)
        self._properties: dict[tuple[Node, str], Tags] = defaultdict(frozenset)
        self.complete = False
        self.escapes: dict[Node, bool] = {}
        self.occurrences: dict[Node, list[Node]] | None = None
        self._nodes = [node for node in program.nodes if node.kind in _PROPAGATING]
        self._changed = False
        self._memo: dict[Node, Tags] = {}

    def propagate(self) -> None:
        """Apply every assignment, call and return until nothing changes; ``complete`` is false after too many."""
        for _ in range(_ROUNDS):
            self._changed = False
            self._memo.clear()
            for node in self._nodes:
                self._apply(node)
            if not self._changed:
                break
        self.complete = not self._changed
        self._memo.clear()

    def enter(self, function: Node, *arguments: Tags) -> None:
        """Give a function its arguments."""
        for parameter, tags in zip(parameters(function), arguments, strict=False):
            self._parameters[parameter] |= tags
            self.bind(parameter, tags)

    def parameter_tags(self, pattern: Node) -> Tags:
        """What was passed for a parameter, whatever its pattern."""
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
                binding = self.scopes.of(pattern)
                if binding is None:
                    text = self.program.text(pattern)
                    self._changed = self._changed or not tags <= self._globals[text]
                    self._globals[text] |= tags
                elif not tags <= self._names[binding]:
                    self._names[binding] |= tags
                    self._changed = True
            case "assignment_pattern" | "object_assignment_pattern":
                self.bind(pattern.the("left"), tags | self.tags(pattern.the("right")))
            case "object_pattern":
                for part in pattern.parts:
                    if part.kind == "rest_pattern":
                        for name in part.parts:
                            self.bind(name, tags)
                    elif (key := self.key(part)) is not None:
                        target = part.the("value") if part.kind == "pair_pattern" else part
                        self.bind(target, self.property_of(tags, key))
            case kind if kind in MEMBERS:
                self._set(pattern, tags, None)

    def property_of(self, tags: Tags, name: str) -> Tags:
        """What ``.name`` of a value with ``tags`` may be."""
        result: set[Tag] = set()
        for tag in tags:
            match tag:
                case EventTag(path) if self.event.open_ended(path):
                    result.add(EventTag((*path, name)))
                case ApiTag(path) if len(path) < 3:
                    result.add(ApiTag((*path, name)))
                case ModuleTag("module") if name == "exports":
                    result.add(EXPORTS)
                case ModuleTag("exports"):
                    result.update(*(self.tags(value) for value in self.exports.get(name, ())))
                case ModuleTag("external"):
                    result.add(tag)
                case LocalTag(node):
                    result |= self._properties[(node, name)] | self._literal_property(node, name)
        return frozenset(result)

    def is_assigned(self, owner: Node) -> bool:
        """Whether any property of an object of this program is assigned after it was made."""
        return any(node is owner for node, _ in self._assigned)

    def key(self, node: Node) -> str | None:
        """The property that a node names, or ``None`` if it is computed at run time."""
        if node not in self._keys:
            key = property_key(self.program, node)
            if key is None and node.kind == "subscript_expression":
                key = self.constants.only(node.the("index"))
            self._keys[node] = key
        return self._keys[node]

    def callees(self, call: Node) -> list[Node]:
        """The functions of this program that a call may reach."""
        target = call.get("function") or call.get("constructor")
        local = [tag.node for tag in (self.tags(target) if target else ()) if isinstance(tag, LocalTag)]
        classes = (node for node in local if node.kind in CLASSES)
        constructors = (part for node in classes for part in members(node) if self.key(part) == "constructor")
        return [*(node for node in local if node.kind in FUNCTIONS), *constructors]

    def _literal_property(self, node: Node, name: str) -> Tags:
        """A property of an object literal; one spread into itself (``event = { ...event }``) ends there."""
        if (node, name) in self._looking:
            return NOTHING
        self._looking.add((node, name))
        tags = NOTHING
        for part in members(node):
            if part.kind == "spread_element":
                tags |= self.property_of(self.tags(part.parts[0]), name)
            elif self.key(part) == name:
                tags |= self.tags(part_value(part))
        self._looking.discard((node, name))
        return tags

    def _evaluate(self, node: Node) -> Tags:
        match node.kind:
            case "identifier" | "shorthand_property_identifier":
                binding = self.scopes.of(node)
                if binding is None:
                    text = self.program.text(node)
                    return _GLOBALS.get(text, NOTHING) | self._globals[text]
                declared = binding.value
                return self._names[binding] | (NOTHING if declared is None else _local(declared))
            case kind if kind in MEMBERS:
                key = self.key(node)
                return NOTHING if key is None else self.property_of(self.tags(node.the("object")), key)
            case "parenthesized_expression" | "await_expression" | "sequence_expression":
                return self.tags(node.parts[-1]) if node.parts else NOTHING
            case "ternary_expression":
                return self.tags(node.the("consequence")) | self.tags(node.the("alternative"))
            case "binary_expression":
                operator = node.the("operator").kind
                if operator not in _LOGICAL:
                    return NOTHING
                right = self.tags(node.the("right"))
                return right if operator == "&&" else self.tags(node.the("left")) | right
            case "assignment_expression" | "augmented_assignment_expression":
                return self.tags(node.the("right"))
            case "call_expression" | "new_expression":
                return self._call_result(node)
            case "this":
                owner = node.method_owner()
                return NOTHING if owner is None else _local(owner)
            case kind if kind in FUNCTIONS or kind in ("object", "class"):
                return _local(node)
        return NOTHING

    def _call_result(self, node: Node) -> Tags:
        target = node.get("function") or node.get("constructor")
        if target is None:
            return NOTHING
        if self.scopes.is_global(target, "require") or target.kind == "import":
            return frozenset({REMOTE})
        # A class of this program also represents its instances.
        creates = node.kind == "new_expression"
        kept = {
            tag
            for tag in self.tags(target)
            if tag == REMOTE or (creates and isinstance(tag, LocalTag) and tag.node.kind in CLASSES)
        }
        return frozenset(kept).union(*(self._returns[callee] for callee in self.callees(node)))

    def _set(self, target: Node, tags: Tags, value: Node | None) -> None:
        """``target = value`` for a member: an export, or a property of a local object."""
        key = self.key(target)
        for owner in self.tags(target.the("object")):
            if isinstance(owner, LocalTag):
                self._assigned.add((owner.node, key))
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

    def _apply(self, node: Node) -> None:
        """Apply one declaration, assignment, return or call."""
        match node.kind:
            case "variable_declarator":
                value = node.get("value")
                if value is not None:
                    self.bind(node.the("name"), self.tags(value))
            case "assignment_expression" | "augmented_assignment_expression":
                left, right = node.the("left"), node.the("right")
                if left.kind in MEMBERS:
                    self._set(left, self.tags(right), unwrap_assignment(right))
                elif left.kind == "identifier" and self.scopes.is_global(left, "exports"):
                    self._export_all(right)
                else:
                    self.bind(left, self.tags(right))
            case "return_statement":
                function = node.function()
                if function is not None and node.parts:
                    self._return(function, self.tags(node.parts[0]))
            case "arrow_function":
                body = node.the("body")
                if body.kind != "statement_block":
                    self._return(node, self.tags(body))
            case _:
                self._call(node)

    def _call(self, node: Node) -> None:
        arguments = node.arguments
        passed = [self.tags(argument) for argument in arguments]
        for callee in self.callees(node):
            self.enter(callee, *passed)
        target = node.get("function")
        if target is not None and target.kind == "member_expression" and self.key(target) in ("call", "bind"):
            # `f.call(this, …)` and `f.bind(this, …)` pass their arguments one place further left.
            for tag in self.tags(target.the("object")):
                if isinstance(tag, LocalTag) and tag.node.kind in FUNCTIONS:
                    self.enter(tag.node, *passed[1:])
        if len(arguments) > 1 and EXPORTS in passed[0]:  # `Object.assign(module.exports, {…})`
            for argument in arguments[1:]:
                self._export_all(argument)

    def _return(self, function: Node, tags: Tags) -> None:
        if not tags <= self._returns[function]:
            self._returns[function] |= tags
            self._changed = True


def _local(node: Node) -> Tags:
    return frozenset({LocalTag(node)})
