"""Roll a migrated tenant back: refused if it would break something, verified by a read when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import StepFailed, TenantError, Unreachable
from phonefleet.execution.applied_plans import AppliedPlan, applied_plan, migration_plans, snapshot_before
from phonefleet.execution.applied_steps import last_revert
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.rollback_checks import (
    check_breakage,
    check_legacy_present,
    check_options_shown,
    check_own_switch,
)
from phonefleet.execution.scope_check import check_scopes
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.api_scopes import REVERT
from phonefleet.model.enums import SWITCHES, Operation, OutcomeKind, ReasonCode
from phonefleet.model.impact_name import parse_names
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import IntentRecord
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import AdoptActionStep, DeployActionStep, Step
from phonefleet.planning.planner import basis_of

_OTHER_FACTS = "facts that this migration didn't write have changed since the plan was made"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The result of a rollback.

    Attributes:
        after: The tenant as it was read afterwards.
        losses: What is not as it was before the migration; empty if all of it is.
        changed: False if nothing was applied any more, and a run has recorded that it was rolled back.
    """

    after: Snapshot
    losses: tuple[str, ...]
    changed: bool = True


async def roll_back(executor: StepExecutor, ref: TenantRef, accepted: frozenset[str]) -> RolledBack:
    """Revert everything that is applied to a tenant, by whichever run and plan: newest plan first, newest step first.

    A tenant that one plan migrated and a later one corrected becomes what it was before both.

    Args:
        executor: works on the tenant; nothing of its plan need be applied.
        ref: the tenant.
        accepted: names (`kind:id`, `changed:…`) of what the operator accepts to be broken or overwritten.

    Raises:
        RollbackImpossible, InsufficientScope, OptionsNotShown: before anything was written.
        StepFailed: `rollback_breaks` before anything was written, or `legacy_configuration_missing` if the ledger has
            no snapshot from before the migration;
            `rollback_not_effective` if the legacy endpoints stay closed, and the tenant is then put back on the
            Unified Phone Experience; another code if something that the migration created could not be removed: the
            tenant is back then and sends, and a repetition removes the rest.
    """
    return await _roll_back(executor, ref, accepted, only_own_plan=False)


async def roll_back_failed_plan(
    executor: StepExecutor, ref: TenantRef, accepted: frozenset[str]
) -> RolledBack:
    """Revert what the executor's own plan did and nothing older; otherwise as `roll_back`.

    A tenant that an earlier plan migrated stays migrated if a later one fails on it. A phone identifier that was there
    before gets back what it had.
    """
    return await _roll_back(executor, ref, accepted, only_own_plan=True)


async def _roll_back(
    executor: StepExecutor, ref: TenantRef, accepted: frozenset[str], *, only_own_plan: bool
) -> RolledBack:
    await executor.recover()
    ledger = executor.ledger
    records = await ledger.steps.of_tenant.in_thread(domain=executor.api.domain)
    plans = [executor.plan] if only_own_plan else await asyncio.to_thread(migration_plans, ledger, records)
    reported = await ledger.tenants.last_recorded.in_thread(executor.api.domain, OutcomeKind.ROLLED_BACK)
    parts = [
        part
        for plan in plans
        if (part := applied_plan(plan, records)) or _was_reverted(executor.run_id, plan, records, reported)
    ]
    before = await asyncio.to_thread(snapshot_before, ledger, parts[-1].plan) if parts else None
    now = await read_tenant(executor.api, ref.client_id, datetime.now(UTC))
    if any(parts):
        if before is None:
            raise StepFailed(
                ref.domain,
                ReasonCode.LEGACY_CONFIGURATION_MISSING,
                f"the ledger {ledger.place} has no snapshot of it from before a migration, so what to restore is not "
                "known: use the ledger of the run that migrated it",
            )
        await check_scopes(executor.api, _written_back(parts), REVERT, "rollback")
        check_options_shown(before, now, in_use=not only_own_plan)
        check_legacy_present(before, now, records)
        check_own_switch(now, parts)
        await check_breakage(
            executor.api, parts, before, now, parse_names(accepted), in_use=not only_own_plan
        )
        await _revert(executor, parts)
        now = await read_tenant(executor.api, ref.client_id, datetime.now(UTC))
        records = await ledger.steps.of_tenant.in_thread(domain=executor.api.domain)
    # The ledger decides, because a repetition of the phase finds reverted what its first try reverted.
    reverted = [part.plan for part in parts]
    changed = any(_was_reverted(executor.run_id, plan, records, reported) for plan in reverted)
    return RolledBack(now, tuple(_losses(before, now, reverted, records)), changed)


