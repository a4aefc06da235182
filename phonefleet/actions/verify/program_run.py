"""All that is known of one program after it was run: how it loaded, each run, what it used."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from phonefleet.actions.verify.traces import Trace, parse_trace


@dataclass(frozen=True, slots=True)
class Load:
    """What happened while a program was loaded: ``error`` is ``(kind, name, message)`` if it could not be."""

    error: tuple[str, str, str] | None
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """All runs of one program.

    ``notes`` name what it used that a verification must know of; ``changed`` the built-in things it replaced;
    ``stopped`` is ``timeout``, ``memory``, ``crash`` or ``engine: …`` when it was ended from outside, at ``place``.
    Runs are kept as the runtime wrote them (``raw``): most are only ever compared.
    """

    notes: frozenset[str]
    changed: tuple[str, ...]
    stopped: str | None
    place: str
    loads: tuple[Load, ...]
    raw: tuple[bytes, ...]

    def trace(self, index: int) -> Trace:
        """The run number ``index``, read."""
        return parse_trace(self.raw[index])

    def threw(self, index: int) -> bool:
        """Whether the handler threw in the run number ``index``."""
        return self.raw[index].startswith(b'{"end":"threw"')

    def traces(self) -> tuple[Trace, ...]:
        """All runs, read."""
        return tuple(parse_trace(text) for text in self.raw)

    def notes_of(self, kind: str) -> tuple[str, ...]:
        """The notes of one kind, without their prefix, in alphabetical order."""
        return tuple(sorted(n.removeprefix(kind + ":") for n in self.notes if n.startswith(kind + ":")))


def read_outcome(answer: bytes) -> ProgramRun:
    """Read what a process answered: a line about the program, then a line for each load and each run."""
    head, *lines = answer.split(b"\n")
    about = orjson.loads(head)
    loads = tuple(_read_load(line) for line in lines if line.startswith(b'{"load":'))
    raw = tuple(line for line in lines if line and not line.startswith(b'{"load":'))
    notes, changed = frozenset(about["notes"]), tuple(about["changed"])
    return ProgramRun(notes, changed, about["stopped"], about["place"], loads, raw)


def _read_load(line: bytes) -> Load:
    data = orjson.loads(line)["load"]
    trace = parse_trace(data["trace"].encode()) if "trace" in data else None
    if "kind" not in data:
        return Load(None, trace)
    name, message = data["error"]
    return Load((data["kind"], str(name), str(message)), trace)
