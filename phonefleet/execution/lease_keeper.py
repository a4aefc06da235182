"""Keep the leases of the tenants that a run works on in force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from phonefleet.errors import LeaseHeld, PhonefleetError
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.lease_reader import run_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import Lease, LeaseConflict

TTL = timedelta(minutes=5)
"""Longer than the longest request with all its retries: a request that was sent cannot be recalled."""
_log = logging.getLogger(__name__)


class LeaseKeeper:
    """Acquires, renews and releases the leases of one run."""

    def __init__(self, ledger: Ledger, holder: Holder, run_id: str, ttl: timedelta = TTL) -> None:
        self._ledger = ledger
        self._holder = holder
        self._run_id = run_id
        self._ttl = ttl
        self._leases: dict[str, Lease] = {}

    def lease(self, domain: str) -> Lease:
        """Return the lease as it is now.

        Raises:
            LeaseHeld: it was never acquired, or another process took it over.
        """
        try:
            return self._leases[domain]
        except KeyError:
            raise LeaseHeld(
                f"{domain}: this run holds no lease of it; run `phonefleet status` to see who holds it"
            ) from None

    async def acquire(self, domains: Iterable[str]) -> list[LeaseConflict]:
        """Acquire the free leases; return who holds the others."""
        wanted = [d for d in domains if d not in self._leases]
        taken, conflicts = await self._ledger.leases.acquire_all.in_thread(
            wanted, self._holder, self._run_id, self._ttl
        )
        self._leases |= {lease.domain: lease for lease in taken}
        return conflicts

    async def release(self, domains: Iterable[str]) -> None:
        """Release those that are held."""
        released = [lease for d in domains if (lease := self._leases.pop(d, None))]
        await self._ledger.leases.release_all.in_thread(released)

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        """Hold the run's own lease, renew all leases three times per lifetime, and release them at the end.

        Raises:
            LeaseHeld: another process works on the run.
        """
        # Without this lease, two processes on one run would each take what the other left for their own.
        if conflicts := await self.acquire([run_lease(self._run_id)]):
            raise LeaseHeld(f"run {self._run_id} is running already: {conflicts[0]}")
        renewal = asyncio.create_task(self._renew_forever())
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal
            await self.release(list(self._leases))

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(self._ttl.total_seconds() / 3)
            held = list(self._leases.values())
            if not held:
                continue
            try:
                renewed, lost = await self._ledger.leases.renew.in_thread(held, self._ttl)
            except PhonefleetError as error:
                # The fence refuses every write after a lease has expired; the next turn tries again.
                _log.warning("leases could not be renewed: %s", error)
                continue
            self._leases |= {lease.domain: lease for lease in renewed if lease.domain in self._leases}
            for conflict in lost:
                _log.warning("lease lost: %s", conflict)
                self._leases.pop(conflict.domain, None)
