"""Time as an argument, so that waiting can be tested without waiting."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the door needs to know about time."""

    def monotonic(self) -> float:
        """Seconds that only go forward, for intervals."""

    def wall(self) -> float:
        """Seconds since 1970, for comparing with what a server says."""

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up anybody else."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)
