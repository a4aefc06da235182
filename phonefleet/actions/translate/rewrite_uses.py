"""Uses of the event as a whole: which of them a rewrite can keep, and where it needs the legacy message."""

from __future__ import annotations

from typing import Final

from phonefleet.actions.parse.accesses import api_escapes
from phonefleet.actions.parse.event_fields import Shape
from phonefleet.actions.parse.flow_types import REMOTE, Access, AccessUse
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.sends import is_computing
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.source_edits import NotUnderstoodError, Rewriter

_PRINTED: Final = frozenset(
    {"arguments", "template_substitution", "template_string", "object", "pair", "array", "binary_expression"}
)
_READING: Final = {"JSON": frozenset({"stringify"}), "Object": frozenset({"keys", "values", "entries"})}
_TOGETHER: Final = frozenset({AccessUse.WHOLE, AccessUse.ENUMERATED})


def refuse_uses(parsed: ParsedAction) -> None:
    """Refuse uses of the event that need the adapter, which passes on listed fields only."""
    flow = parsed.flow
    if not flow.complete:
        raise NotUnderstoodError("the event passes through more names than are followed", 0)
    for access in parsed.accesses:
        message = bool(flow.event.message) and access.path == flow.event.message
        record = flow.event.shape(access.path) is Shape.RECORD and not message
        if record and access.use is AccessUse.WHOLE and only_logged(parsed, access.node):
            continue
        where = f"{access.field} in line {access.line}"
        if access.use is AccessUse.WRITTEN:
            raise NotUnderstoodError(f"{where} is written to", access.line, RefusalCode.EVENT_WRITTEN)
        if access.use is AccessUse.DYNAMIC and not message and access.path != ("secrets",):
            text = f"a field of {where} is chosen at run time"
            raise NotUnderstoodError(text, access.line, RefusalCode.DYNAMIC_EVENT_ACCESS)
        if access.use in _TOGETHER and record:
            text = f"{where} is passed on whole: the new event holds more than the legacy one"
            raise NotUnderstoodError(text, access.line, RefusalCode.EVENT_FORWARDED_WHOLE)
    for call in parsed.api_calls:
        if call.path[0] in ("notification", "*"):
            text = (
                f"api.{'.'.join(call.path)} may exist for the new trigger, and never did for the legacy one"
            )
            raise NotUnderstoodError(text, call.node.line)
    for node in api_escapes(flow):
        raise NotUnderstoodError("the api is passed to code outside this Action", node.line)


def edit_uses(rewriter: Rewriter, parsed: ParsedAction) -> None:
    """Give code that reads all of the message's fields together a message with its legacy fields."""
    flow = rewriter.flow
    if not flow.event.message:
        return
    for access in parsed.accesses:
        if access.path != flow.event.message or access.use is AccessUse.READ:
            continue
        if access.use in _TOGETHER and only_logged(parsed, access.node):
            continue
        node = access.node.the("object") if access.use is AccessUse.DYNAMIC else access.node
        if not _only_read(parsed, access, node) or rewriter.always.path(node) != flow.event.message:
            text = (
                f"{access.field} in line {access.line} is passed on whole, perhaps to code that writes to it"
            )
            raise NotUnderstoodError(text, access.line, RefusalCode.EVENT_FORWARDED_WHOLE)
        name = rewriter.helper("legacyMessage")
        if node.kind == "shorthand_property_identifier":
            rewriter.edit(node, f"{rewriter.text(node)}: {name}({rewriter.text(node)})")
        else:
            rewriter.edit(node, f"{name}({rewriter.rendered(node)})")


def _only_read(parsed: ParsedAction, access: Access, node: Node) -> bool:
    """Whether the message as a whole is only read where it is used: written as text, copied, looped over or sent."""
    if access.use is AccessUse.DYNAMIC:
        outer = node.parent
        return outer is not None and outer.kind == "subscript_expression"
    parent = node.parent
    if parent is None or parent.kind == "rest_pattern":
        return False
    if parent.kind in ("spread_element", "for_in_statement", "binary_expression"):
        return True
    holder = node
    while holder.parent is not None and holder.parent.kind in ("pair", "object", "parenthesized_expression"):
        holder = holder.parent
    arguments = holder.parent
    call = arguments.parent if arguments is not None and arguments.kind == "arguments" else None
    return call is not None and _reads_its_arguments(parsed, call, holder)


def _reads_its_arguments(parsed: ParsedAction, call: Node, argument: Node) -> bool:
    flow = parsed.flow
    target = call.get("function") or call.the("constructor")
    owner = target.get("object") if target.kind == "member_expression" else None
    for name, methods in _READING.items():
        if owner is not None and flow.scopes.is_global(owner, name) and flow.key(target) in methods:
            return True
    if owner is not None and flow.scopes.is_global(owner, "Object") and flow.key(target) == "assign":
        return argument is not call.arguments[0]
    return REMOTE in flow.tags(target) and not is_computing(flow, target)


def only_logged(parsed: ParsedAction, node: Node) -> bool:
    """Whether a value is only logged to the console, as it is or as text: what is logged may differ."""
    for ancestor in node.ancestors():
        if ancestor.kind == "call_expression":
            target = ancestor.the("function")
            owner = target.get("object") if target.kind == "member_expression" else None
            if owner is None:
                return False
            if parsed.flow.scopes.is_global(owner, "console"):
                return True
            if not parsed.flow.scopes.is_global(owner, "JSON"):
                return False
        elif ancestor.kind not in _PRINTED:
            return False
    return False
