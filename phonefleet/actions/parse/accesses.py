"""Every use of the event and the api: which field, where, and what is done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_fields import Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import (
    NOTHING,
    Access,
    AccessUse,
    ApiCall,
    ApiTag,
    EventTag,
    LocalTag,
    Tags,
)
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node

_EXPRESSIONS: Final = MEMBERS | {"identifier", "shorthand_property_identifier", "call_expression"}
# A name that holds a field's value: the field was read where the name got it.
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier"})
_ENUMERATING: Final = frozenset({"keys", "values", "entries", "getOwnPropertyNames", "assign", "fromEntries"})
_COMPARISONS: Final = frozenset({"===", "!==", "==", "!=", "instanceof"})
# Parents where a value only travels on, or is tested: its use, if any, is another node.
_PASSING: Final = MEMBERS | {
    "variable_declarator",
    "assignment_pattern",
    "object_assignment_pattern",
    "unary_expression",
    "if_statement",
    "while_statement",
    "expression_statement",
    "ternary_expression",
    "parenthesized_expression",
    "await_expression",
    "sequence_expression",
    "return_statement",
    "arrow_function",
}
# Parents in which an identifier in this field is a declaration and not a value.
_DECLARING: Final = {
    "variable_declarator": "name",
    "function_declaration": "name",
    "class_declaration": "name",
    "assignment_pattern": "left",
    "object_assignment_pattern": "left",
    "assignment_expression": "left",
    "for_in_statement": "left",
}
_PATTERNS: Final = frozenset(
    {"formal_parameters", "rest_pattern", "array_pattern", "object_pattern", "pair_pattern"}
)


def accesses(flow: Flow) -> list[Access]:
    """Every use of the event, in source order."""
    uses: list[Access] = []
    for node in flow.program.nodes:
        if node.kind == "object_pattern":
            uses += _of_pattern(flow, node)
        elif node.kind in _EXPRESSIONS and _is_value(node):
            if node.kind == "subscript_expression" and flow.key(node) is None:
                uses += _chosen_late(flow, node)
            for path in _event_paths(flow.tags(node)):
                use = _use(flow, node, path)
                if use is not None and not (use is AccessUse.READ and node.kind in _NAMES):
                    uses.append(Access(path, use, node))
    return uses


def _chosen_late(flow: Flow, node: Node) -> Iterator[Access]:
    """A field chosen at run time; one without a counterpart is read if the program's literals may choose it."""
    for path in _event_paths(flow.tags(node.the("object"))):
        if flow.event.shape(path) is Shape.RECORD or path == ("secrets",):
            yield Access(path, AccessUse.DYNAMIC, node)
            for name in sorted(flow.constants.texts(node.the("index")) or ()):
                if flow.event.shape((*path, name)) is Shape.LOST:
                    yield Access((*path, name), AccessUse.READ, node)


def api_calls(flow: Flow) -> list[ApiCall]:
    """Every use of something on the api, in source order."""
    calls: list[ApiCall] = []
    for node in flow.program.nodes:
        if node.kind in MEMBERS:
            key = flow.key(node)
            outer = node.parent
            chained = key is not None and outer is not None and outer.kind in MEMBERS
            links = (node, outer) if chained else (node,)
            guarded = any(link is not None and link.get("optional_chain") is not None for link in links)
            calls += [
                ApiCall((*path, key or "*"), node, guarded)
                for path in _api_paths(flow.tags(node.the("object")))
            ]
        elif node.kind == "object_pattern":
            calls += [
                ApiCall((*path, key), part, guarded=False)
                for path in _api_paths(pattern_source(flow, node))
                for part in node.parts
                if (key := flow.key(part)) is not None
            ]
    return calls


def api_escapes(flow: Flow) -> Iterator[Node]:
    """The places where the api as a whole is passed to code outside this program."""
    for node in flow.program.nodes:
        if node.kind in _EXPRESSIONS and ApiTag(()) in flow.tags(node) and _is_value(node):
            use = _use(flow, node, ("api",))
            if use in (AccessUse.WHOLE, AccessUse.ENUMERATED):
                yield node


def _of_pattern(flow: Flow, pattern: Node) -> Iterator[Access]:
    """A destructuring reads the fields that its names get; a rest element takes all others."""
    for path in _event_paths(pattern_source(flow, pattern)):
        for part in pattern.parts:
            if part.kind == "rest_pattern":
                yield Access(path, AccessUse.ENUMERATED, part)
                continue
            key = flow.key(part)
            if key is None:
                yield Access(path, AccessUse.DYNAMIC, part)
            elif not flow.event.open_ended((*path, key)):
                yield Access((*path, key), AccessUse.READ, part)


