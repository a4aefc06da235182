"""Taking a migrated tenant back: refused when it would break something, proved by a read when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.dependents import broken_by, dependents
from phonefleet.errors import StepFailed
from phonefleet.phases import SWITCHES
from phonefleet.plan import Plan, Step
from phonefleet.planner import basis_of
from phonefleet.reading import read_tenant
from phonefleet.snapshot import Snapshot
from phonefleet.steps import handler
from phonefleet.vocabulary import Change, ReasonCode, StepKind
from phonefleet.way_back import legacy_missing
from phonefleet.worker import Worker


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The tenant afterwards, and what is not as it was before the migration; empty when all of it is."""

    after: Snapshot
    losses: tuple[str, ...]


async def roll_back(worker: Worker, ref: TenantRef, before: Snapshot, accepted: frozenset[str]) -> RolledBack:
    """Undo what the plan did, newest step first.

    Args:
        worker: at work on the tenant, with the plan that migrated it.
        ref: the tenant.
        before: the tenant as it was before the migration.
        accepted: names (`kind:id`) of dependents whose breakage the operator accepts.

    Raises:
        StepFailed: `rollback_breaks` or `legacy_configuration_missing` before anything was written;
            `rollback_not_effective` when the legacy endpoints stay closed, and the tenant is then put back on the
            Unified Phone Experience; another code when something that the migration made could not be removed: the
            tenant is back then and sends, and a repetition removes the rest.
    """
    await worker.recover()
    now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    _refuse_without_legacy(ref.domain, before, now)
    _refuse_breakage(ref.domain, would_break(worker.plan, before, now) - accepted)
    standing = await standing_steps(worker)
    await _switch_back(worker, standing)
    for step in reversed(standing):
        if step.kind is StepKind.send_test:
            await worker.forget(step)
        elif step.kind not in SWITCHES and handler(step).undoable:
            await worker.undo(step)
    after = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    return RolledBack(after, () if basis_of(after) == worker.plan.basis else tuple(_losses(standing)))


async def standing_steps(worker: Worker) -> list[Step]:
    """The steps of the plan that were taken and not undone since, in the plan's order."""
    applied = await worker.applied()
    return [step for step in worker.plan.steps if step.key in applied]


def would_break(plan: Plan, before: Snapshot, now: Snapshot) -> frozenset[str]:
    """Names of what has come to depend on the Unified Phone Experience since the migration.

    What was there before gets back what it had. A phone identifier is named even then: it has a provider only
    since the migration.
    """
    born = set(broken_by(dependents(now, legacy_remains=True), Change.rollback))
    # A client known by its legacy scopes alone, which was granted the new ones since, is born since.
    known = {
        f"{d.kind}:{d.id}"
        for d in dependents(before, legacy_remains=True)
        if d.kind != "phone_identifier" and Change.disable in d.breaks_on
    }
    ours = {f"phone_template:{step.subject}" for step in plan.steps if step.key.startswith("template:")}
    return frozenset(born - known - ours)


def _refuse_without_legacy(domain: str, before: Snapshot, now: Snapshot) -> None:
    if missing := legacy_missing(before, now):
        why = "; ".join(reason.message for reason in missing)
        raise StepFailed(domain, ReasonCode.legacy_configuration_missing, f"cannot be rolled back: {why}")


def _refuse_breakage(domain: str, names: frozenset[str]) -> None:
    if names:
        raise StepFailed(
            domain,
            ReasonCode.rollback_breaks,
            f"a rollback would break {len(names)}: {', '.join(sorted(names))}. Accept each by name "
            "(--accept-breakage NAME) or leave the tenant where it is",
        )


async def _switch_back(worker: Worker, standing: list[Step]) -> None:
    """Only a switch without effect is taken back; once the legacy endpoints answer, what is left over does no harm."""
    try:
        for step in reversed(standing):
            if step.kind in SWITCHES:
                await worker.undo(step)
    except StepFailed as failed:
        await _forward_again(worker, standing)
        raise StepFailed(
            worker.api.domain,
            ReasonCode.rollback_not_effective,
            "the rollback had no effect and was taken back, so the tenant is still on the Unified Phone Experience and "
            f"sending; going back needs Auth0 Support ({failed})",
        ) from failed


async def _forward_again(worker: Worker, standing: list[Step]) -> None:
    """Between the two worlds no message goes out: throw the switches again."""
    for step in standing:
        if step.kind in SWITCHES:
            await worker.apply(step)


def _losses(standing: list[Step]) -> list[str]:
    """What a rollback could not restore."""
    kept = [s.title for s in standing if s.kind in (StepKind.update_provider, StepKind.update_action)]
    return kept or ["facts that this migration didn't write have changed since the plan was made"]
