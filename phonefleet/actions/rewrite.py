"""The idiomatic translation: the legacy source edited in place, offered where every access is understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from phonefleet.actions.access import Use, api_escapes
from phonefleet.actions.adapter import DROP, OnError, failure_part, other_part
from phonefleet.actions.assemble import fill, literal, part
from phonefleet.actions.fields import MESSAGE_FIELDS, Path, Shape, shape
from phonefleet.actions.model import LEGACY_HANDLER, NEW_HANDLER, Reason, Refusal
from phonefleet.actions.reasons import ReasonCode
from phonefleet.actions.source import Reading
from phonefleet.actions.syntax import Node
from phonefleet.actions.tags import Event, Tags

MESSAGE: Final[Path] = ("message_options",)
EVENT: Final[Tags] = frozenset({Event()})
_MESSAGE_VALUE: Final[Tags] = frozenset({Event(MESSAGE)})
_DIRECT: Final = {"recipient": "recipient", "code": "code", "language": "locale"}
_HELPERS: Final = {"text": "messageText", "message_type": "messageChannel", "action": "messagePurpose"}
_PARTS: Final = {
    "messageText": "rewrite_text",
    "messageChannel": "rewrite_channel",
    "messagePurpose": "rewrite_purpose",
    "legacyMessage": "rewrite_message",
}
# A comparison with one of the legacy values can be made on the new field itself.
_VALUES: Final = {
    "message_type": ("delivery_method", {"sms": "text", "voice": "voice"}),
    "action": (
        "message_type",
        {"enrollment": "otp_enroll", "second-factor-authentication": "otp_verify"},
    ),
}
_EQUALITIES: Final = frozenset({"===", "!==", "==", "!="})


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


class _NotUnderstoodError(Exception):
    """Something that the rewrite cannot carry over; ends as a refusal, never leaves this module."""

    def __init__(self, code: ReasonCode, message: str, line: int) -> None:
        super().__init__(message)
        self.reason = Reason(code, message, line)


@dataclass(slots=True)
class _Rewriter:
    reading: Reading
    edits: list[_Edit] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def helper(self, name: str) -> str:
        """The name of a helper function, changed where the source already uses it."""
        return self.helpers.setdefault(name, self.free(name))

    def free(self, name: str, within: Node | None = None) -> str:
        """``name``, or a variation of it that the source (or one function of it) does not use."""
        names = self.names if within is None else identifiers(self.reading, within)
        while name in names:
            name += "_"
        return name

    def text(self, node: Node) -> str:
        return self.reading.program.text(node)

    def edit(self, node: Node, text: str) -> None:
        self.edits.append(_Edit(node.start, node.end, text))

    def insert(self, at: int, text: str) -> None:
        self.edits.append(_Edit(at, at, text))


def rewrite_code(reading: Reading, *, other_types: str = DROP) -> str | Refusal:
    """The rewritten source, or why it is not offered."""
    program = reading.program
    rewriter = _Rewriter(reading, names=identifiers(reading, program.root))
    try:
        _refuse_uses(reading)
        _refuse_handler(reading)
        _patterns(rewriter)
        _accesses(rewriter)
        _export(rewriter)
        edited = _apply(program.code, rewriter.edits).rstrip()
    except _NotUnderstoodError as stop:
        return Refusal((stop.reason,))
    return "\n\n".join((edited, *_parts(rewriter, other_types))) + "\n"


def identifiers(reading: Reading, within: Node) -> frozenset[str]:
    """Every name that stands in a part of the source."""
    text = reading.program.text
    return frozenset(text(node) for node in within.walk() if "identifier" in node.kind)


def _parts(rewriter: _Rewriter, other_types: str) -> Iterator[str]:
    yield fill(part("rewrite_parts"), {"GUARD": rewriter.helper("oneTimeCodes")}).rstrip()
    for name, file in _PARTS.items():
        if name in rewriter.helpers:
            yield fill(part(file), {"NAME": rewriter.helpers[name]}).rstrip()
    yield other_part(other_types)
    yield failure_part(OnError.DROP)


def _refuse_uses(reading: Reading) -> None:
    """Uses of the event that only the whitelist of the adapter can serve."""
    for access in reading.accesses:
        record = shape(access.path) is Shape.RECORD and access.path != MESSAGE
        where = f"{access.field} in line {access.line}"
        if access.use is Use.WRITTEN:
            raise _NotUnderstoodError(ReasonCode.EVENT_WRITTEN, f"{where} is written to", access.line)
        if access.use is Use.DYNAMIC and access.path not in (MESSAGE, ("secrets",)):
            message = f"a field of {where} is chosen at run time"
            raise _NotUnderstoodError(ReasonCode.DYNAMIC_EVENT_ACCESS, message, access.line)
        if access.use in (Use.WHOLE, Use.ENUMERATED) and record:
            message = f"{where} is passed on whole: the new event holds more than the legacy one"
            raise _NotUnderstoodError(ReasonCode.EVENT_FORWARDED_WHOLE, message, access.line)
    for node in api_escapes(reading.flow):
        message = "the api is given to code that is not read here"
        raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, message, node.line)


def _export(rewriter: _Rewriter) -> None:
    """Export the handler under its new name, behind the guard."""
    reading = rewriter.reading
    if len(reading.handlers) != 1 or not reading.functions:
        raise _NotUnderstoodError(
            ReasonCode.HANDLER_NOT_UNDERSTOOD, "the handler is not exported in one plain place", 0
        )
    value = reading.handlers[0]
    guard = rewriter.helper("oneTimeCodes")
    if value.kind == "shorthand_property_identifier":
        rewriter.edit(value, f"{NEW_HANDLER}: {guard}({rewriter.text(value)})")
    elif value.kind == "method_definition":
        _export_method(rewriter, value, guard)
    else:
        rewriter.insert(value.start, f"{guard}(")
        rewriter.insert(value.end, ")")
        _rename_key(rewriter, value)


def _export_method(rewriter: _Rewriter, method: Node, guard: str) -> None:
    """``async onExecute…(event) {}`` of an object literal becomes a guarded function expression."""
    if method.has("get") or method.has("set") or method.has("*"):
        raise _NotUnderstoodError(ReasonCode.HANDLER_NOT_UNDERSTOOD, "an unusual handler", method.line)
    kind = "async function " if method.has("async") else "function "
    rewriter.edits.append(
        _Edit(method.start, method.the("parameters").start, f"{NEW_HANDLER}: {guard}({kind}")
    )
    rewriter.insert(method.end, ")")


def _rename_key(rewriter: _Rewriter, value: Node) -> None:
    node = value.parent
    if node is not None and node.kind == "pair":
        rewriter.edit(node.the("key"), NEW_HANDLER)
    elif node is not None and node.kind == "assignment_expression":
        left = node.the("left")
        if left.kind == "member_expression":
            rewriter.edit(left.the("property"), NEW_HANDLER)
        else:
            rewriter.edit(left.the("index"), literal(NEW_HANDLER))
    else:
        message = "the handler's export is unusual"
        raise _NotUnderstoodError(ReasonCode.HANDLER_NOT_UNDERSTOOD, message, value.line)


def _refuse_handler(reading: Reading) -> None:
    """A handler that relies on ``this`` or on its own exported name would not survive the guard."""
    text = reading.program.text
    named = [
        node
        for node in reading.program.root.walk()
        if node.kind in ("property_identifier", "string_fragment") and text(node) == LEGACY_HANDLER
    ]
    if len(named) > 1:
        message = f"{LEGACY_HANDLER} is named more than once"
        raise _NotUnderstoodError(ReasonCode.HANDLER_NOT_UNDERSTOOD, message, named[1].line)
    for function in reading.functions:
        for node in function.walk():
            if node.kind == "this":
                message = "the handler uses this"
                raise _NotUnderstoodError(ReasonCode.HANDLER_NOT_UNDERSTOOD, message, node.line)


def _patterns(rewriter: _Rewriter) -> None:
    """Destructurings of the event itself take from an object that has the legacy fields."""
    flow = rewriter.reading.flow
    for pattern in rewriter.reading.program.root.walk():
        parent = pattern.parent
        if pattern.kind != "object_pattern" or parent is None:
            continue
        if parent.kind in ("variable_declarator", "assignment_expression"):
            value = parent.get("value") or parent.get("right")
            if value is not None and _is_event(rewriter, flow.tags(value), pattern):
                _pattern_value(rewriter, pattern, value)
        elif _is_event(rewriter, flow.parameter_tags(pattern), pattern):
            _pattern_parameter(rewriter, pattern)
        elif Event() in flow.parameter_tags(parent):
            message = "a parameter takes the event apart and has a default"
            raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, message, pattern.line)


def _is_event(rewriter: _Rewriter, tags: Tags, node: Node) -> bool:
    if Event() in tags and tags != EVENT:
        message = f"{rewriter.text(node)[:40]} is not always the event"
        raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, message, node.line)
    return tags == EVENT


def _pattern_value(rewriter: _Rewriter, pattern: Node, value: Node) -> None:
    if _needs_source(rewriter, pattern):
        rewriter.edit(value, _pattern_source(rewriter, pattern, rewriter.text(value)))


def _pattern_parameter(rewriter: _Rewriter, pattern: Node) -> None:
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


def _needs_source(rewriter: _Rewriter, pattern: Node) -> bool:
    keys = [rewriter.reading.flow.key(part) for part in pattern.parts]
    return any(key is None or (key,) == MESSAGE or shape((key,)) is Shape.UNKNOWN for key in keys)


def _pattern_source(rewriter: _Rewriter, pattern: Node, event: str) -> str:
    """An object with what ``pattern`` takes; fields the legacy event never had stay undefined."""
    keys = [key for part in pattern.parts if (key := rewriter.reading.flow.key(part)) is not None]
    fields = [
        f"{key}: {event}.{key}" for key in keys if (key,) != MESSAGE and shape((key,)) is not Shape.UNKNOWN
    ]
    if MESSAGE[0] in keys:
        fields.insert(0, f"{MESSAGE[0]}: {rewriter.helper('legacyMessage')}({event})")
    return f"{{ {', '.join(fields)} }}"


def _accesses(rewriter: _Rewriter) -> None:
    flow = rewriter.reading.flow
    for node in rewriter.reading.program.root.walk():
        if node.kind in ("member_expression", "subscript_expression"):
            for tag in flow.tags(node):
                if isinstance(tag, Event):
                    _member(rewriter, node, tag.path)
        elif node.kind == "object_pattern":
            _nested_pattern(rewriter, node)


def _member(rewriter: _Rewriter, node: Node, path: Path) -> None:
    owner = node.the("object")
    if path == MESSAGE:
        if Event() in rewriter.reading.flow.tags(owner) and not _is_direct(rewriter, node.parent):
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


def _only(rewriter: _Rewriter, owner: Node, path: Path) -> None:
    """``owner`` must be exactly the event's value at ``path`` before what stands after it is edited."""
    if rewriter.reading.flow.tags(owner) != frozenset({Event(path)}):
        message = f"{rewriter.text(owner)[:40]} is not always part of the event"
        raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, message, owner.line)


