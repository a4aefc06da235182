"""What a rewrite edits beside the accesses: comments, and the handlers of other triggers."""

from __future__ import annotations

import re
from typing import Final

from phonefleet.actions.parse.other_triggers import OTHER_HANDLER
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.translate.source_edits import NotUnderstoodError, Rewriter
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER, PROVIDER_TRIGGER

_WORDS: Final = (
    (re.compile(r"SendPhoneMessageAPI\b", re.IGNORECASE), "CustomPhoneProviderAPI"),
    (re.compile(r"\bSendPhoneMessageEvent\b"), "CustomPhoneProviderEvent"),
    (re.compile(rf"\b{LEGACY_HANDLER}\b"), PROVIDER_HANDLER),
    (re.compile(r"\bsend-phone-message\b"), PROVIDER_TRIGGER),
    (re.compile(r"\bSend Phone Message\b"), "Custom Phone Provider"),
    (re.compile(r"\bevent\.message_options\b"), "event.notification"),
)


def edit_comments(rewriter: Rewriter) -> None:
    """Let comments name the new handler, event and types."""
    for node in rewriter.flow.program.nodes:
        if node.kind != "comment":
            continue
        text = rewriter.text(node)
        for word, new in _WORDS:
            text = word.sub(new, text)
        if text != rewriter.text(node):
            rewriter.edit(node, text)


def leave_out_other_triggers(rewriter: Rewriter) -> list[Node]:
    """Leave the handlers of other triggers out, with a note; return their statements."""
    flow = rewriter.flow
    statements: list[Node] = []
    for name, values in flow.exports.items():
        if not OTHER_HANDLER.match(name) or name in (LEGACY_HANDLER, PROVIDER_HANDLER):
            continue
        for value in values:
            statement = _statement(value)
            if statement is None or _named(rewriter, name) > 1:
                raise NotUnderstoodError(f"{name}, of another trigger, cannot be left out", value.line)
            statements.append(statement)
            note = f"// {name} is left out: this Action serves {PROVIDER_TRIGGER} only."
            if statement.kind == "expression_statement":
                rewriter.edit(statement, note)
            else:
                after = statement.end
                code = rewriter.flow.program.code
                while code[after : after + 1].isspace():
                    after += 1
                comma = code[after : after + 1] == b","
                rewriter.delete(statement.start, after + 1 if comma else statement.end)
                rewriter.insert(rewriter.flow.program.root.start, f"{note}\n")
    return statements


def _statement(value: Node) -> Node | None:
    """What exports ``value``: an assignment at the top, or a part of an object that is exported."""
    if value.kind in ("shorthand_property_identifier", "method_definition"):
        return value
    parent = value.parent
    if parent is not None and parent.kind == "pair":
        return parent
    outer = parent.parent if parent is not None and parent.kind == "assignment_expression" else None
    top = outer is not None and outer.kind == "expression_statement"
    return (
        outer
        if top and outer is not None and outer.parent is not None and outer.parent.kind == "program"
        else None
    )


def _named(rewriter: Rewriter, name: str) -> int:
    nodes = rewriter.flow.program.nodes
    exported = {"property_identifier", "shorthand_property_identifier", "string_fragment"}
    return sum(node.kind in exported and rewriter.text(node) == name for node in nodes)


def refuse_unhandled(rewriter: Rewriter, left_out: list[Node]) -> None:
    """Refuse a name of a legacy field that no edit takes care of: it may be read in a way that is not followed."""
    names = {"message_options"} if rewriter.flow.event.message else set()
    word = re.compile(rf"\b(?:{'|'.join(sorted(names | {'client_metadata'}))})\b")
    for node in rewriter.flow.program.nodes:
        if "property_identifier" not in node.kind and node.kind not in ("string_fragment", "regex_pattern"):
            continue
        if not word.search(rewriter.text(node)) or _is_handled(rewriter, node):
            continue
        if not any(each.holds(node) for each in left_out):
            message = f"{rewriter.text(node)[:40]} is not followed to the event"
            raise NotUnderstoodError(message, node.line)


def _is_handled(rewriter: Rewriter, node: Node) -> bool:
    return any(each in rewriter.handled for each in (node, *list(node.ancestors())[:2]))
