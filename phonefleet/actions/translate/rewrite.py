"""The idiomatic translation: the legacy source edited in place, if every access can be translated."""

from __future__ import annotations

from typing import Final

from phonefleet.actions.parse.accesses import api_escapes
from phonefleet.actions.parse.event_fields import Shape, shape
from phonefleet.actions.parse.flow_types import AccessUse
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError, failure_part, other_part
from phonefleet.actions.translate.code_assembly import fill, literal, part
from phonefleet.actions.translate.rewrite_access import (
    MESSAGE,
    Edit,
    NotUnderstoodError,
    Rewriter,
    apply,
    edit_accesses,
    edit_patterns,
    identifiers,
)
from phonefleet.actions.translation_model import TranslationRefusal
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER

_PARTS: Final = {
    "messageText": "rewrite_text",
    "messageChannel": "rewrite_channel",
    "messagePurpose": "rewrite_purpose",
    "legacyMessage": "rewrite_message",
}

_PRINTED: Final = frozenset(
    {"arguments", "template_substitution", "template_string", "object", "pair", "array", "binary_expression"}
)


def rewrite_code(parsed: ParsedAction, *, other_types: str = DROP) -> str | TranslationRefusal:
    """The rewritten source, or why there is none."""
    program = parsed.program
    rewriter = Rewriter(parsed, names=identifiers(parsed, program.root))
    try:
        _refuse_uses(parsed)
        _refuse_handler(parsed)
        edit_patterns(rewriter)
        edit_accesses(rewriter)
        _export(rewriter)
        edited = apply(program.code, rewriter.edits).rstrip()
    except NotUnderstoodError as stop:
        return TranslationRefusal((stop.reason,))
    guard = fill(part("rewrite_parts"), {"GUARD": rewriter.helper("oneTimeCodes")}).rstrip()
    helpers = [
        fill(part(file), {"NAME": rewriter.helpers[name]}).rstrip()
        for name, file in _PARTS.items()
        if name in rewriter.helpers
    ]
    pieces = (edited, guard, *helpers, other_part(other_types), failure_part(OnError.DROP))
    return "\n\n".join(pieces) + "\n"


def _refuse_uses(parsed: ParsedAction) -> None:
    """Refuse uses of the event that need the adapter, which passes on listed fields only."""
    if not parsed.flow.complete:
        message = "the event passes through more names than are followed"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, 0)
    for access in parsed.accesses:
        record = shape(access.path) is Shape.RECORD and access.path != MESSAGE
        if record and access.use is AccessUse.WHOLE and _only_logged(parsed, access.node):
            continue
        where = f"{access.field} in line {access.line}"
        if access.use is AccessUse.WRITTEN:
            raise NotUnderstoodError(RefusalCode.EVENT_WRITTEN, f"{where} is written to", access.line)
        if access.use is AccessUse.DYNAMIC and access.path not in (MESSAGE, ("secrets",)):
            message = f"a field of {where} is chosen at run time"
            raise NotUnderstoodError(RefusalCode.DYNAMIC_EVENT_ACCESS, message, access.line)
        if access.use in (AccessUse.WHOLE, AccessUse.ENUMERATED) and record:
            message = f"{where} is passed on whole: the new event holds more than the legacy one"
            raise NotUnderstoodError(RefusalCode.EVENT_FORWARDED_WHOLE, message, access.line)
    for node in api_escapes(parsed.flow):
        message = "the api is passed to code outside this Action"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, node.line)


def _only_logged(parsed: ParsedAction, node: Node) -> bool:
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


def _export(rewriter: Rewriter) -> None:
    """Export the handler under its new name, behind the guard."""
    parsed = rewriter.parsed
    handlers = [value for value in parsed.handlers if not _is_nothing(parsed, value)]
    if len(handlers) != 1 or not parsed.functions:
        raise NotUnderstoodError(
            RefusalCode.HANDLER_NOT_UNDERSTOOD, "the handler is not exported exactly once", 0
        )
    value = handlers[0]
    for nothing in parsed.handlers:
        if nothing is not value:
            _rename_key(rewriter, nothing)
    guard = rewriter.helper("oneTimeCodes")
    if value.kind == "shorthand_property_identifier":
        rewriter.edit(value, f"{PROVIDER_HANDLER}: {guard}({rewriter.text(value)})")
    elif value.kind == "method_definition":
        # `async onExecute…(event) {}` of an object literal becomes a guarded function expression.
        if value.has("get") or value.has("set") or value.has("*"):
            message = "the handler is a getter, a setter or a generator"
            raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, value.line)
        kind = "async function " if value.has("async") else "function "
        head = f"{PROVIDER_HANDLER}: {guard}({kind}"
        rewriter.edits.append(Edit(value.start, value.the("parameters").start, head))
        rewriter.insert(value.end, ")")
    else:
        rewriter.insert(value.start, f"{guard}(")
        rewriter.insert(value.end, ")")
        _rename_key(rewriter, value)


def _is_nothing(parsed: ParsedAction, value: Node) -> bool:
    """Whether it is ``exports.NAME = void 0``, which compilers write above the real export."""
    return value.kind == "unary_expression" and parsed.program.text(value) == "void 0"


def _rename_key(rewriter: Rewriter, value: Node) -> None:
    node = value.parent
    if node is not None and node.kind == "pair":
        rewriter.edit(node.the("key"), PROVIDER_HANDLER)
    elif node is not None and node.kind == "assignment_expression":
        left = node.the("left")
        if left.kind == "member_expression":
            rewriter.edit(left.the("property"), PROVIDER_HANDLER)
        else:
            rewriter.edit(left.the("index"), literal(PROVIDER_HANDLER))
    else:
        message = "the handler's export is unusual"
        raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, value.line)


def _refuse_handler(parsed: ParsedAction) -> None:
    """Refuse a handler that uses ``this``, all its arguments or its own exported name: the guard would break it."""
    text = parsed.program.text
    named = [
        node
        for node in parsed.program.nodes
        if node.kind in ("property_identifier", "string_fragment") and text(node) == LEGACY_HANDLER
    ]
    named = named[sum(_is_nothing(parsed, value) for value in parsed.handlers) :]
    if len(named) > 1:
        message = f"{LEGACY_HANDLER} is named more than once"
        raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, named[1].line)
    for function in parsed.functions:
        for node in function.walk():
            if node.kind == "this":
                message = "the handler uses this"
                raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, node.line)
            if _takes_all(parsed, node, function):
                message = "the handler takes all its arguments together"
                raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, node.line)


def _takes_all(parsed: ParsedAction, node: Node, function: Node) -> bool:
    """Whether ``node`` is the handler's ``arguments``, or the rest of its parameters from the first on."""
    if node.kind == "identifier":
        return parsed.flow.scopes.is_global(node, "arguments")
    parameters = node.parent
    return (
        node.kind == "rest_pattern"
        and parameters is not None
        and parameters.kind == "formal_parameters"
        and parameters.parent is function
        and parameters.parts[0] is node
    )
