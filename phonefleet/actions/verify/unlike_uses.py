"""What runs of the original took of fields that the translation may not get alike, as the runtime noted it."""

from __future__ import annotations

from collections.abc import Iterator

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_table import Path, split
from phonefleet.actions.parse.logging_calls import only_logged
from phonefleet.actions.parse.syntax import Node, Program
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.actions.verify.traces import ProgramRun


def taken_fields(run: ProgramRun) -> frozenset[Path]:
    """The fields that the program took out of its event, by name or with all others."""
    return frozenset(split(name) for name in run.notes_of("takes"))


def looked_into(run: ProgramRun, flow: Flow) -> Iterator[TranslationReason]:
    """The fields without a counterpart into which the program looked, whatever it did then, except for a log."""
    for note in run.notes_of("looks into"):
        name, _, place = note.partition("@")
        node = _node_at(flow.program, place)
        if node is None or not only_logged(flow.program, flow.scopes, node):
            message = f"what is in event.{name} is used, and the new event has no such field"
            line = 0 if node is None else node.line
            yield TranslationReason(VerificationCode.REMOVED_FIELD_MENTIONED, message, line)
            return


def read_stacks(run: ProgramRun, flow: Flow) -> Iterator[TranslationReason]:
    """A stack that the program read, by whatever way, except for a log."""
    for note in run.notes_of("reads stack"):
        node = _node_at(flow.program, note.removeprefix("@"))
        if node is None or not only_logged(flow.program, flow.scopes, node):
            message = (
                "the stack of an error is used, which names the lines of the code; a translation has others"
            )
            yield TranslationReason(VerificationCode.OWN_PLACE, message, 0 if node is None else node.line)
            return


def _node_at(program: Program, place: str) -> Node | None:
    """The innermost node at a place of V8's (``line:column``, both from 1, in UTF-16 units)."""
    line, _, column = place.partition(":")
    rows = program.code.split(b"\n")
    if not line.isdigit() or not 0 < int(line) <= len(rows):
        return None
    row = rows[int(line) - 1].decode("utf-8", "replace").encode("utf-16-le")
    before = row[: 2 * (int(column) - 1)].decode("utf-16-le", "ignore").encode()
    offset = sum(len(each) + 1 for each in rows[: int(line) - 1]) + len(before)
    inside = [node for node in program.nodes if node.start <= offset < node.end]
    return min(inside, key=lambda node: node.end - node.start, default=None)
