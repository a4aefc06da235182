"""The idiomatic translation: the legacy source edited in place, offered where every access is understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.accesses import AccessUse, api_escapes
from phonefleet.actions.parse.event_fields import Shape, shape
from phonefleet.actions.parse.parser import ParsedAction
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.refusal_codes import RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError, failure_part, other_part
from phonefleet.actions.translate.code_assembly import fill, literal, part
from phonefleet.actions.translate.edits import Edit, NotUnderstoodError, Rewriter, apply, identifiers
from phonefleet.actions.translate.rewrite_access import MESSAGE, edit_accesses, edit_patterns
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


def rewrite_code(reading: ParsedAction, *, other_types: str = DROP) -> str | TranslationRefusal:
    """The rewritten source, or why it is not offered."""
    program = reading.program
    rewriter = Rewriter(reading, names=identifiers(reading, program.root))
    try:
        _refuse_uses(reading)
        _refuse_handler(reading)
        edit_patterns(rewriter)
        edit_accesses(rewriter)
        _export(rewriter)
        edited = apply(program.code, rewriter.edits).rstrip()
    except NotUnderstoodError as stop:
        return TranslationRefusal((stop.reason,))
    return "\n\n".join((edited, *_parts(rewriter, other_types))) + "\n"


def _parts(rewriter: Rewriter, other_types: str) -> Iterator[str]:
    yield fill(part("rewrite_parts"), {"GUARD": rewriter.helper("oneTimeCodes")}).rstrip()
    for name, file in _PARTS.items():
        if name in rewriter.helpers:
            yield fill(part(file), {"NAME": rewriter.helpers[name]}).rstrip()
    yield other_part(other_types)
    yield failure_part(OnError.DROP)


def _refuse_uses(reading: ParsedAction) -> None:
    """Uses of the event that only the whitelist of the adapter can serve."""
    if not reading.flow.settled:
        message = "the event goes through more hands than are followed"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, 0)
    for access in reading.accesses:
        record = shape(access.path) is Shape.RECORD and access.path != MESSAGE
        if record and access.use is AccessUse.WHOLE and _only_logged(reading, access.node):
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
    for node in api_escapes(reading.flow):
        message = "the api is given to code that is not read here"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, node.line)


def _only_logged(reading: ParsedAction, node: Node) -> bool:
    """Whether a value goes into the console and nowhere else, as it is or as text: what is logged may differ."""
    for ancestor in node.ancestors():
        if ancestor.kind == "call_expression":
            target = ancestor.the("function")
            owner = target.get("object") if target.kind == "member_expression" else None
            if owner is None:
                return False
            if reading.flow.scopes.is_global(owner, "console"):
                return True
            if not reading.flow.scopes.is_global(owner, "JSON"):
                return False
        elif ancestor.kind not in _PRINTED:
            return False
    return False


def _export(rewriter: Rewriter) -> None:
    """Export the handler under its new name, behind the guard."""
    reading = rewriter.reading
    handlers = [value for value in reading.handlers if not _is_nothing(reading, value)]
    if len(handlers) != 1 or not reading.functions:
        raise NotUnderstoodError(
            RefusalCode.HANDLER_NOT_UNDERSTOOD, "the handler is not exported in one plain place", 0
        )
    value = handlers[0]
    for nothing in reading.handlers:
        if nothing is not value:
            _rename_key(rewriter, nothing)
    guard = rewriter.helper("oneTimeCodes")
    if value.kind == "shorthand_property_identifier":
        rewriter.edit(value, f"{PROVIDER_HANDLER}: {guard}({rewriter.text(value)})")
    elif value.kind == "method_definition":
        _export_method(rewriter, value, guard)
    else:
        rewriter.insert(value.start, f"{guard}(")
        rewriter.insert(value.end, ")")
        _rename_key(rewriter, value)


def _is_nothing(reading: ParsedAction, value: Node) -> bool:
    """``exports.NAME = void 0``, which compilers write above the real export."""
    return value.kind == "unary_expression" and reading.program.text(value) == "void 0"


def _export_method(rewriter: Rewriter, method: Node, guard: str) -> None:
    """``async onExecute…(event) {}`` of an object literal becomes a guarded function expression."""
    if method.has("get") or method.has("set") or method.has("*"):
        raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, "an unusual handler", method.line)
    kind = "async function " if method.has("async") else "function "
    rewriter.edits.append(
        Edit(method.start, method.the("parameters").start, f"{PROVIDER_HANDLER}: {guard}({kind}")
    )
    rewriter.insert(method.end, ")")


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


def _refuse_handler(reading: ParsedAction) -> None:
    """A handler that relies on ``this`` or on its own exported name would not survive the guard."""
    text = reading.program.text
    named = [
        node
        for node in reading.program.nodes
        if node.kind in ("property_identifier", "string_fragment") and text(node) == LEGACY_HANDLER
    ]
    named = named[sum(_is_nothing(reading, value) for value in reading.handlers) :]
    if len(named) > 1:
        message = f"{LEGACY_HANDLER} is named more than once"
        raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, named[1].line)
    for function in reading.functions:
        for node in function.walk():
            if node.kind == "this":
                message = "the handler uses this"
                raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, node.line)
            if _takes_all(reading, node, function):
                message = "the handler takes its arguments together"
                raise NotUnderstoodError(RefusalCode.HANDLER_NOT_UNDERSTOOD, message, node.line)


def _takes_all(reading: ParsedAction, node: Node, function: Node) -> bool:
    """Whether ``node`` is the handler's ``arguments``, or the rest of its parameters from the first on."""
    if node.kind == "identifier":
        return reading.flow.scopes.is_global(node, "arguments")
    parameters = node.parent
    return (
        node.kind == "rest_pattern"
        and parameters is not None
        and parameters.kind == "formal_parameters"
        and parameters.parent is function
        and parameters.parts[0] is node
    )
