"""One tenant's share of the door: its rate limits and its open connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from phonefleet.auth0.clock import Clock
from phonefleet.auth0.rate_limits import LIMITS, Tier, bucket_state, family
from phonefleet.auth0.token_bucket import Bucket

# Where an answer says "too many" and not until when.
_BLIND_PAUSE = 1.0


@dataclass
class _Gate:
    """One bucket and the queue before it, first come first served."""

    bucket: Bucket
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Permit:
    """Leave to send one request; put its answer in `response` before leaving the lane."""

    response: httpx.Response | None = None


class TenantThrottle:
    """Lets a tenant's requests through one by one, as its rate limits and both connection caps allow.

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
        self._gates = {name: _Gate(Bucket(limit, now)) for name, limit in LIMITS[tier].items()}

    @asynccontextmanager
    async def admit(self, path: str) -> AsyncIterator[Permit]:
        """Wait for leave to send a request to `path`, and note what its answer says about the rate limit."""
        name = family(self._tier, path)
        async with self._own:
            if name is None:
                async with self._shared:
                    yield Permit()
                return
            gate = self._gates[name]
            ticket = await self._enter(gate)
            leave = Permit()
            try:
                yield leave
            finally:
                self._shared.release()
                self._account(gate.bucket, ticket, leave.response)

    async def _enter(self, gate: _Gate) -> int:
        """A ticket, holding one of the shared slots: never held while waiting for the rate limit."""
        async with gate.queue:
            while True:
                await self._wait(gate.bucket)
                await self._shared.acquire()
                ticket = gate.bucket.take(self._clock.monotonic())
                if ticket is not None:
                    return ticket
                self._shared.release()

    async def _wait(self, bucket: Bucket) -> None:
        while (seconds := bucket.wait(self._clock.monotonic())) > 0:
            self._on_wait(self.domain, seconds)
            await self._clock.sleep(seconds)

    def _account(self, bucket: Bucket, ticket: int, response: httpx.Response | None) -> None:
        now = self._clock.monotonic()
        said = bucket_state(response.headers, self._clock.wall()) if response is not None else None
        bucket.answered(ticket, now, said)
        refused = response is not None and response.status_code == httpx.codes.TOO_MANY_REQUESTS
        if refused and (said is None or said.remaining > 0):
            bucket.block(now, _BLIND_PAUSE)
