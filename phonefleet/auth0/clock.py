"""Time as an argument, so that tests need not wait, and a server's time as its answers show it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

CLOCKS_AGREE_WITHIN = timedelta(seconds=2)
"""A `Date` header has whole seconds, so smaller differences between clocks are not measurable."""
_IMPLAUSIBLE = 86_400.0
"""Seconds between our clock and a server's at which its header is ignored: no certificate would be valid then."""


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of an answer's `Date` header; None where it is absent, malformed or has no timezone."""
    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else None


def measurable(difference: timedelta) -> timedelta:
    """Return a difference between two clocks; 0 where `Date` headers cannot show it."""
    return difference if abs(difference) > CLOCKS_AGREE_WITHIN else timedelta(0)


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
        date = date_of(answer.headers)
        if date is None or abs(date.timestamp() - time.time()) > _IMPLAUSIBLE:
            return
        ahead = date.timestamp() - time.monotonic()
        self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)

    def now(self) -> datetime | None:
        """Return the server's time, UTC; None before an answer showed one."""
        return None if self._ahead is None else datetime.fromtimestamp(self._ahead + time.monotonic(), UTC)
