"""Taking a migrated tenant back: refused when it would break something, proved by a read when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.assessment import Reason, Way
from phonefleet.dependents import broken_by, dependents
from phonefleet.errors import StepFailed
from phonefleet.finalize import removed_by
from phonefleet.ledger import IntentRecord, Ledger, Result, SnapshotMoment
from phonefleet.phases import SWITCHES
from phonefleet.plan import Plan, Step
from phonefleet.planner import basis_of
from phonefleet.reading import read_tenant
from phonefleet.snapshot import SmsConnection, Snapshot
from phonefleet.steps import handler
from phonefleet.vocabulary import UNDO, Change, ReasonCode, Reversibility, StepKind
from phonefleet.way_back import legacy_missing
from phonefleet.worker import Worker


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The tenant afterwards.

    Attributes:
        after: What was read.
        losses: What is not as it was before the migration; empty when all of it is.
        changed: False when nothing of the plan stood, so that this run wrote nothing.
    """

    after: Snapshot
    losses: tuple[str, ...]
    changed: bool = True


class OneWay(StepFailed):
    """What a rollback needs is gone from the tenant, for example since it was finalized.

    Attributes:
        now: The tenant as it was read.
        way: The verdict on its way back, for the report.
    """

    def __init__(self, now: Snapshot, way: Way, message: str) -> None:
        super().__init__(now.domain, ReasonCode.LEGACY_CONFIGURATION_MISSING, message)
        self.now = now
        self.way = way


def snapshot_before(ledger: Ledger, plan: Plan) -> Snapshot | None:
    """The snapshot that a plan was made from: a continued run may have read the tenant again half changed."""
    kept = ledger.snapshots(plan.domain, moment=SnapshotMoment.BEFORE)
    return next((r.snapshot for r in reversed(kept) if basis_of(r.snapshot) == plan.basis), None)


async def roll_back(worker: Worker, ref: TenantRef, before: Snapshot, accepted: frozenset[str]) -> RolledBack:
    """Undo what the plan did, newest step first.

    Args:
        worker: at work on the tenant, with the plan that migrated it.
        ref: the tenant.
        before: the tenant as it was before the migration.
        accepted: names (`kind:id`) of dependents whose breakage the operator accepts.

    Raises:
        OneWay: `legacy_configuration_missing` before anything was written.
        StepFailed: `rollback_breaks` before anything was written;
            `rollback_not_effective` when the legacy endpoints stay closed, and the tenant is then put back on the
            Unified Phone Experience; another code when something that the migration made could not be removed: the
            tenant is back then and sends, and a repetition removes the rest.
    """
    await worker.recover()
    standing = await standing_steps(worker)
    now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    taken = await asyncio.to_thread(lambda: worker.ledger.steps(domain=ref.domain))
    thrown = _thrown(worker.plan, taken)
    if not (thrown or any(_can_be_undone(step) for step in standing)):
        return _ended(worker, now, taken)
    _refuse_without_legacy(before, now, taken)
    _refuse_breakage(ref.domain, would_break(worker.plan, before, now) - accepted)
    await _switch_back(worker, thrown)
    for step in reversed(standing):
        if step.kind is StepKind.SEND_TEST:
            await worker.forget(step)
        elif step.kind not in SWITCHES and handler(step).undoable:
            await worker.undo(step)
    after = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    return _ended(worker, after, await asyncio.to_thread(lambda: worker.ledger.steps(domain=ref.domain)))


def _can_be_undone(step: Step) -> bool:
    return step.kind is StepKind.SEND_TEST or handler(step).undoable


def _ended(worker: Worker, after: Snapshot, taken: list[IntentRecord]) -> RolledBack:
    """Judged by the ledger, since a repetition of the phase finds undone what its first try undid."""
    of_plan = [r for r in taken if r.plan_checksum == worker.plan.checksum]
    undone = any(r.kind.startswith(UNDO) and r.run_id == worker.run_id for r in of_plan)
    keys = {r.key for r in of_plan}
    restored = basis_of(after) == worker.plan.basis
    losses = () if restored else tuple(_losses(s for s in worker.plan.steps if s.key in keys))
    return RolledBack(after, losses, undone)


def _thrown(plan: Plan, taken: Iterable[IntentRecord]) -> list[Step]:
    """The switches thrown and not taken back since, those without a visible effect too: it may come late."""
    keys: dict[str, None] = {}
    for record in taken:
        if record.plan_checksum != plan.checksum or record.kind.removeprefix(UNDO) not in SWITCHES:
            continue
        if not record.kind.startswith(UNDO):
            keys[record.key] = None
        elif record.result in (Result.DONE, Result.ALREADY):
            keys.pop(record.key, None)
    return [step for step in plan.steps if step.key in keys]


