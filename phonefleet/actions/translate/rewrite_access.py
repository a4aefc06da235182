"""How each access of the event is rewritten: in place, by a helper's call, or not at all."""

from __future__ import annotations

from typing import Final

from phonefleet.actions.parse.event_fields import MESSAGE_FIELDS, Path, Shape, shape
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.parse.tags import EventTag, Tags
from phonefleet.actions.refusal_codes import RefusalCode
from phonefleet.actions.translate.code_assembly import literal
from phonefleet.actions.translate.edits import NotUnderstoodError, Rewriter

MESSAGE: Final[Path] = ("message_options",)
EVENT: Final[Tags] = frozenset({EventTag()})
_MESSAGE_VALUE: Final[Tags] = frozenset({EventTag(MESSAGE)})
_DIRECT: Final = {"recipient": "recipient", "code": "code", "language": "locale"}
_HELPERS: Final = {"text": "messageText", "message_type": "messageChannel", "action": "messagePurpose"}
# A comparison with one of the legacy values can be made on the new field itself.
_VALUES: Final = {
    "message_type": ("delivery_method", {"sms": "text", "voice": "voice"}),
    "action": (
        "message_type",
        {"enrollment": "otp_enroll", "second-factor-authentication": "otp_verify"},
    ),
}
_EQUALITIES: Final = frozenset({"===", "!==", "==", "!="})


def edit_patterns(rewriter: Rewriter) -> None:
    """Destructurings of the event itself take from an object that has the legacy fields."""
    flow = rewriter.reading.flow
    for pattern in rewriter.reading.program.nodes:
        parent = pattern.parent
        if pattern.kind != "object_pattern" or parent is None:
            continue
        if parent.kind in ("variable_declarator", "assignment_expression"):
            value = parent.get("value") or parent.get("right")
            if value is not None and _is_event(rewriter, flow.tags(value), pattern):
                _pattern_value(rewriter, pattern, value)
        elif _is_event(rewriter, flow.parameter_tags(pattern), pattern):
            _pattern_parameter(rewriter, pattern)
        elif EventTag() in flow.parameter_tags(parent):
            message = "a parameter takes the event apart and has a default"
            raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, pattern.line)


def _is_event(rewriter: Rewriter, tags: Tags, node: Node) -> bool:
    if EventTag() in tags and tags != EVENT:
        message = f"{rewriter.text(node)[:40]} is not always the event"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, node.line)
    return tags == EVENT


def _pattern_value(rewriter: Rewriter, pattern: Node, value: Node) -> None:
    if _needs_source(rewriter, pattern):
        rewriter.edit(value, _pattern_source(rewriter, pattern, rewriter.text(value)))


def _pattern_parameter(rewriter: Rewriter, pattern: Node) -> None:
    if not _needs_source(rewriter, pattern):
        return
    function = pattern.function()
    assert function is not None
    body = function.the("body")
    name = rewriter.free("event", function)
    source = _pattern_source(rewriter, pattern, name)
    rewriter.edit(pattern, name)
    statement = f"const {rewriter.text(pattern)} = {source};"
    if body.kind == "statement_block":
        rewriter.insert(body.start + 1, f"\n  {statement}")
    else:
        rewriter.insert(body.start, f"{{ {statement} return ")
        rewriter.insert(body.end, "; }")


def _needs_source(rewriter: Rewriter, pattern: Node) -> bool:
    keys = [rewriter.reading.flow.key(part) for part in pattern.parts]
    return any(key is None or (key,) == MESSAGE or shape((key,)) is Shape.UNKNOWN for key in keys)


def _pattern_source(rewriter: Rewriter, pattern: Node, event: str) -> str:
    """An object with what ``pattern`` takes; fields the legacy event never had stay undefined."""
    keys = [key for part in pattern.parts if (key := rewriter.reading.flow.key(part)) is not None]
    fields = [
        f"{key}: {event}.{key}" for key in keys if (key,) != MESSAGE and shape((key,)) is not Shape.UNKNOWN
    ]
    if MESSAGE[0] in keys:
        fields.insert(0, f"{MESSAGE[0]}: {rewriter.helper('legacyMessage')}({event})")
    return f"{{ {', '.join(fields)} }}"


