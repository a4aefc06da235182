"""Roll one tenant back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prefect import task

from configs import TenantRef
from phonefleet.execution.applied_plans import migration_plans
from phonefleet.execution.applied_steps import last_revert
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.rollback import RolledBack, roll_back, roll_back_failed_plan
from phonefleet.execution.rollback_checks import RollbackImpossible
from phonefleet.execution.tenant_verification import judge, with_silence
from phonefleet.model.assessment import ReversibilityResult
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.model.snapshot import Snapshot
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors

_Rollback = Callable[[StepExecutor, TenantRef, frozenset[str]], Awaitable[RolledBack]]


@dataclass(frozen=True, slots=True)
class TenantRolledBack:
    """The result of rolling one tenant back.

    Attributes:
        changed: False when nothing of a migration was in effect any more.
        losses: what is not as it was before the migration.
    """

    changed: bool
    losses: tuple[str, ...] = ()


@task(**tenant_task("roll back"))
async def roll_back_tenant(fleet: str, run_id: str, domain: str) -> TenantRolledBack:
    """Undo everything that migrations did to a tenant, newest plan first.

    Raises:
        TenantError: it would break something, the tenant cannot go back, it had no effect, or Auth0 refused.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            records = await context.ledger.steps.of_tenant.in_thread(domain=domain)
            plans = await asyncio.to_thread(migration_plans, context.ledger, records)
            return await _roll_back(context, domain, plans[0], roll_back)


@task(**tenant_task("take back"))
async def take_back_tenant(fleet: str, run_id: str, domain: str) -> TenantRolledBack:
    """Undo what this run's plan did to a tenant and nothing older; raises as `roll_back_tenant`."""
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            return await _roll_back(context, domain, await context.plan_of(domain), roll_back_failed_plan)


async def _roll_back(context: RunContext, domain: str, plan: Plan, undo: _Rollback) -> TenantRolledBack:
    ref, ledger, run_id = context.tenants[domain], context.ledger, context.run_id
    try:
        async with context.executor(ref, plan) as executor:
            result = await undo(executor, ref, frozenset(context.options.accepted))
    except RollbackImpossible as refused:
        await _record_assessment(context, ref, refused.now, refused.reversibility, untouched=True)
        raise
    kept = (await ledger.snapshots.latest.in_thread([domain])).get(domain)
    reverted = last_revert(await ledger.steps.of_tenant.in_thread(domain=domain))
    # Only after a revert, also one of a run that died before it kept the snapshot: otherwise this would accept a drift.
    if result.changed or kept is None or (reverted is not None and reverted > kept.at):
        await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.ROLLED_BACK, result.after)
    await _record_assessment(context, ref, result.after, untouched=not result.changed)
    return TenantRolledBack(result.changed, result.losses)


async def _record_assessment(
    context: RunContext,
    ref: TenantRef,
    snapshot: Snapshot,
    reversibility: ReversibilityResult | None = None,
    *,
    untouched: bool,
) -> None:
    """Record what the tenant is now, with the verdict on its reversibility where that is known.

    One that was left untouched is compared with its recorded state. What a rollback takes away was accepted by name.
    """
    judgement, _ = await judge(snapshot, ref.target, context.ledger)
    assessment = judgement.assessment
    if untouched:
        assessment = await with_silence(assessment, snapshot, context.ledger)
    if reversibility is not None:
        reasons = (*reversibility.reasons, *assessment.reasons)
        assessment = assessment.model_copy(update={"reversibility": reversibility, "reasons": reasons})
    await context.ledger.tenants.add_assessment.in_thread(context.run_id, ref.domain, assessment)
