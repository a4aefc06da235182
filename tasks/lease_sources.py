"""The lease under which a task writes to its tenant, by where the flow of its run is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from phonefleet.errors import LeaseHeld
from phonefleet.execution.lease_keeper import LeaseKeeper
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import Lease

CurrentLease: TypeAlias = Callable[[], Lease]
LeaseSource: TypeAlias = Callable[[str], AbstractAsyncContextManager[CurrentLease]]


def leases_of_this_process(keeper: LeaseKeeper) -> LeaseSource:
    """Use what the flow acquired. A lost lease is not acquired again: another run may have changed the tenant."""

    @asynccontextmanager
    async def source(domain: str) -> AsyncIterator[CurrentLease]:
        yield lambda: keeper.lease(domain)

    return source


def leases_of_the_run(ledger: Ledger, run_id: str) -> LeaseSource:
    """Use what another process acquired for the same run. Its fence stays the same while that process renews it."""

    @asynccontextmanager
    async def source(domain: str) -> AsyncIterator[CurrentLease]:
        in_force = await ledger.leases.in_force.in_thread()
        lease = next((each for each in in_force if each.domain == domain and each.run_id == run_id), None)
        if lease is None:
            raise LeaseHeld(
                f"{domain}: run {run_id} holds no lease of it; run `phonefleet status` to see which run does"
            )
        yield lambda: lease

    return source


def leases_of_a_task(keeper: LeaseKeeper) -> LeaseSource:
    """Acquire the lease of the task's tenant and release it afterwards."""

    @asynccontextmanager
    async def source(domain: str) -> AsyncIterator[CurrentLease]:
        if conflicts := await keeper.acquire([domain]):
            raise LeaseHeld(str(conflicts[0]))
        try:
            yield lambda: keeper.lease(domain)
        finally:
            await keeper.release([domain])

    return source
