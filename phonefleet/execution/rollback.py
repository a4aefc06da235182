"""Taking a migrated tenant back: refused when it would break something, verified by a read when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import StepFailed, TenantError, Unreachable
from phonefleet.execution.applied_plans import AppliedPlan, applied_plan, migration_plans, snapshot_before
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.rollback_checks import (
    changed_since,
    dependents_added_since,
    refuse_breakage,
    refuse_foreign_switch,
    refuse_without_legacy,
)
from phonefleet.execution.steps import handler
from phonefleet.model.enums import SWITCHES, Operation, ReasonCode, StepKind
from phonefleet.model.plan import Plan, Step
from phonefleet.model.run_record import IntentRecord
from phonefleet.model.snapshot import Snapshot
from phonefleet.planning.planner import basis_of

_OTHERS = "facts that this migration didn't write have changed since the plan was made"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The tenant afterwards.

    Attributes:
        after: What was read.
        losses: What is not as it was before the migration; empty when all of it is.
        changed: False when nothing stood any more, so that this run wrote nothing.
    """

    after: Snapshot
    losses: tuple[str, ...]
    changed: bool = True


async def roll_back(worker: StepExecutor, ref: TenantRef, accepted: frozenset[str]) -> RolledBack:
    """Undo everything that stands in a tenant, whichever runs and plans did it: newest plan first, newest step first.

    A tenant that was migrated by one plan and put right by a later one goes back to what it was before both.

    Args:
        worker: at work on the tenant; of its plan nothing need stand.
        ref: the tenant.
        accepted: names (`kind:id`, `changed:…`) of what the operator accepts to be broken or lost.

    Raises:
        OneWay: `legacy_configuration_missing` before anything was written.
        StepFailed: `rollback_breaks` before anything was written, or `legacy_configuration_missing` when the ledger has
            no snapshot from before the migration;
            `rollback_not_effective` when the legacy endpoints stay closed, and the tenant is then put back on the
            Unified Phone Experience; another code when something that the migration made could not be removed: the
            tenant is back then and sends, and a repetition removes the rest.
    """
    return await _back(worker, ref, accepted, alone=False)


async def roll_back_failed_plan(worker: StepExecutor, ref: TenantRef, accepted: frozenset[str]) -> RolledBack:
    """As `roll_back`, but what the worker's own plan did and nothing older: a tenant that an earlier plan migrated
    stays migrated when a later one fails on it.

    A phone identifier that was there before loses nothing by it: what it had before, it has again.
    """  # noqa: D205
    return await _back(worker, ref, accepted, alone=True)


async def _back(worker: StepExecutor, ref: TenantRef, accepted: frozenset[str], *, alone: bool) -> RolledBack:
    await worker.recover()
    taken = await _taken(worker)
    plans = [worker.plan] if alone else await asyncio.to_thread(migration_plans, worker.ledger, taken)
    parts = [a for p in plans if (a := applied_plan(p, taken)) or _undone_here(worker, p, taken)]
    before = await asyncio.to_thread(snapshot_before, worker.ledger, parts[-1].plan) if parts else None
    now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    if any(parts):
        if before is None:
            raise _no_snapshot(worker)
        refuse_without_legacy(before, now, taken)
        refuse_foreign_switch(now, parts)
        changed = await changed_since(worker.api, parts)
        refuse_breakage(
            ref.domain, dependents_added_since(parts, before, now, in_use=not alone), changed, accepted
        )
        await _undo(worker, parts)
        now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    return _ended(worker, before, now, [part.plan for part in parts], await _taken(worker))


async def _taken(worker: StepExecutor) -> list[IntentRecord]:
    return await worker.ledger.steps.of_tenant.in_thread(domain=worker.api.domain)


def _undone_here(worker: StepExecutor, plan: Plan, taken: Iterable[IntentRecord]) -> bool:
    """Whether this run undid something of a plan already: a repetition of the phase finds it no longer standing."""
    return any(
        r.operation is Operation.REVERT and r.run_id == worker.run_id and r.plan_checksum == plan.checksum
        for r in taken
    )


