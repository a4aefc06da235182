"""Time as an argument, so that tests need not wait, and a server's time as its answers show it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

_IMPLAUSIBLE = 86_400.0
"""Seconds between our clock and a server's at which its header is ignored: no certificate would be valid then."""


class Clock(Protocol):
    """Time as the client pool needs it."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for intervals."""

    def wall(self) -> float:
        """Return seconds since 1970, to compare with a server's times."""

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)


class ServerClock:
    """A server's clock, as the `Date` headers of its answers show it.

    A header is up to a second old, and older after a slow answer, so the header that shows the latest time counts.
    """

    def __init__(self) -> None:
        self._ahead: float | None = None

    async def read(self, answer: httpx.Response) -> None:
        """Read the time of an answer that has just arrived."""
        try:
            theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError, OverflowError):
            return
        if abs(theirs - time.time()) > _IMPLAUSIBLE:
            return
        ahead = theirs - time.monotonic()
        self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)

    def now(self) -> datetime | None:
        """Return the server's time, UTC; None before an answer showed one."""
        return None if self._ahead is None else datetime.fromtimestamp(self._ahead + time.monotonic(), UTC)
