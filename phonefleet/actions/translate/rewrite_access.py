"""Edit each access of the event: in place, by a helper's call, or not at all.

Edits to a source are collected first and applied together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from phonefleet.actions.parse.event_fields import MESSAGE_FIELDS, Path, Shape, shape
from phonefleet.actions.parse.flow_types import EventTag, Tags
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.syntax import MEMBERS, Node
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.code_assembly import literal
from phonefleet.actions.translation_model import TranslationReason

MESSAGE: Final[Path] = ("message_options",)
EVENT: Final[Tags] = frozenset({EventTag()})
_MESSAGE_VALUE: Final[Tags] = frozenset({EventTag(MESSAGE)})
_DIRECT: Final = {"recipient": "recipient", "code": "code", "language": "locale"}
_HELPERS: Final = {"text": "messageText", "message_type": "messageChannel", "action": "messagePurpose"}
# A comparison with one of these values is made on the new field itself.
_VALUES: Final[dict[str, tuple[str, dict[str | None, str]]]] = {
    "message_type": ("delivery_method", {"sms": "text", "voice": "voice"}),
    "action": (
        "message_type",
        {"enrollment": "otp_enroll", "second-factor-authentication": "otp_verify"},
    ),
}
_EQUALITIES: Final = frozenset({"===", "!==", "==", "!="})


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in the place of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class NotUnderstoodError(Exception):
    """The rewrite cannot translate something; it becomes a refusal and never leaves the rewrite."""

    def __init__(self, code: RefusalCode, message: str, line: int) -> None:
        super().__init__(message)
        self.reason = TranslationReason(code, message, line)


@dataclass(slots=True)
class Rewriter:
    """The edits to one source, and the names of the helper functions that they call."""

    parsed: ParsedAction
    edits: list[Edit] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def helper(self, name: str) -> str:
        """The name of a helper function, changed where the source already uses it."""
        return self.helpers.setdefault(name, self.free(name))

    def free(self, name: str, within: Node | None = None) -> str:
        """``name``, or a variation of it that the source (or one function of it) does not use."""
        names = self.names if within is None else identifiers(self.parsed, within)
        while name in names:
            name += "_"
        return name

    def text(self, node: Node) -> str:
        """The source text of ``node``."""
        return self.parsed.program.text(node)

    def edit(self, node: Node, text: str) -> None:
        """Replace ``node`` by ``text``."""
        self.edits.append(Edit(node.start, node.end, text))

    def insert(self, at: int, text: str) -> None:
        """Put ``text`` in front of the byte ``at``."""
        self.edits.append(Edit(at, at, text))


def identifiers(parsed: ParsedAction, within: Node) -> frozenset[str]:
    """Every name that occurs in a part of the source."""
    text = parsed.program.text
    return frozenset(text(node) for node in within.walk() if "identifier" in node.kind)


def apply(code: bytes, edits: list[Edit]) -> str:
    """``code`` with all edits; raises ``NotUnderstoodError`` if two of them overlap."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            line = code[: edit.start].count(b"\n") + 1
            raise NotUnderstoodError(
                RefusalCode.ACCESS_NOT_UNDERSTOOD, "an access is part of another access", line
            )
        pieces += [code[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join((*pieces, code[at:])).decode("utf-8", "replace")


def edit_patterns(rewriter: Rewriter) -> None:
    """Let destructurings of the event itself take from an object that has the legacy fields."""
    flow = rewriter.parsed.flow
    for pattern in rewriter.parsed.program.nodes:
        parent = pattern.parent
        if pattern.kind != "object_pattern" or parent is None:
            continue
        keys = [flow.key(part) for part in pattern.parts]
        needed = any(key is None or (key,) == MESSAGE or shape((key,)) is Shape.UNKNOWN for key in keys)
        if parent.kind in ("variable_declarator", "assignment_expression"):
            value = parent.get("value") or parent.get("right")
            if value is not None and _is_event(rewriter, flow.tags(value), pattern) and needed:
                rewriter.edit(value, _pattern_source(rewriter, keys, rewriter.text(value)))
        elif _is_event(rewriter, flow.parameter_tags(pattern), pattern):
            if needed:
                _edit_parameter(rewriter, pattern, keys)
        elif EventTag() in flow.parameter_tags(parent):
            message = "a parameter destructures the event and has a default"
            raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, pattern.line)


def _is_event(rewriter: Rewriter, tags: Tags, node: Node) -> bool:
    if EventTag() in tags and tags != EVENT:
        message = f"{rewriter.text(node)[:40]} is not always the event"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, node.line)
    return tags == EVENT


