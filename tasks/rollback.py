"""Taking one tenant back."""

from __future__ import annotations

import asyncio

from prefect import task

from phonefleet.eligibility import classify
from phonefleet.errors import PlanRefused
from phonefleet.ledger import SnapshotMoment
from phonefleet.planner import basis_of
from phonefleet.rollback import roll_back
from tasks.desk import desk_of
from tasks.options import tenant_task


@task(**tenant_task("roll back"))
async def roll_back_tenant(run_id: str, domain: str) -> list[str]:
    """Undo the plan that migrated a tenant, newest step first.

    Returns:
        What is not as it was before; empty when all of it is.

    Raises:
        TenantError: it would break something, it had no effect, or Auth0 refused.
        PlanRefused: the ledger has no snapshot from before the migration.
    """
    desk = desk_of(run_id)
    ref, plan, ledger = desk.tenants[domain], desk.plans[domain], desk.session.ledger
    kept = await asyncio.to_thread(lambda: ledger.snapshots(domain, moment=SnapshotMoment.before))
    # The snapshot that the plan was made from: a continued run may have read the tenant again half changed.
    before = [r.snapshot for r in kept if basis_of(r.snapshot) == plan.basis]
    if not before:
        raise PlanRefused(
            f"{domain}: the ledger {ledger.place} has no snapshot of it from before a migration, so there "
            "is nothing to go "
            "back to: use the ledger of the run that migrated it"
        )
    worker = desk.session.worker(ref, plan)
    result = await roll_back(worker, ref, before[-1], desk.accepted)
    await asyncio.to_thread(ledger.snapshot, run_id, domain, SnapshotMoment.rolled_back, result.after)
    assessment = classify(result.after, ref.target).assessment
    await asyncio.to_thread(ledger.assessed, run_id, domain, assessment)
    return list(result.losses)
