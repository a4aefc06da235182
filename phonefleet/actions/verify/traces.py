"""What a program did: one run on one event, and all its runs, as the runtime recorded them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson


class End(StrEnum):
    """How a run ended, in terms that fit both triggers.

    ``FAILED``: the legacy handler threw; the new one threw, dropped or requested a retry.
    """

    RETURNED = "returned"
    FAILED = "failed"
    PENDING = "never settled"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Call:
    """One thing the program did: ``op`` is load, new, call, send, set, delete, uncaught, hmac or verdict.

    ``at`` is the virtual time in milliseconds since the run began; ``number`` counts the outbound calls.
    """

    at: int
    op: str
    path: str
    args: Any
    number: int | None

    def line(self) -> str:
        """The call on one line, for people."""
        shown = json.dumps(self.args, ensure_ascii=False, sort_keys=True) if self.args is not None else ""
        return f"{self.at} ms {self.op} {self.path} {shown}".rstrip()


@dataclass(frozen=True, slots=True)
class Trace:
    """One run: its calls in order, how it ended (``end``, ``error``) and at which virtual millisecond."""

    end: str
    error: tuple[str, str] | None
    at: int
    decided: str | None
    loop: str
    calls: tuple[Call, ...]

    @property
    def outcome(self) -> End:
        """The end, in terms by which both triggers can be compared."""
        match self.end:
            case "threw":
                return End.FAILED
            case "returned":
                return End.FAILED if self.decided else End.RETURNED
            case "pending":
                return End.PENDING
            case _:
                return End.STOPPED

    def effects(self) -> tuple[Call, ...]:
        """The calls that must be the same: without loads (compared as a set), verdicts (the end) and digests."""
        return tuple(call for call in self.calls if call.op not in ("load", "verdict", "hmac"))

    def loads(self) -> frozenset[str]:
        """The modules loaded in this run."""
        return frozenset(call.path for call in self.calls if call.op == "load")

    def lines(self) -> tuple[str, ...]:
        """The run for people: a line for each call and one for the end."""
        end = f"{self.at} ms {self.end}" if self.at >= 0 else "never settled"
        detail = f" {': '.join(self.error)}" if self.error else ""
        decided = f" after api.notification.{self.decided}" if self.decided else ""
        return (*(call.line() for call in self.calls), end + detail + decided)


def parse_trace(text: bytes) -> Trace:
    """Parse one run from what the runtime wrote."""
    data = orjson.loads(text)
    error = data["error"]
    calls = tuple(Call(c["t"], c["op"], c["path"], c.get("args"), c.get("n")) for c in data["calls"])
    shown = tuple(error) if isinstance(error, list) else (("stopped", str(error)) if error else None)
    return Trace(data["end"], shown, data["at"], data["decided"], data["loop"], calls)


def strings_in(value: Any) -> Iterator[str]:
    """Every string inside recorded contents, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from strings_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings_in(part)


@dataclass(frozen=True, slots=True)
class Load:
    """What happened while a program was loaded: ``error`` is ``(kind, name, message)`` if it could not be."""

    error: tuple[str, str, str] | None
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """All runs of one program.

    ``notes`` are ``kind:value`` pairs of what it used that a verification depends on; ``changed`` are the built-ins it
    replaced; ``stopped`` is ``timeout``, ``memory``, ``crash`` or the engine's error if it was ended from outside, at
    ``place``. Runs are kept as the runtime wrote them (``raw``): most are only compared. ``ran`` are the numbers of the
    parts that ran in each, of a program that counts them; ``cpu_seconds`` is what all runs took.
    """

    notes: frozenset[str]
    changed: tuple[str, ...]
    stopped: str | None
    place: str
    loads: tuple[Load, ...]
    raw: tuple[bytes, ...]
    ran: tuple[frozenset[int], ...] = ()
    cpu_seconds: float = 0.0

    def trace(self, index: int) -> Trace:
        """The run number ``index``, parsed."""
        return parse_trace(self.raw[index])

    def threw(self, index: int) -> bool:
        """Whether the handler threw in the run number ``index``."""
        return self.raw[index].startswith(b'{"end":"threw"')

    def traces(self) -> tuple[Trace, ...]:
        """All runs, parsed."""
        return tuple(parse_trace(text) for text in self.raw)

    def notes_of(self, kind: str) -> tuple[str, ...]:
        """The values of the notes of one kind, in alphabetical order."""
        return tuple(sorted(n.removeprefix(kind + ":") for n in self.notes if n.startswith(kind + ":")))


def parse_outcome(answer: bytes) -> ProgramRun:
    """Parse what a process answered: a line about the program, then a line for each load and each run."""
    head, *lines = answer.split(b"\n")
    about = orjson.loads(head)
    loads: list[Load] = []
    raw: list[bytes] = []
    ran: list[frozenset[int]] = []
    for line in lines:
        if line.startswith(b'{"load":'):
            data = orjson.loads(line)["load"]
            trace = parse_trace(data["trace"].encode()) if "trace" in data else None
            name, message = data.get("error", ("", ""))
            error = (str(data["kind"]), str(name), str(message)) if "kind" in data else None
            loads.append(Load(error, trace))
        elif line.startswith(b'{"ran":'):
            ran.append(frozenset(orjson.loads(line)["ran"]))
        elif line:
            raw.append(line)
    notes, changed = frozenset(about["notes"]), tuple(about["changed"])
    return ProgramRun(
        notes,
        changed,
        about["stopped"],
        about["place"],
        tuple(loads),
        tuple(raw),
        tuple(ran),
        float(about.get("cpu", 0)),
    )
