"""How long the leases of this process last by the time since the machine's boot, which no change of a clock moves."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from phonefleet.model.run_record import Lease

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It goes on while the machine sleeps, where the system has such a clock."""


def boot_seconds() -> float:
    """Return the seconds since the machine's boot, those in which this process was stopped included."""
    return time.clock_gettime(_CLOCK)


class OwnLeases:
    """The ends of leases that this process acquired or renewed."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, int], float] = {}

    def keep(self, leases: Iterable[Lease], since: float, ttl: timedelta) -> None:
        """Note leases that last for `ttl` from `since`, which is `boot_seconds()` before they were acquired."""
        self._ends |= {(lease.domain, lease.fence): since + ttl.total_seconds() for lease in leases}

    def left(self, lease: Lease) -> timedelta:
        """Return how long a lease lasts; zero for one that has ended or that this process has not acquired."""
        end = self._ends.get((lease.domain, lease.fence), 0.0)
        return timedelta(seconds=max(0.0, end - boot_seconds()))