def _rename_property(rewriter: _Rewriter, node: Node) -> None:
    if node.kind == "member_expression":
        rewriter.edit(node.the("property"), "metadata")
    else:
        rewriter.edit(node.the("index"), literal("metadata"))


def _is_direct(rewriter: _Rewriter, node: Node | None) -> bool:
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


def _field(rewriter: _Rewriter, node: Node, name: str) -> None:
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


def _compared(rewriter: _Rewriter, node: Node, name: str) -> Node | None:
    """The literal that the field is compared with, when it is one of the legacy values."""
    parent = node.parent
    if name not in _VALUES or parent is None or parent.kind != "binary_expression":
        return None
    if parent.the("operator").kind not in _EQUALITIES:
        return None
    other = parent.the("right") if node.name == "left" else parent.the("left")
    return other if rewriter.reading.program.string(other) in _VALUES[name][1] else None


def _nested_pattern(rewriter: _Rewriter, pattern: Node) -> None:
    """Fields below the first level that are taken apart must be the same in both events."""
    for access in rewriter.reading.accesses:
        if access.node.parent is not pattern or len(access.path) < 2 or access.path[:1] == MESSAGE:
            continue
        if shape(access.path) is Shape.UNKNOWN or access.path == ("client", "client_metadata"):
            message = f"{access.field} is taken apart by a pattern"
            raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, message, access.line)


def _apply(code: bytes, edits: list[_Edit]) -> str:
    """``code`` with all edits made; raises ``_NotUnderstoodError`` when two of them touch the same text."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            line = code[: edit.start].count(b"\n") + 1
            raise _NotUnderstoodError(ReasonCode.ACCESS_NOT_UNDERSTOOD, "accesses within each other", line)
        pieces += [code[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join((*pieces, code[at:])).decode("utf-8", "replace")
