"""Look again and again at something that another program is still doing, with pauses that double."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """Return the time, aware UTC."""

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a moment; return at once if it has passed."""


class LoopClock:
    """The event loop's clock, which goes on evenly when the machine's is set; its dates mean nothing."""

    _BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the loop's time."""
        return self._BEGIN + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a moment of this clock."""
        await asyncio.sleep((moment - self.now()).total_seconds())


LOOP_CLOCK: Final = LoopClock()


async def looks(
    limit: timedelta, first: timedelta, longest: timedelta, clock: Clock = LOOP_CLOCK
) -> AsyncIterator[timedelta]:
    """Yield for each look: once, then as long as the next is not later than the limit.

    Args:
        limit: from the first look on; no look begins later. The first is made whatever the limit is.
        first: the pause after the first look; it doubles each time.
        longest: the longest pause.
        clock: tells the time and waits.

    Yields:
        How long the look may take: until the limit, but at least as long as the next pause.
    """
    end, pause = clock.now() + limit, first
    while True:
        yield max(pause, end - clock.now())
        again = clock.now() + pause
        if again > end:
            return
        await clock.sleep_until(again)
        pause = min(pause * 2, longest)