def _no_snapshot(worker: StepExecutor) -> StepFailed:
    return StepFailed(
        worker.api.domain,
        ReasonCode.LEGACY_CONFIGURATION_MISSING,
        f"the ledger {worker.ledger.place} has no snapshot of it from before a migration, so there "
        "is nothing to go back to: use the ledger of the run that migrated it",
    )


async def _undo(worker: StepExecutor, parts: list[AppliedPlan]) -> None:
    """First every switch, so that the tenant sends the old way; then whatever it sent through."""
    works = [(replace(worker, plan=part.plan), part) for part in parts]
    await _switch_back([(work, step) for work, part in works for step in reversed(part.thrown)])
    for work, part in works:
        for step in reversed(part.steps):
            if step.kind in SWITCHES:
                continue
            if handler(step).undoable:
                await work.undo(step)
            else:
                await work.forget(step)


async def _switch_back(thrown: Sequence[tuple[StepExecutor, Step]]) -> None:
    """Only a switch without effect is taken back; once the legacy endpoints answer, what is left over does no harm.

    A tenant that could not be reached cannot be healed now either: the phase is repeated, and goes on from there.
    """
    try:
        for work, step in thrown:
            await work.undo(step)
    except Unreachable:
        raise
    except TenantError as failed:
        await _forward_again(thrown, failed)
        why = (
            "the rollback had no effect and was taken back"
            if isinstance(failed, StepFailed)
            else "Auth0 refused the rollback, and what of it was done was taken back"
        )
        raise StepFailed(
            failed.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            f"{why}, so the tenant is still on the Unified Phone Experience and "
            f"sending; going back needs Auth0 Support ({failed})",
        ) from failed


async def _forward_again(thrown: Sequence[tuple[StepExecutor, Step]], failed: TenantError) -> None:
    """Between the two worlds no message goes out: throw the switches again, oldest first, each that is there still."""
    problems: list[TenantError] = []
    for work, step in reversed(thrown):
        try:
            if await handler(step).look(work.api, step) is not None:
                await work.apply(step)
        except TenantError as error:
            problems.append(error)
    if problems:
        told = "; ".join(map(str, problems))
        raise StepFailed(
            failed.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            f"the rollback failed ({failed}), and {len(problems)} of {len(thrown)} switches could not be thrown again "
            f"({told}), so it may be between the two experiences and not sending: repeat the rollback, or switch it in "
            "the dashboard",
        ) from failed


def _ended(
    worker: StepExecutor,
    before: Snapshot | None,
    after: Snapshot,
    concerned: list[Plan],
    taken: list[IntentRecord],
) -> RolledBack:
    """Judged by the ledger, since a repetition of the phase finds undone what its first try undid."""
    undone = any(_undone_here(worker, plan, taken) for plan in concerned)
    restored = not concerned or basis_of(after) == concerned[-1].basis
    losses = () if restored else (*_gone(before, after), *_losses(concerned, taken))
    return RolledBack(after, losses or (() if restored else (_OTHERS,)), undone)


def _gone(before: Snapshot | None, after: Snapshot) -> Iterator[str]:
    """Connections that somebody has deleted since."""
    remain = {c.id for c in after.connections}
    for connection in before.connections if before else ():
        if connection.id not in remain:
            yield f"connection {connection.name} is gone: somebody deleted it since the migration"


def _losses(concerned: list[Plan], taken: Iterable[IntentRecord]) -> tuple[str, ...]:
    """What a rollback could not restore: of each object, what the oldest plan found there and overwrote."""
    begun = {(r.plan_checksum, r.key) for r in taken}
    oldest = {s.key: s for p in concerned for s in p.steps if (p.checksum, s.key) in begun}
    kept = (StepKind.UPDATE_PROVIDER, StepKind.UPDATE_ACTION)
    return tuple(step.title for step in oldest.values() if step.kind in kept)
