"""What is known about the phase that a run is in: who is done, who is worked on, who waits and since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from phonefleet.model.spoken_time import spoken

_SHOWN_WAITING_SECONDS = 2.0
"""A tenant counts as waiting for its rate limit for at least this long after it began to wait."""
_NAMED_AT_MOST = 3
_SETTLED_AFTER = 3
"""So many tenants say how fast the phase is: the first to end is often one that was refused at once."""


class _Wait(NamedTuple):
    """A tenant's wait for its rate limit: when it began, and when the latest one ends."""

    since: float
    until: float


class PhaseState:
    """Counts the tenants of one phase.

    Args:
        name: what the phase is called.
        total: its tenants.
        clock: seconds that only grow.
    """

    def __init__(self, name: str = "", total: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self.total, self.failed = name, total, 0
        self._clock = clock
        self._began = clock()
        self._done: set[str] = set()
        self._working: dict[str, float] = {}
        self._waits: dict[str, _Wait] = {}

    @property
    def count(self) -> int:
        """The tenants that have completed the phase."""
        return len(self._done)

    @property
    def is_complete(self) -> bool:
        """Whether no tenant of the phase is left."""
        return self.count >= self.total

    def work(self, domain: str) -> None:
        """Note that work on a tenant begins."""
        self._working.setdefault(domain, self._clock())

    def rest(self, domain: str) -> None:
        """Note that work on a tenant ends, whatever came of it."""
        self._working.pop(domain, None)
        self._waits.pop(domain, None)

    def wait(self, domain: str, seconds: float) -> None:
        """Note that a request of a tenant waits for its rate limit."""
        now = self._clock()
        before = self._waits.get(domain)
        since = before.since if before and before.until + _SHOWN_WAITING_SECONDS > now else now
        self._waits[domain] = _Wait(since, now + max(seconds, _SHOWN_WAITING_SECONDS))

    def done(self, domain: str, *, failed: bool) -> None:
        """Count a tenant once; outcomes of tenants of other phases come at any time and never exceed the total."""
        self.rest(domain)
        if self.count < self.total:
            self._done.add(domain)
        self.failed += failed

    @property
    def waiting(self) -> dict[str, float]:
        """Since how many seconds each tenant waits for its rate limit."""
        now = self._clock()
        return {domain: now - wait.since for domain, wait in self._waits.items() if wait.until > now}

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the phase is done, as far as it can be said; None while too few tenants are done.

        The measured pace of this phase counts, and at least the longest wait that a rate limit asks for now.
        """
        left, now = self.total - self.count, self._clock()
        if left <= 0:
            return 0.0
        if self.count < min(_SETTLED_AFTER, max(1, self.total // 2)):
            return None
        longest = max((wait.until - now for wait in self._waits.values()), default=0.0)
        return max(left * (now - self._began) / self.count, longest)

    @property
    def longest_work(self) -> float:
        """For how many seconds the tenant that takes longest is worked on."""
        return max((self._clock() - since for since in self._working.values()), default=0.0)

    def in_flight(self) -> str:
        """Say what is worked on, the longest first: what each waits for, and since when."""
        now, waiting = self._clock(), self.waiting
        oldest = sorted(self._working.items(), key=lambda item: item[1])
        if not oldest:
            return ""
        named = [
            f"{domain} waits for its rate limit for {duration(waiting[domain])}"
            if domain in waiting
            else f"{domain} for {duration(now - since)}"
            for domain, since in oldest[:_NAMED_AT_MOST]
        ]
        more = f" and {len(oldest) - len(named)} more" if len(oldest) > len(named) else ""
        return f"in flight: {', '.join(named)}{more}"


def duration(seconds: float) -> str:
    """Write a time in its two largest units, such as `42 s`, `3 min 10 s` or `25 h 5 min`."""
    return spoken(timedelta(seconds=seconds), ("h", "min", "s"))