def pattern_source(flow: Flow, pattern: Node) -> Tags:
    """The value that ``pattern`` takes apart: a declarator's value, a parameter, a part of an outer pattern."""
    parent = pattern.parent
    if parent is None:
        return NOTHING
    match parent.kind:
        case "variable_declarator":
            value = parent.get("value")
            return flow.tags(value) if value else NOTHING
        case "assignment_expression":
            return flow.tags(parent.the("right"))
        case "pair_pattern":
            key = flow.key(parent)
            outer = pattern_source(flow, parent.parent) if parent.parent else NOTHING
            return flow.property_of(outer, key) if key is not None else NOTHING
        case "assignment_pattern":
            holder = parent.parent
            nested = holder is not None and holder.kind == "pair_pattern"
            passed = pattern_source(flow, parent) if nested else flow.parameter_tags(parent)
            return passed | flow.tags(parent.the("right"))
    return flow.parameter_tags(pattern)


def _use(flow: Flow, node: Node, path: Path) -> AccessUse | None:
    """What is done with ``node``'s value; ``None`` if it only travels on and is used at another node."""
    parent = node.parent
    if parent is None:
        return None
    if _is_target(node, parent):
        return AccessUse.WRITTEN if EventTag(path[:-1]) in flow.tags(node.the("object")) else None
    lost = flow.event.shape(path) is Shape.LOST
    if path != ("api",) and (lost or not flow.event.open_ended(path)):
        return AccessUse.READ
    if path == ("api",) and node.name in ("function", "constructor"):
        return None  # calling a function passes it nowhere
    match parent.kind:
        case kind if kind in _PASSING:
            return None
        case "assignment_expression" | "augmented_assignment_expression":
            return _use_when_assigned(flow, parent.the("left"))
        case "binary_expression":
            operator = parent.the("operator").kind
            if operator == "in":
                return AccessUse.ENUMERATED if node.name == "right" else AccessUse.READ
            return None if operator in {"||", "&&", "??", *_COMPARISONS} else AccessUse.WHOLE
        case "arguments":
            return _use_of_argument(flow, parent)
        case "spread_element":
            return AccessUse.ENUMERATED
        case "for_in_statement":
            return AccessUse.ENUMERATED if node.name == "right" else None
        case "pair" | "object":
            # A field of an object literal travels on with the object, until the object leaves this program.
            literal = parent.parent if parent.kind == "pair" else parent
            return AccessUse.WHOLE if literal is None or escapes(flow, literal) else None
    return AccessUse.WHOLE


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


def _use_when_assigned(flow: Flow, target: Node) -> AccessUse | None:
    """A name or a pattern passes the value on; so does a property as long as its object stays in this program."""
    if target.kind not in MEMBERS:
        return None
    owners = [tag.node for tag in flow.tags(target.the("object")) if isinstance(tag, LocalTag)]
    kept = bool(owners) and flow.key(target) is not None and not any(escapes(flow, owner) for owner in owners)
    return None if kept else AccessUse.WHOLE


def escapes(flow: Flow, owner: Node) -> bool:
    """Whether an object, an instance of a class or a function of this program is passed to code outside it."""
    if flow.occurrences is None:
        flow.occurrences = defaultdict(list)
        for node in flow.program.nodes:
            if node.kind == "object" or (node.kind in _EXPRESSIONS and _is_value(node)):
                for tag in flow.tags(node):
                    if isinstance(tag, LocalTag):
                        flow.occurrences[tag.node].append(node)
    known = flow.escapes.get(owner)
    if known is None:
        flow.escapes[owner] = False
        # A declaration is no use; a function or an object that is written as a value is used where it is written.
        own = () if owner.kind.endswith("_declaration") else (owner,)
        known = flow.escapes[owner] = any(
            _use(flow, node, ("api",)) in (AccessUse.WHOLE, AccessUse.ENUMERATED, AccessUse.DYNAMIC)
            for node in (*own, *flow.occurrences.get(owner, []))
        )
    return known


def _is_target(node: Node, parent: Node) -> bool:
    """Whether a member of the event is assigned, incremented or deleted."""
    if node.kind not in MEMBERS:
        return False
    if parent.kind == "unary_expression":
        return parent.has("delete")
    return parent.kind == "update_expression" or (
        parent.kind in ("assignment_expression", "augmented_assignment_expression") and node.name == "left"
    )


def _is_value(node: Node) -> bool:
    """Whether an identifier is a value: not part of a pattern, not a parameter, not a declared name."""
    parent = node.parent
    if node.kind != "identifier" or parent is None:
        return True
    if parent.kind in _PATTERNS:
        return False
    if parent.kind in _DECLARING:
        return node.name != _DECLARING[parent.kind]
    return parent.kind not in FUNCTIONS or node.name == "body"


def _event_paths(tags: Tags) -> list[Path]:
    return sorted(tag.path for tag in tags if isinstance(tag, EventTag))


def _api_paths(tags: Tags) -> list[Path]:
    return sorted(tag.path for tag in tags if isinstance(tag, ApiTag))