async def standing_steps(worker: Worker) -> list[Step]:
    """The steps of the plan that were taken and not undone since, in the plan's order."""
    applied = await worker.applied()
    return [step for step in worker.plan.steps if step.key in applied]


def would_break(plan: Plan, before: Snapshot, now: Snapshot) -> frozenset[str]:
    """Names of what has come to depend on the Unified Phone Experience since the migration.

    What was there before gets back what it had. A phone identifier is named even then: it has a provider only
    since the migration.
    """
    born = set(broken_by(dependents(now, legacy_remains=True), Change.ROLLBACK))
    # A client known by its legacy scopes alone, which was granted the new ones since, is born since.
    known = {
        f"{d.kind}:{d.id}"
        for d in dependents(before, legacy_remains=True)
        if d.kind != "phone_identifier" and Change.DISABLE in d.breaks_on
    }
    ours = {f"phone_template:{step.subject}" for step in plan.steps if step.key.startswith("template:")}
    return frozenset(born - known - ours)


def _refuse_without_legacy(before: Snapshot, now: Snapshot, taken: list[IntentRecord]) -> None:
    missing = (*legacy_missing(before, now), *_credentials_missing(before, now))
    if not missing:
        return
    names = sorted(lost_without_legacy(before, now))
    removed = removed_by(taken)
    finalized = (
        f"finalized by run {removed[-1].run_id} ({'; '.join(r.title for r in removed)}); " if removed else ""
    )
    broken = f"It would break {len(names)}: {', '.join(names)}. " if names else ""
    raise OneWay(
        now,
        Way(reversibility=Reversibility.ONE_WAY, reasons=missing),
        f"{Reversibility.ONE_WAY}, cannot be rolled back: {finalized}{'; '.join(r.message for r in missing)}. {broken}"
        "Nothing was written",
    )


def _credentials_missing(before: Snapshot, now: Snapshot) -> Iterable[Reason]:
    """Of connections that nobody may use now, which `legacy_missing` leaves out: they would come back without."""
    remains = {c.id: c for c in now.connections}
    for connection in before.connections:
        if not connection.enabled_clients and _has_lost(connection, remains.get(connection.id)):
            yield Reason(
                code=ReasonCode.LEGACY_CONFIGURATION_MISSING,
                message=f"connection {connection.name} has lost its credentials: restore them before rolling back",
            )


def _has_lost(before: SmsConnection, now: SmsConnection | None) -> bool:
    had_token = before.twilio is not None and before.twilio.has_token
    had_secret = before.gateway is not None and before.gateway.has_secret
    has_token = now is not None and now.twilio is not None and now.twilio.has_token
    has_secret = now is not None and now.gateway is not None and now.gateway.has_secret
    return (had_token and not has_token) or (had_secret and not has_secret)


def lost_without_legacy(before: Snapshot, now: Snapshot) -> frozenset[str]:
    """Names of what would have nothing to send through after a rollback: what uses the legacy parts that are gone."""
    mfa = legacy_missing(before.model_copy(update={"connections": ()}), now)
    alone = before.model_copy(update={"selected_provider": ""})
    lost = {
        f"passwordless_connection:{c.id}"
        for c in before.connections
        if legacy_missing(alone.model_copy(update={"connections": (c,)}), now)
    }
    using = broken_by(dependents(now, legacy_remains=False), Change.ROLLBACK)
    return frozenset(n for n in using if n in lost or (mfa and n.startswith(("mfa_factor:", "mfa_policy:"))))


def _refuse_breakage(domain: str, names: frozenset[str]) -> None:
    if names:
        raise StepFailed(
            domain,
            ReasonCode.ROLLBACK_BREAKS,
            f"a rollback would break {len(names)}: {', '.join(sorted(names))}. Accept each by name "
            "(--accept-breakage NAME) or leave the tenant where it is",
        )


async def _switch_back(worker: Worker, thrown: list[Step]) -> None:
    """Only a switch without effect is taken back; once the legacy endpoints answer, what is left over does no harm."""
    try:
        for step in reversed(thrown):
            await worker.undo(step)
    except StepFailed as failed:
        await _forward_again(worker, thrown)
        raise StepFailed(
            worker.api.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            "the rollback had no effect and was taken back, so the tenant is still on the Unified Phone Experience and "
            f"sending; going back needs Auth0 Support ({failed})",
        ) from failed


async def _forward_again(worker: Worker, thrown: list[Step]) -> None:
    """Between the two worlds no message goes out: throw the switches again."""
    for step in thrown:
        await worker.apply(step)


def _losses(taken: Iterable[Step]) -> list[str]:
    """What a rollback could not restore."""
    kept = [s.title for s in taken if s.kind in (StepKind.UPDATE_PROVIDER, StepKind.UPDATE_ACTION)]
    return kept or ["facts that this migration didn't write have changed since the plan was made"]
