"""Whether a run can do its work on a Prefect work pool."""

from __future__ import annotations

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from configs import Fleet
from phonefleet.errors import PlanRefused
from phonefleet.ledger.ledger import Ledger


def deployment_name(fleet: Fleet) -> str:
    """Return the name of the deployment whose runs work on shards."""
    return f"tenants/{fleet.name}"


def check_shared(ledger: Ledger, pool: str) -> None:
    """Check that the workers of a pool can use the same ledger as this process.

    Raises:
        PlanRefused: it is a SQLite file; no run was started.
    """
    if ledger.is_file:
        raise PlanRefused(
            f"pool {pool}: the ledger {ledger.place} is a SQLite file, which several machines cannot share: name a "
            "PostgreSQL database (ledger: postgresql://…), or run without a pool"
        )


async def check_pool(fleet: Fleet, ledger: Ledger, pool: str | None) -> None:
    """Check that a run can do its work on a pool; None does it in the run's own process.

    Raises:
        PlanRefused: the ledger is a SQLite file, or no deployment is registered for the pool; no run was started.
    """
    if pool is None:
        return
    check_shared(ledger, pool)
    deploy = f"phonefleet deploy {fleet.source} --pool '{pool}'"
    async with get_client() as client:
        try:
            found = await client.read_deployment_by_name(deployment_name(fleet))
        except ObjectNotFound:
            raise PlanRefused(
                f"pool {pool}: Prefect has no deployment {deployment_name(fleet)}: {deploy}"
            ) from None
    if found.work_pool_name != pool:
        raise PlanRefused(
            f"pool {pool}: the deployment {deployment_name(fleet)} is for the pool {found.work_pool_name}: {deploy}"
        )
