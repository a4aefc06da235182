"""How many requests a process has made, how long they took, and what they cost it."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from phonefleet.auth0.transport import RequestSeen


class RequestMeter:
    """Counts the answered requests to Management APIs, and this process's CPU time since the first of them."""

    def __init__(self) -> None:
        self._by_tenant: Counter[str] = Counter()
        self._spans: dict[str, tuple[float, float]] = {}
        self._seconds = array("f")
        self._began: float | None = None

    def note(self, seen: RequestSeen) -> None:
        """Count a request; for `ClientPool(on_request=…)`."""
        if self._began is None:
            self._began = time.process_time()
        if seen.status is None or not seen.path.startswith("/api/"):
            return
        self._by_tenant[seen.domain] += 1
        self._seconds.append(seen.seconds)
        now = time.perf_counter()
        began, _ = self._spans.get(seen.domain, (now - seen.seconds, now))
        self._spans[seen.domain] = (began, now)

    @property
    def requests(self) -> int:
        """Requests so far."""
        return self._by_tenant.total()

    def per_tenant(self, domains: Iterable[str]) -> float:
        """Requests a tenant, of those of these tenants that were asked so far; 0 without any."""
        asked = [self._by_tenant[domain] for domain in domains if domain in self._by_tenant]
        return sum(asked) / len(asked) if asked else 0.0

    def readings(self, domains: Iterable[str]) -> dict[str, timedelta]:
        """Return the time from the first request to the last answer of those of these tenants that were asked.

        It is how long a reading takes only of tenants that this process has read once and not changed.
        """
        found = {domain: self._spans[domain] for domain in domains if domain in self._spans}
        return {domain: timedelta(seconds=ended - began) for domain, (began, ended) in found.items()}

    @property
    def latency(self) -> timedelta:
        """Return the median time from asking for a connection to an answer's last byte; zero without requests.

        Not the mean: where many tenants are read at once, the first answers wait for this process.
        """
        return timedelta(seconds=median(self._seconds)) if self._seconds else timedelta()

    @property
    def cpu(self) -> timedelta:
        """Return this process's CPU time a request since the first one; zero without requests."""
        if self._began is None or not self.requests:
            return timedelta()
        return timedelta(seconds=(time.process_time() - self._began) / self.requests)
