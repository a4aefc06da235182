"""The clock by which a run waits for windows, soak and health; a rehearsal replaces it by a virtual one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from phonefleet.polling import Clock


class SystemClock:
    """The machine's clock."""

    _LONGEST_SECONDS = 60.0

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a moment by the machine's clock, also when the machine is suspended or set right meanwhile."""
        left = (moment - self.now()).total_seconds()
        while left > 0:
            await asyncio.sleep(min(left, self._LONGEST_SECONDS))
            left = (moment - self.now()).total_seconds()


_clock: ContextVar[Clock | None] = ContextVar("phonefleet_clock", default=None)


@contextmanager
def timed_by(clock: Clock) -> Iterator[None]:
    """Let flows that are called in this block wait by `clock`."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def current_clock() -> Clock:
    """Return the clock of the flow run that is under way."""
    return _clock.get() or SystemClock()
