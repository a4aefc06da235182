"""Taking one tenant back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prefect import task

from configs import TenantRef
from phonefleet.assessment.eligibility import classify
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.rollback import RolledBack, roll_back, roll_back_failed_plan
from phonefleet.execution.rollback_checks import RollbackImpossible
from phonefleet.model.assessment import ReversibilityResult
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.model.snapshot import Snapshot
from tasks.desk import Desk, desk_of
from tasks.options import tenant_task

_Back = Callable[[StepExecutor, TenantRef, frozenset[str]], Awaitable[RolledBack]]


@task(**tenant_task("roll back"))
async def roll_back_tenant(run_id: str, domain: str) -> list[str] | None:
    """Undo everything that migrations did to a tenant, newest plan first.

    Returns:
        What is not as it was before; empty when all of it is. None when nothing stood any more.

    Raises:
        TenantError: it would break something, there is no way back, it had no effect, or Auth0 refused.
    """
    return await _back(desk_of(run_id), domain, roll_back)


@task(**tenant_task("take back"))
async def take_back_tenant(run_id: str, domain: str) -> list[str] | None:
    """Undo what this run's plan did to a tenant and nothing older; answers and raises as `roll_back_tenant`."""
    return await _back(desk_of(run_id), domain, roll_back_failed_plan)


async def _back(desk: Desk, domain: str, back: _Back) -> list[str] | None:
    ref, ledger = desk.tenants[domain], desk.session.ledger
    run_id = desk.session.run_id
    try:
        result = await back(desk.session.worker(ref, desk.plans[domain]), ref, desk.accepted)
    except RollbackImpossible as refused:
        await _assessed(desk, ref, refused.now, refused.way)
        raise
    kept = (await ledger.snapshots.latest.in_thread([domain])).get(domain)
    # A tenant that was rolled back before is held against what it was then: a drift since must not be adopted.
    if result.changed or kept is None or kept.moment is not SnapshotMoment.ROLLED_BACK:
        await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.ROLLED_BACK, result.after)
    await _assessed(desk, ref, result.after)
    return list(result.losses) if result.changed else None


async def _assessed(
    desk: Desk, ref: TenantRef, snapshot: Snapshot, way: ReversibilityResult | None = None
) -> None:
    """Record what the tenant is now, with the verdict on its way back where that was asked for."""
    found = classify(snapshot, ref.target).assessment
    if way is not None:
        found = found.model_copy(update={"reversibility": way, "reasons": (*way.reasons, *found.reasons)})
    session = desk.session
    await session.ledger.tenants.add_assessment.in_thread(session.run_id, ref.domain, found)
