"""Taking one tenant back."""

from __future__ import annotations

import asyncio

from prefect import task

from configs import TenantRef
from phonefleet.assessment import Way
from phonefleet.eligibility import classify
from phonefleet.errors import PlanRefused
from phonefleet.ledger import SnapshotMoment
from phonefleet.rollback import OneWay, roll_back, snapshot_before
from phonefleet.snapshot import Snapshot
from tasks.desk import Desk, desk_of
from tasks.options import tenant_task


@task(**tenant_task("roll back"))
async def roll_back_tenant(run_id: str, domain: str) -> list[str] | None:
    """Undo the plan that migrated a tenant, newest step first.

    Returns:
        What is not as it was before; empty when all of it is. None when nothing of the plan stood any more.

    Raises:
        TenantError: it would break something, there is no way back, it had no effect, or Auth0 refused.
        PlanRefused: the ledger has no snapshot from before the migration.
    """
    desk = desk_of(run_id)
    ref, plan, ledger = desk.tenants[domain], desk.plans[domain], desk.session.ledger
    before = await asyncio.to_thread(snapshot_before, ledger, plan)
    if before is None:
        raise PlanRefused(
            f"{domain}: the ledger {ledger.place} has no snapshot of it from before a migration, so there "
            "is nothing to go back to: use the ledger of the run that migrated it"
        )
    try:
        result = await roll_back(desk.session.worker(ref, plan), ref, before, desk.accepted)
    except OneWay as refused:
        await _assessed(desk, ref, refused.now, refused.way)
        raise
    kept = (await asyncio.to_thread(ledger.last_snapshots, [domain])).get(domain)
    # A tenant that was rolled back before is held against what it was then: a drift since must not be adopted.
    if result.changed or kept is None or kept.moment is not SnapshotMoment.ROLLED_BACK:
        await asyncio.to_thread(ledger.snapshot, run_id, domain, SnapshotMoment.ROLLED_BACK, result.after)
    await _assessed(desk, ref, result.after)
    return list(result.losses) if result.changed else None


async def _assessed(desk: Desk, ref: TenantRef, snapshot: Snapshot, way: Way | None = None) -> None:
    """Record what the tenant is now, with the verdict on its way back where that was asked for."""
    found = classify(snapshot, ref.target).assessment
    if way is not None:
        found = found.model_copy(update={"way_back": way, "reasons": (*way.reasons, *found.reasons)})
    session = desk.session
    await asyncio.to_thread(session.ledger.assessed, session.run_id, ref.domain, found)
