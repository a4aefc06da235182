"""Edits to a source, collected first and made in one go."""

from __future__ import annotations

from dataclasses import dataclass, field

from phonefleet.actions.parse.parser import ParsedAction
from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.refusal_codes import RefusalCode
from phonefleet.actions.translation_model import RefusalReason


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in the place of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class NotUnderstoodError(Exception):
    """Something that the rewrite cannot carry over; ends as a refusal, never leaves the rewrite."""

    def __init__(self, code: RefusalCode, message: str, line: int) -> None:
        super().__init__(message)
        self.reason = RefusalReason(code, message, line)


@dataclass(slots=True)
class Rewriter:
    """The edits to one reading's source, and the helpers they call by the names given to them."""

    reading: ParsedAction
    edits: list[Edit] = field(default_factory=list)
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
        """The source text of ``node``."""
        return self.reading.program.text(node)

    def edit(self, node: Node, text: str) -> None:
        """Replace ``node`` by ``text``."""
        self.edits.append(Edit(node.start, node.end, text))

    def insert(self, at: int, text: str) -> None:
        """Put ``text`` in front of the byte ``at``."""
        self.edits.append(Edit(at, at, text))


def identifiers(reading: ParsedAction, within: Node) -> frozenset[str]:
    """Every name that stands in a part of the source."""
    text = reading.program.text
    return frozenset(text(node) for node in within.walk() if "identifier" in node.kind)


def apply(code: bytes, edits: list[Edit]) -> str:
    """``code`` with all edits made; raises ``NotUnderstoodError`` when two of them touch the same text."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            line = code[: edit.start].count(b"\n") + 1
            raise NotUnderstoodError(RefusalCode.ACCESS_NOT_UNDERSTOOD, "accesses within each other", line)
        pieces += [code[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join((*pieces, code[at:])).decode("utf-8", "replace")
