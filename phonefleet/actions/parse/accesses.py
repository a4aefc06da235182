"""Every use of the event and the api: which field, where, and what is done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from phonefleet.actions.parse.data_flow import Flow, open_ended
from phonefleet.actions.parse.event_fields import Path, Shape, shape
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.actions.parse.tags import ApiTag, EventTag, LocalTag, Tags


class AccessUse(StrEnum):
    """What is done with a value of the event."""

    READ = "read"
    WHOLE = "whole"
    ENUMERATED = "enumerated"
    WRITTEN = "written"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Access:
    """One use of the event at ``path``; ``node`` is the expression or the pattern's part that makes it."""

    path: Path
    use: AccessUse
    node: Node

    @property
    def line(self) -> int:
        """The line of the use, from 1."""
        return self.node.line

    @property
    def field(self) -> str:
        """The field in the words of the source: ``event.message_options.text``."""
        return ".".join(("event", *self.path))


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One use of the api at ``path``; ``guarded`` when an optional chain protects it from being absent."""

    path: Path
    node: Node
    guarded: bool


_EXPRESSIONS: Final = frozenset(
    {
        "identifier",
        "shorthand_property_identifier",
        "member_expression",
        "subscript_expression",
        "call_expression",
    }
)
# A name that holds a field's value: the field was read where the name got it.
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier"})
_TRANSPARENT: Final = frozenset({"parenthesized_expression", "await_expression", "sequence_expression"})
_ENUMERATING: Final = frozenset({"keys", "values", "entries", "getOwnPropertyNames", "assign", "fromEntries"})
_COMPARISONS: Final = frozenset({"===", "!==", "==", "!=", "instanceof"})


def accesses(flow: Flow) -> list[Access]:
    """Every use of the event, in source order."""
    return [access for node in flow.program.nodes for access in _of_node(flow, node)]


def api_calls(flow: Flow) -> list[ApiCall]:
    """Every use of something on the api, in source order; the longest path of each chain only."""
    calls: list[ApiCall] = []
    for node in flow.program.nodes:
        if node.kind in ("member_expression", "subscript_expression"):
            calls += _api_use(flow, node)
        elif node.kind == "object_pattern":
            calls += [
                ApiCall((*path, key), part, guarded=False)
                for path in _api_paths(_pattern_source(flow, node))
                for part in node.parts
                if (key := flow.key(part)) is not None
            ]
    return calls


def api_escapes(flow: Flow) -> Iterator[Node]:
    """Places where the api as a whole is given to code that is not read here."""
    for node in flow.program.nodes:
        if node.kind in _EXPRESSIONS and ApiTag(()) in flow.tags(node) and _is_value(node):
            use = _use(flow, node, ("api",))
            if use in (AccessUse.WHOLE, AccessUse.ENUMERATED):
                yield node


def _of_node(flow: Flow, node: Node) -> Iterator[Access]:
    if node.kind == "object_pattern":
        yield from _of_pattern(flow, node)
    elif node.kind in _EXPRESSIONS and _is_value(node):
        if node.kind == "subscript_expression" and flow.key(node) is None:
            yield from _dynamic(flow, node)
        for path in _event_paths(flow.tags(node)):
            use = _use(flow, node, path)
            if use is not None and not (use is AccessUse.READ and node.kind in _NAMES):
                yield Access(path, use, node)


def _dynamic(flow: Flow, node: Node) -> Iterator[Access]:
    for path in _event_paths(flow.tags(node.the("object"))):
        if shape(path) is Shape.RECORD or path == ("secrets",):
            yield Access(path, AccessUse.DYNAMIC, node)


def _of_pattern(flow: Flow, pattern: Node) -> Iterator[Access]:
    """A destructuring reads what its names stand for; a rest element takes everything else."""
    for path in _event_paths(_pattern_source(flow, pattern)):
        for part in pattern.parts:
            if part.kind == "rest_pattern":
                yield Access(path, AccessUse.ENUMERATED, part)
                continue
            key = flow.key(part)
            if key is None:
                yield Access(path, AccessUse.DYNAMIC, part)
            elif not open_ended((*path, key)):
                yield Access((*path, key), AccessUse.READ, part)


def _pattern_source(flow: Flow, pattern: Node) -> Tags:
    """What ``pattern`` takes apart: a declarator's value, a parameter, a part of an outer pattern."""
    parent = pattern.parent
    if parent is None:
        return frozenset()
    match parent.kind:
        case "variable_declarator":
            value = parent.get("value")
            return flow.tags(value) if value else frozenset()
        case "assignment_expression":
            return flow.tags(parent.the("right"))
        case "pair_pattern":
            outer = _pattern_source(flow, parent.parent) if parent.parent else frozenset()
            key = flow.key(parent)
            return flow.property_of(outer, key) if key is not None else frozenset()
        case "assignment_pattern":
            return _pattern_source_of_default(flow, parent) | flow.tags(parent.the("right"))
    return flow.parameter_tags(pattern)


def _pattern_source_of_default(flow: Flow, assignment: Node) -> Tags:
    parent = assignment.parent
    if parent is not None and parent.kind == "pair_pattern" and parent.parent is not None:
        key = flow.key(parent)
        return flow.property_of(_pattern_source(flow, parent.parent), key) if key else frozenset()
    return flow.parameter_tags(assignment)


