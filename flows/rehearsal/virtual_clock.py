"""A clock for rehearsals: what waits for it goes on at once, and it is later by as much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

_ANSWER_SECONDS = 300.0
"""In a long soak the users of thousands of twins request messages."""


class VirtualClock:
    """The machine's clock, ahead by everything that was waited for.

    Args:
        control: the simulator's address, whose users request messages while time passes.
        ahead: by how much it is ahead at first.
    """

    def __init__(self, control: str, ahead: timedelta = timedelta()) -> None:
        self._control = f"{control}/_simulator/pass"
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return datetime.now(UTC) + self._ahead

    async def sleep_until(self, moment: datetime) -> None:
        """Be at a moment at once; do nothing if it has passed."""
        left = moment - self.now()
        if left <= timedelta():
            return
        self._ahead += left
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
            answer = await client.post(self._control, json={"seconds": left.total_seconds()})
        answer.raise_for_status()