def _edit_parameter(rewriter: Rewriter, pattern: Node, keys: list[str | None]) -> None:
    """Give a destructured parameter a name, and destructure it in the function's body."""
    function = pattern.function()
    assert function is not None
    body = function.the("body")
    name = rewriter.free("event", function)
    source = _pattern_source(rewriter, keys, name)
    rewriter.edit(pattern, name)
    statement = f"const {rewriter.text(pattern)} = {source};"
    if body.kind == "statement_block":
        rewriter.insert(body.start + 1, f"\n  {statement}")
    else:
        rewriter.insert(body.start, f"{{ {statement} return ")
        rewriter.insert(body.end, "; }")


def _pattern_source(rewriter: Rewriter, keys: list[str | None], event: str) -> str:
    """An object with the ``keys`` of a pattern; fields that the legacy event never had stay undefined."""
    fields = [
        f"{key}: {event}.{key}"
        for key in keys
        if key is not None and (key,) != MESSAGE and shape((key,)) is not Shape.UNKNOWN
    ]
    if MESSAGE[0] in keys:
        fields.insert(0, f"{MESSAGE[0]}: {rewriter.helper('legacyMessage')}({event})")
    return f"{{ {', '.join(fields)} }}"


def edit_accesses(rewriter: Rewriter) -> None:
    """Edit members of the event in place.

    Fields below the first level that are destructured must be the same in both events.
    """
    flow = rewriter.parsed.flow
    for node in rewriter.parsed.program.nodes:
        if node.kind in MEMBERS:
            for tag in flow.tags(node):
                if isinstance(tag, EventTag):
                    _edit_member(rewriter, node, tag.path)
    for access in rewriter.parsed.accesses:
        parent = access.node.parent
        if parent is None or parent.kind != "object_pattern" or len(access.path) < 2:
            continue
        changed = shape(access.path) is Shape.UNKNOWN or access.path == ("client", "client_metadata")
        if changed and access.path[:1] != MESSAGE:
            message = f"{access.field} is destructured"
            raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, access.line)


def _edit_member(rewriter: Rewriter, node: Node, path: Path) -> None:
    owner = node.the("object")
    if path == MESSAGE:
        if EventTag() in rewriter.parsed.flow.tags(owner) and not _is_direct(rewriter, node.parent):
            _is_event(rewriter, rewriter.parsed.flow.tags(owner), owner)
            rewriter.edit(node, f"{rewriter.helper('legacyMessage')}({rewriter.text(owner)})")
    elif path[:1] == MESSAGE:
        if _is_direct(rewriter, node):
            _edit_field(rewriter, node, path[1])
    elif shape(path) is Shape.UNKNOWN:
        _require_path(rewriter, owner, path[:-1])
        rewriter.edit(node, "undefined")
    elif path == ("client", "client_metadata"):
        _require_path(rewriter, owner, path[:-1])
        if node.kind == "member_expression":
            rewriter.edit(node.the("property"), "metadata")
        else:
            rewriter.edit(node.the("index"), literal("metadata"))


def _require_path(rewriter: Rewriter, owner: Node, path: Path) -> None:
    """Refuse an edit unless ``owner`` is always the event's value at ``path``."""
    if rewriter.parsed.flow.tags(owner) != frozenset({EventTag(path)}):
        message = f"{rewriter.text(owner)[:40]} is not always part of the event"
        raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, message, owner.line)


def _is_direct(rewriter: Rewriter, node: Node | None) -> bool:
    """Whether ``node`` is ``EVENT.message_options.FIELD`` written out, for a field that has a new place."""
    if node is None or node.kind not in MEMBERS:
        return False
    flow = rewriter.parsed.flow
    owner = node.the("object")
    return (
        flow.key(node) in MESSAGE_FIELDS
        and owner.kind in MEMBERS
        and flow.tags(owner) == _MESSAGE_VALUE
        and flow.tags(owner.the("object")) == EVENT
    )


def _edit_field(rewriter: Rewriter, node: Node, name: str) -> None:
    event = rewriter.text(node.the("object").the("object"))
    if name in _DIRECT:
        rewriter.edit(node, f"{event}.notification.{_DIRECT[name]}")
        return
    new_field, mapped = _VALUES.get(name, ("", {}))
    parent = node.parent
    value = None
    if (
        parent is not None
        and parent.kind == "binary_expression"
        and parent.the("operator").kind in _EQUALITIES
    ):
        value = parent.the("right" if node.name == "left" else "left")
    compared = rewriter.parsed.program.string(value) if value is not None else None
    if value is None or compared not in mapped:
        rewriter.edit(node, f"{rewriter.helper(_HELPERS[name])}({event})")
        return
    rewriter.edit(node, f"{event}.notification.{new_field}")
    quote = rewriter.text(value)[0]
    rewriter.edit(value, f"{quote}{mapped[compared]}{quote}")