def _written_back(parts: Iterable[AppliedPlan]) -> Iterator[Step]:
    """Yield the steps whose rollback writes: where no version was deployed before, none is deployed again."""
    for part in parts:
        for step in (*part.steps, *part.switched):
            if not isinstance(step, DeployActionStep) or step.before is not None:
                yield step


def _was_reverted(
    run_id: str, plan: Plan, records: Iterable[IntentRecord], reported: datetime | None
) -> bool:
    """Whether something of a plan was reverted by this run, or by one that died before it recorded that.

    Args:
        run_id: this run.
        plan: the plan.
        records: the tenant's intents.
        reported: when a run last recorded that the tenant was rolled back; None if none did.
    """
    own = [r for r in records if r.plan_checksum == plan.checksum]
    if any(r.operation is Operation.REVERT and r.run_id == run_id for r in own):
        return True
    at = last_revert(own)
    return at is not None and (reported is None or at > reported)


async def _revert(executor: StepExecutor, parts: Sequence[AppliedPlan]) -> None:
    """Revert the switches first, so that the tenant sends as before, then what it sent through."""
    executors = [(replace(executor, plan=part.plan), part) for part in parts]
    await _switch_back([(own, step) for own, part in executors for step in reversed(part.switched)])
    for own, part in executors:
        for step in reversed(part.steps):
            if step.kind in SWITCHES:
                continue
            if handler_for(step).is_revertible:
                await own.revert(step)
            else:
                await own.record_as_reverted(step)


async def _switch_back(switched: Sequence[tuple[StepExecutor, Step]]) -> None:
    """Revert the switches, and apply them again if one of them cannot be reverted.

    Once the legacy endpoints answer, what is left over does no harm. A tenant that could not be reached cannot be
    repaired now either: the phase is repeated and continues there.
    """
    try:
        for executor, step in switched:
            await executor.revert(step)
    except Unreachable:
        raise
    except TenantError as failure:
        await _switch_again(switched, failure)
        why = (
            "the rollback had no effect and was reverted"
            if isinstance(failure, StepFailed)
            else "Auth0 refused the rollback, and the part of it that was done was reverted"
        )
        raise StepFailed(
            failure.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            f"{why}, so the tenant is still on the Unified Phone Experience and sending ({failure}). Look at Unified "
            "Phone Experience in the dashboard, Tenant Settings, Advanced; ask Auth0 Support only if it cannot be "
            "turned off there either",
        ) from failure


async def _switch_again(switched: Sequence[tuple[StepExecutor, Step]], failure: TenantError) -> None:
    """Apply the switches again, oldest first, as long as their objects exist.

    Between the two experiences no message is sent.
    """
    problems: list[TenantError] = []
    for executor, step in reversed(switched):
        try:
            if await handler_for(step).read(executor.api) is not None:
                await executor.apply(step)
        except TenantError as error:
            problems.append(error)
    if problems:
        raise StepFailed(
            failure.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            f"the rollback failed ({failure}), and {len(problems)} of {len(switched)} switches could not be applied "
            f"again ({'; '.join(map(str, problems))}), so it may be between the two experiences and not sending: "
            "repeat the rollback, or switch it in the dashboard",
        ) from failure


def _losses(
    before: Snapshot | None, after: Snapshot, plans: Sequence[Plan], records: Iterable[IntentRecord]
) -> Iterator[str]:
    """Describe what is not as it was before the oldest of the plans, and what no read can show to be so."""
    if not plans:
        return
    # Of each object, what the oldest plan found there and overwrote; later plans overwrote what a migration wrote.
    begun = {(r.plan_checksum, r.key) for r in records}
    oldest = {s.key: s for p in plans for s in p.steps if (p.checksum, s.key) in begun}
    adopted = [loss for step in oldest.values() if isinstance(step, AdoptActionStep) for loss in step.losses]
    if basis_of(after) == plans[-1].basis:
        yield from adopted
        return
    remaining = {connection.id for connection in after.connections}
    gone = [c.name for c in before.connections if c.id not in remaining] if before else []
    overwritten = [loss for step in oldest.values() for loss in step.losses]
    yield from (f"connection {name} is gone: somebody deleted it since the migration" for name in gone)
    yield from overwritten
    if not gone and not overwritten:
        yield _OTHER_FACTS