def _use(flow: Flow, node: Node, path: Path) -> AccessUse | None:
    """What is done with ``node``'s value; ``None`` when its value only travels on and is seen elsewhere."""
    parent = node.parent
    if parent is None:
        return None
    if _is_target(node, parent):
        return AccessUse.WRITTEN if EventTag(path[:-1]) in flow.tags(node.the("object")) else None
    if path != ("api",) and not open_ended(path):
        return AccessUse.READ
    match parent.kind:
        case "member_expression" | "subscript_expression":
            return None
        case "variable_declarator" | "assignment_pattern" | "object_assignment_pattern":
            return None
        case "assignment_expression" | "augmented_assignment_expression":
            return _use_when_assigned(flow, parent.the("left"))
        case "binary_expression":
            return _use_of_operand(parent, node)
        case "unary_expression" | "if_statement" | "while_statement" | "expression_statement":
            return None
        case "ternary_expression" if node.name == "condition":
            return None
        case kind if kind in _TRANSPARENT or kind == "ternary_expression":
            return None
        case "arguments":
            return _use_of_argument(flow, parent)
        case "spread_element":
            return AccessUse.ENUMERATED
        case "for_in_statement":
            return AccessUse.ENUMERATED if node.name == "right" else None
        case "return_statement" | "arrow_function":
            return None
        case "pair":
            return _use_in_object(flow, parent)
        case "object":
            return _use_in_object(flow, node)
    return AccessUse.WHOLE


def _use_of_operand(parent: Node, node: Node) -> AccessUse | None:
    operator = parent.the("operator").kind
    if operator == "in":
        return AccessUse.ENUMERATED if node.name == "right" else AccessUse.READ
    return None if operator in {"||", "&&", "??", *_COMPARISONS} else AccessUse.WHOLE


def _use_of_argument(flow: Flow, arguments: Node) -> AccessUse | None:
    call = arguments.parent
    if call is None:
        return AccessUse.WHOLE
    if flow.callees(call):
        return None
    target = call.get("function")
    if target is not None and target.kind == "member_expression":
        owner = target.the("object")
        if flow.key(target) in _ENUMERATING and flow.scopes.is_global(owner, "Object"):
            return AccessUse.ENUMERATED
        if flow.key(target) in ("call", "bind") and flow.tags(owner):
            return None
    return AccessUse.WHOLE


def _use_in_object(flow: Flow, part: Node) -> AccessUse | None:
    """A field of an object literal travels on with the object, until that leaves this program."""
    literal = part.parent
    return AccessUse.WHOLE if literal is None or _escapes(flow, literal) else None


def _use_when_assigned(flow: Flow, target: Node) -> AccessUse | None:
    """A name or a pattern carries the value on; a property does as long as its object stays here."""
    if target.kind not in ("member_expression", "subscript_expression"):
        return None
    owners = [tag.node for tag in flow.tags(target.the("object")) if isinstance(tag, LocalTag)]
    kept = (
        bool(owners) and flow.key(target) is not None and not any(_escapes(flow, owner) for owner in owners)
    )
    return None if kept else AccessUse.WHOLE


def _escapes(flow: Flow, owner: Node) -> bool:
    """Whether an object (or an instance of a class) of this program is given to code that is not read."""
    known = flow.escapes.get(owner)
    if known is None:
        flow.escapes[owner] = False
        known = flow.escapes[owner] = any(
            _use(flow, node, ("api",)) in (AccessUse.WHOLE, AccessUse.ENUMERATED, AccessUse.DYNAMIC)
            for node in _occurrences(flow, owner)
        )
    return known


def _occurrences(flow: Flow, owner: Node) -> list[Node]:
    """Every expression that may be ``owner``."""
    if flow.occurrences is None:
        flow.occurrences = defaultdict(list)
        for node in flow.program.nodes:
            if node.kind == "object" or (node.kind in _EXPRESSIONS and _is_value(node)):
                for tag in flow.tags(node):
                    if isinstance(tag, LocalTag):
                        flow.occurrences[tag.node].append(node)
    return flow.occurrences.get(owner, [])


def _is_target(node: Node, parent: Node) -> bool:
    """Whether a member of the event is written to, counted up or deleted."""
    if node.kind not in ("member_expression", "subscript_expression"):
        return False
    if parent.kind == "unary_expression":
        return parent.has("delete")
    return parent.kind == "update_expression" or (
        parent.kind in ("assignment_expression", "augmented_assignment_expression") and node.name == "left"
    )


def _is_value(node: Node) -> bool:
    """Whether an identifier stands for a value: not in a pattern, not a parameter, not a declared name."""
    parent = node.parent
    if node.kind != "identifier" or parent is None:
        return True
    match parent.kind:
        case "formal_parameters" | "rest_pattern" | "array_pattern" | "object_pattern" | "pair_pattern":
            return False
        case "variable_declarator" | "function_declaration" | "class_declaration":
            return node.name != "name"
        case "assignment_pattern" | "object_assignment_pattern" | "assignment_expression":
            return node.name != "left"
        case "for_in_statement":
            return node.name != "left"
        case kind if kind in FUNCTIONS:
            return node.name == "body"
    return True


def _api_use(flow: Flow, node: Node) -> list[ApiCall]:
    paths = _api_paths(flow.tags(node.the("object")))
    if not paths:
        return []
    key = flow.key(node)
    guarded = node.get("optional_chain") is not None
    parent = node.parent
    if (
        parent is not None
        and parent.kind in ("member_expression", "subscript_expression")
        and key is not None
    ):
        guarded = guarded or parent.get("optional_chain") is not None
    return [ApiCall((*path, key or "*"), node, guarded) for path in paths]


def _event_paths(tags: Tags) -> list[Path]:
    return sorted(tag.path for tag in tags if isinstance(tag, EventTag))


def _api_paths(tags: Tags) -> list[Path]:
    return sorted(tag.path for tag in tags if isinstance(tag, ApiTag))
