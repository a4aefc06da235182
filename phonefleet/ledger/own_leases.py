"""How long the leases of this process last by the time since the machine's boot, which no change of a clock moves."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It goes on while the machine sleeps, where the system has such a clock."""


def boot_seconds() -> float:
    """Return the seconds since the machine's boot, those in which this process was stopped included."""
    return time.clock_gettime(_CLOCK)


class OwnLeases:
    """The ends of leases that this process acquired or renewed."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, int], float] = {}

    def keep(self, domain: str, fence: int, since: float, ttl: timedelta) -> None:
        """Note a lease that lasts for `ttl` from `since`, which is `boot_seconds()` before it was acquired."""
        self._ends[domain, fence] = since + ttl.total_seconds()

    def left(self, domain: str, fence: int) -> timedelta:
        """Return how long a lease lasts; zero for one that has ended or that this process has not acquired."""
        end = self._ends.get((domain, fence), 0.0)
        return timedelta(seconds=max(0.0, end - boot_seconds()))