def edit_accesses(rewriter: Rewriter) -> None:
    """Members of the event, each where it stands."""
    flow = rewriter.reading.flow
    for node in rewriter.reading.program.nodes:
        if node.kind in ("member_expression", "subscript_expression"):
            for tag in flow.tags(node):
                if isinstance(tag, EventTag):
                    _member(rewriter, node, tag.path)
    _nested_patterns(rewriter)


def _member(rewriter: Rewriter, node: Node, path: Path) -> None:
    owner = node.the("object")
    if path == MESSAGE:
        if EventTag() in rewriter.reading.flow.tags(owner) and not _is_direct(rewriter, node.parent):
            _is_event(rewriter, rewriter.reading.flow.tags(owner), owner)
            rewriter.edit(node, f"{rewriter.helper('legacyMessage')}({rewriter.text(owner)})")
    elif path[:1] == MESSAGE:
        if _is_direct(rewriter, node):
            _field(rewriter, node, path[1])
    elif shape(path) is Shape.UNKNOWN:
        _only(rewriter, owner, path[:-1])
        rewriter.edit(node, "undefined")
    elif path == ("client", "client_metadata"):
        _only(rewriter, owner, path[:-1])
        _rename_property(rewriter, node)


def _only(rewriter: Rewriter, owner: Node, path: Path) -> None:
    """``owner`` must be exactly the event's value at ``path`` before what stands after it is edited."""
    if rewriter.reading.flow.tags(owner) != frozenset({EventTag(path)}):
        message = f"{rewriter.text(owner)[:40]} is not always part of the event"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, owner.line)


def _rename_property(rewriter: Rewriter, node: Node) -> None:
    if node.kind == "member_expression":
        rewriter.edit(node.the("property"), "metadata")
    else:
        rewriter.edit(node.the("index"), literal("metadata"))


def _is_direct(rewriter: Rewriter, node: Node | None) -> bool:
    """Whether ``node`` is ``EVENT.message_options.FIELD`` written out, for a field that has a new place."""
    if node is None or node.kind not in ("member_expression", "subscript_expression"):
        return False
    flow = rewriter.reading.flow
    owner = node.the("object")
    return (
        flow.key(node) in MESSAGE_FIELDS
        and owner.kind in ("member_expression", "subscript_expression")
        and flow.tags(owner) == _MESSAGE_VALUE
        and flow.tags(owner.the("object")) == EVENT
    )


def _field(rewriter: Rewriter, node: Node, name: str) -> None:
    event = rewriter.text(node.the("object").the("object"))
    if name in _DIRECT:
        rewriter.edit(node, f"{event}.notification.{_DIRECT[name]}")
        return
    value = _compared(rewriter, node, name)
    if value is None:
        rewriter.edit(node, f"{rewriter.helper(_HELPERS[name])}({event})")
        return
    new_field, mapped = _VALUES[name]
    rewriter.edit(node, f"{event}.notification.{new_field}")
    quote = rewriter.text(value)[0]
    rewriter.edit(value, f"{quote}{mapped[rewriter.reading.program.string(value) or '']}{quote}")


def _compared(rewriter: Rewriter, node: Node, name: str) -> Node | None:
    """The literal that the field is compared with, when it is one of the legacy values."""
    parent = node.parent
    if name not in _VALUES or parent is None or parent.kind != "binary_expression":
        return None
    if parent.the("operator").kind not in _EQUALITIES:
        return None
    other = parent.the("right") if node.name == "left" else parent.the("left")
    return other if rewriter.reading.program.string(other) in _VALUES[name][1] else None


def _nested_patterns(rewriter: Rewriter) -> None:
    """Fields below the first level that are taken apart must be the same in both events."""
    for access in rewriter.reading.accesses:
        parent = access.node.parent
        if (
            parent is None
            or parent.kind != "object_pattern"
            or len(access.path) < 2
            or access.path[:1] == MESSAGE
        ):
            continue
        if shape(access.path) is Shape.UNKNOWN or access.path == ("client", "client_metadata"):
            message = f"{access.field} is taken apart by a pattern"
            raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, access.line)
