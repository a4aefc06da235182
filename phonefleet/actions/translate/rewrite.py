"""The idiomatic translation: the legacy source edited in place, if every access can be translated."""

from __future__ import annotations

from typing import Final

from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.adapter import DROP
from phonefleet.actions.translate.code_assembly import fill, literal, part
from phonefleet.actions.translate.definite import Definite
from phonefleet.actions.translate.rewrite_members import edit_members
from phonefleet.actions.translate.rewrite_patterns import edit_patterns
from phonefleet.actions.translate.rewrite_surroundings import (
    edit_comments,
    leave_out_other_triggers,
    refuse_unhandled,
)
from phonefleet.actions.translate.rewrite_uses import edit_uses, refuse_uses
from phonefleet.actions.translate.source_edits import NotUnderstoodError, Rewriter, apply, identifiers
from phonefleet.actions.translation_model import TranslationRefusal
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER

_TEST: Final = "if (!/^otp_(enroll|verify)$/.test(event.notification.message_type))"
_DROPPED: Final = "return api.notification.drop('not a one-time code');"


def rewrite_code(parsed: ParsedAction, *, other_types: str = DROP) -> str | TranslationRefusal:
    """The rewritten source, or why there is none."""
    program = parsed.program
    rewriter = Rewriter(parsed.flow, Definite(parsed), identifiers(program, program.root))
    try:
        refuse_uses(parsed)
        _refuse_handler(parsed)
        left_out = leave_out_other_triggers(rewriter)
        nodes = [node for node in program.nodes if not any(each.holds(node) for each in left_out)]
        edit_comments(rewriter)
        edit_members(rewriter, nodes)
        edit_uses(rewriter, parsed)
        edit_patterns(rewriter, nodes)
        _export(rewriter, parsed)
        refuse_unhandled(rewriter, left_out)
        edited = apply(program.code, rewriter.edits).rstrip()
    except NotUnderstoodError as stop:
        return TranslationRefusal((stop.reason,))
    other = _DROPPED if other_types == DROP else f"return ({other_types})(event, api);"
    holes = {"GUARD": rewriter.helper("oneTimeCodes"), "OTHER": f"{_TEST} {other}"}
    pieces = [edited, fill(part("rewrite_parts"), holes)]
    if "legacyMessage" in rewriter.helpers:
        pieces.append(fill(part("rewrite_message"), {"NAME": rewriter.helpers["legacyMessage"]}))
    return "\n\n".join(piece.rstrip() for piece in pieces) + "\n"


def _export(rewriter: Rewriter, parsed: ParsedAction) -> None:
    """Export the handler under its new name, behind the guard."""
    handlers = [value for value in parsed.handlers if not _is_nothing(parsed, value)]
    if len(handlers) != 1 or not parsed.functions:
        raise NotUnderstoodError(
            "the handler is not exported exactly once", 0, RefusalCode.HANDLER_NOT_UNDERSTOOD
        )
    value = handlers[0]
    for nothing in parsed.handlers:
        if nothing is not value:
            _rename_key(rewriter, nothing)
    guard = rewriter.helper("oneTimeCodes")
    if value.kind == "shorthand_property_identifier":
        rewriter.edit(value, f"{PROVIDER_HANDLER}: {guard}.bind(null, {rewriter.text(value)})")
    elif value.kind == "method_definition":
        # `async onExecute…(event) {}` of an object literal becomes a guarded function expression.
        if value.has("get") or value.has("set") or value.has("*"):
            message = "the handler is a getter, a setter or a generator"
            raise NotUnderstoodError(message, value.line, RefusalCode.HANDLER_NOT_UNDERSTOOD)
        kind = "async function " if value.has("async") else "function "
        head = f"{PROVIDER_HANDLER}: {guard}.bind(null, {kind}"
        rewriter.delete(value.start, value.the("parameters").start)
        rewriter.insert(value.start, head)
        rewriter.insert(value.end, ")")
    else:
        rewriter.insert(value.start, f"{guard}.bind(null, ")
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
        raise NotUnderstoodError(message, value.line, RefusalCode.HANDLER_NOT_UNDERSTOOD)


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
        raise NotUnderstoodError(message, named[1].line, RefusalCode.HANDLER_NOT_UNDERSTOOD)
    for function in parsed.functions:
        for node in function.walk():
            if node.kind == "this":
                message = "the handler uses this"
                raise NotUnderstoodError(message, node.line, RefusalCode.HANDLER_NOT_UNDERSTOOD)
            if _takes_all(parsed, node, function):
                message = "the handler takes all its arguments together"
                raise NotUnderstoodError(message, node.line, RefusalCode.HANDLER_NOT_UNDERSTOOD)


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
