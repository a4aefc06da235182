"""Keep one tenant's requests within its rate limits and its share of the connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from configs import Tier
from phonefleet.auth0.clock import Clock
from phonefleet.auth0.rate_limit_patience import wait_budget
from phonefleet.auth0.rate_limits import LIMITS, bucket_name, bucket_state
from phonefleet.auth0.token_bucket import LONGEST_WAIT, Bucket
from phonefleet.auth0.token_quota import retry_after

_PAUSE_WITHOUT_HEADERS = 1.0
"""Seconds to send nothing after a 429 that does not say when its limit resets."""


@dataclass
class _BucketQueue:
    """One bucket and those who wait for it, first come first served."""

    bucket: Bucket
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Permit:
    """Permission to send one request. Set `response` to its answer before leaving `TenantThrottle.admit`."""

    response: httpx.Response | None = None


class TenantThrottle:
    """Admits a tenant's requests one by one, as its rate limits and both connection caps allow.

    Args:
        domain: the tenant.
        tier: its rate limits.
        connections: open at once for this tenant.
        shared: the cap over all tenants.
        clock: where time comes from.
        on_wait: called with domain and seconds when a request waits for the rate limit.
    """

    def __init__(
        self,
        domain: str,
        tier: Tier,
        connections: int,
        shared: asyncio.Semaphore,
        clock: Clock,
        on_wait: Callable[[str, float], None],
    ) -> None:
        self.domain = domain
        self._tier = tier
        self._own = asyncio.Semaphore(connections)
        self._shared = shared
        self._clock = clock
        self._on_wait = on_wait
        now = clock.monotonic()
        self._queues = {name: _BucketQueue(Bucket(limit, now)) for name, limit in LIMITS[tier].items()}

    @asynccontextmanager
    async def admit(self, method: str, path: str) -> AsyncIterator[Permit]:
        """Wait until a request may be sent, and read the rate-limit headers of its answer.

        Raises:
            PatienceExceeded: it would have to wait longer than the budget of the current task allows.
        """
        name = bucket_name(self._tier, method, path)
        async with self._own:
            if name is None:
                async with self._shared:
                    yield Permit()
                return
            waiting = self._queues[name]
            ticket = await self._take_ticket(waiting)
            permit = Permit()
            try:
                yield permit
            finally:
                self._shared.release()
                self._record(waiting.bucket, ticket, permit.response)

    async def _take_ticket(self, waiting: _BucketQueue) -> int:
        """Wait for a ticket and one of the shared slots, which is never held while waiting for the rate limit."""
        bucket, budget = waiting.bucket, wait_budget()
        async with waiting.queue:
            while True:
                while (seconds := bucket.wait(self._clock.monotonic())) > 0:
                    budget.spend(seconds)
                    self._on_wait(self.domain, seconds)
                    await self._clock.sleep(seconds)
                await self._shared.acquire()
                ticket = bucket.take(self._clock.monotonic())
                if ticket is not None:
                    return ticket
                self._shared.release()

    def _record(self, bucket: Bucket, ticket: int, response: httpx.Response | None) -> None:
        now = self._clock.monotonic()
        state = bucket_state(response.headers, self._clock.wall()) if response is not None else None
        bucket.record_answer(ticket, now, state)
        if response is None or response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            return
        if (seconds := retry_after(response.headers)) is not None:
            bucket.block(now, min(seconds, LONGEST_WAIT))
        elif state is None or state.remaining > 0:
            bucket.block(now, _PAUSE_WITHOUT_HEADERS)
