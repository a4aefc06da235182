"""Parts that never ran and may decide, and whether a counting copy did what its program did."""

from __future__ import annotations

from dataclasses import dataclass

from phonefleet.actions.parse.syntax import Node
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.actions.verify.coverage import CountedProgram, Part, lines_of
from phonefleet.actions.verify.traces import ProgramRun


@dataclass(frozen=True, slots=True)
class Doubt:
    """A part that never ran and may decide, and what it holds, for people."""

    part: Part
    holds: tuple[str, ...]


def alike(copy: ProgramRun, program: ProgramRun) -> bool:
    """Whether a counting copy did what the program did; the words of an engine's own errors quote the source."""
    if len(copy.raw) != len(program.raw):
        return False
    for index, text in enumerate(copy.raw):
        if text == program.raw[index]:
            continue
        one, other = copy.trace(index), program.trace(index)
        if (one.end, one.at, one.decided, one.effects()) != (
            other.end,
            other.at,
            other.decided,
            other.effects(),
        ):
            return False
    return True


def doubtful(doubt: Doubt, program: CountedProgram, who: str, events: int) -> TranslationReason:
    """The reason that a doubt gives."""
    lines = lines_of([doubt.part], program.program)
    where = f"lines {lines}" if "-" in lines else f"line {lines}"
    verb = "have" if "-" in lines else "has"
    message = f"{where} of the {who} never ran on {events} events and {verb} {', '.join(doubt.holds)}"
    return TranslationReason(VerificationCode.UNREACHED, message, doubt.part.node.line)


def only_worded(node: Node) -> bool:
    """Whether a value only gets into the words of an error: any error drops the notification."""
    return any(each.kind == "throw_statement" for each in node.ancestors())
