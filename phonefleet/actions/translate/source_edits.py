"""Edits to one source: collected first, applied together, each part of the source edited once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.syntax import Node, Program
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import TranslationReason


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in the place of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class NotUnderstoodError(Exception):
    """The rewrite cannot translate something; it becomes a refusal and never leaves the rewrite."""

    def __init__(
        self, message: str, line: int, code: RefusalCode = RefusalCode.ACCESS_NOT_UNDERSTOOD
    ) -> None:
        super().__init__(message)
        self.reason = TranslationReason(code, message, line)


class EventPaths(Protocol):
    """Which part of the event an expression always is; ``None`` where it may be something else."""

    def path(self, node: Node) -> Path | None:
        """The part of the event that ``node`` always is, if it is anything."""

    def pattern_path(self, pattern: Node) -> Path | None:
        """The part of the event that ``pattern`` takes apart."""

    def may_be_nothing(self, node: Node) -> bool:
        """Whether the name at the beginning of a chain of members may be undefined or null."""


@dataclass(slots=True)
class Rewriter:
    """The edits to one source, and the names of the helper functions that they call.

    ``handled`` are the nodes that name a legacy field and that an edit takes care of.
    """

    flow: Flow
    always: EventPaths
    names: frozenset[str]
    edits: list[Edit] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    handled: set[Node] = field(default_factory=set)

    def helper(self, name: str) -> str:
        """The name of a helper function, changed where the source already uses it."""
        return self.helpers.setdefault(name, self.free(name))

    def free(self, name: str, within: Node | None = None) -> str:
        """``name``, or a variation of it that the source (or one function of it) does not use."""
        names = self.names if within is None else identifiers(self.flow.program, within)
        while name in names:
            name += "_"
        return name

    def text(self, node: Node) -> str:
        """The original text of ``node``."""
        return self.flow.program.text(node)

    def edit(self, node: Node, text: str) -> None:
        """Replace ``node`` by ``text``, together with all edits inside it."""
        self.take(node)
        self.edits.append(Edit(node.start, node.end, text))

    def insert(self, at: int, text: str) -> None:
        """Put ``text`` in front of the byte ``at``."""
        self.edits.append(Edit(at, at, text))

    def delete(self, start: int, end: int) -> None:
        """Leave out the bytes from ``start`` to ``end``, together with all edits inside them."""
        self.edits = [each for each in self.edits if not (start <= each.start and each.end <= end)]
        self.edits.append(Edit(start, end, ""))

    def rendered(self, node: Node) -> str:
        """The text of ``node`` with the edits inside it, which stay."""
        inner = [each for each in self.edits if node.start <= each.start and each.end <= node.end]
        moved = [Edit(each.start - node.start, each.end - node.start, each.text) for each in inner]
        return apply(self.flow.program.code[node.start : node.end], moved)

    def take(self, node: Node) -> str:
        """The text of ``node`` with the edits inside it, which are removed."""
        text = self.rendered(node)
        self.edits = [each for each in self.edits if not (node.start <= each.start and each.end <= node.end)]
        return text


def identifiers(program: Program, within: Node) -> frozenset[str]:
    """Every name that occurs in a part of the source."""
    text = program.text
    return frozenset(text(node) for node in within.walk() if "identifier" in node.kind)


def apply(code: bytes, edits: list[Edit]) -> str:
    """``code`` with all edits; raises ``NotUnderstoodError`` if two of them overlap."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            line = code[: edit.start].count(b"\n") + 1
            raise NotUnderstoodError("an access is part of another access", line)
        pieces += [code[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join((*pieces, code[at:])).decode("utf-8", "replace")
