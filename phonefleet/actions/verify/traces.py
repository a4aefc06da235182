"""What a program did on one event, as the runtime wrote it down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson


class End(StrEnum):
    """How a run ended, in words that fit both triggers.

    ``FAILED``: the legacy handler threw; the new one threw, dropped or asked for a retry.
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
        """The end as both triggers can be compared by it."""
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
        """The calls that must be the same: not loads (compared as a set), verdicts (the end) and digests."""
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
    """Read one run from what the runtime wrote."""
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
