"""Keep the leases of the tenants that a run works on in force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from phonefleet.errors import LeaseHeld, PhonefleetError
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.lease_reader import run_lease, shard_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import Lease, LeaseConflict

TTL = timedelta(minutes=5)
"""Longer than the longest request with all its retries: a request that was sent cannot be recalled."""
_log = logging.getLogger(__name__)


class LeaseKeeper:
    """Acquires, renews and releases the leases of one process that works on a run.

    Args:
        ledger: the ledger.
        holder: the process.
        run_id: the run.
        ttl: how long leases last without being renewed.
        shard: the shard that the process works on; None in the process that drives the run.
    """

    def __init__(
        self, ledger: Ledger, holder: Holder, run_id: str, ttl: timedelta = TTL, shard: int | None = None
    ) -> None:
        self._ledger = ledger
        self._holder = holder
        self._run_id = run_id
        self._ttl = ttl
        self._shard = shard
        self._leases: dict[str, Lease] = {}
        self._lent: set[str] = set()

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
        """Acquire the free leases; return who holds the others.

        A shard also takes over those that the process has which drives its run.
        """
        wanted = [d for d in domains if d not in self._leases]
        return await self._acquire(wanted, from_driver=self._shard is not None)

    async def _acquire(self, wanted: list[str], *, from_driver: bool) -> list[LeaseConflict]:
        taken, conflicts = await self._ledger.leases.acquire_all.in_thread(
            wanted, self._holder, self._run_id, self._ttl, from_driver=from_driver
        )
        self._leases |= {lease.domain: lease for lease in taken}
        return conflicts

    async def release(self, domains: Iterable[str]) -> None:
        """Release those that are held; a shard gives them back to the process that drives its run."""
        released = [lease for d in domains if (lease := self._leases.pop(d, None))]
        if self._shard is None:
            await self._ledger.leases.release_all.in_thread(released)
        else:
            await self._ledger.leases.give_back.in_thread(released, self._ttl)

    def driver(self) -> Lease:
        """Return the lease of the run itself, which the process has that drives it; raise as `lease` does."""
        return self.lease(run_lease(self._run_id))

    def lend(self, domains: Iterable[str]) -> None:
        """Expect that shards take these leases over; they are renewed until then."""
        self._lent.update(domains)

    async def void(self, shard: int) -> bool:
        """Use up the lease of a shard, so that no process begins it any more; return False if one works on it."""
        taken, _ = await self._ledger.leases.acquire_all.in_thread(
            [shard_lease(shard)], self._holder, self._run_id, self._ttl
        )
        await self._ledger.leases.release_all.in_thread(taken)
        return bool(taken)

    async def reclaim(self, domains: Iterable[str]) -> list[LeaseConflict]:
        """Acquire leases that shards had; return who holds those that a shard or another run still has."""
        wanted = [d for d in domains if d in self._lent]
        self._lent.difference_update(wanted)
        for domain in wanted:
            self._leases.pop(domain, None)
        return await self._acquire(wanted, from_driver=True)

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        """Hold the lease of the run or of the shard, renew all leases three times per lifetime, and release them.

        Raises:
            LeaseHeld: another process works on the run, or has worked on the shard.
        """
        # Without this lease, two processes on one run would each take what the other left for their own.
        own = run_lease(self._run_id) if self._shard is None else shard_lease(self._shard)
        if conflicts := await self.acquire([own]):
            raise LeaseHeld(f"{own.replace(':', ' ')} is running already: {conflicts[0]}")
        if self._shard is not None and (begun := self._leases[own].fence) > 1:
            await self._ledger.leases.release.in_thread(self._leases.pop(own))
            raise LeaseHeld(
                f"shard {self._shard} of run {self._run_id} was begun {begun - 1} time(s) before: the run has given "
                "its tenants to another shard"
            )
        renewal = asyncio.create_task(self._renew_forever())
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal
            await self.release(d for d in list(self._leases) if d != own)
            if own in self._leases:
                await self._ledger.leases.release.in_thread(self._leases.pop(own))

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
                if conflict.domain not in self._lent:
                    _log.warning("lease lost: %s", conflict)
                self._leases.pop(conflict.domain, None)
