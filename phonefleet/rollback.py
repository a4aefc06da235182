"""Taking a migrated tenant back: refused when it would break something, proved by a read when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.breakage import (
    born_since,
    changed_since,
    refuse_breakage,
    refuse_foreign_switch,
    refuse_without_legacy,
)
from phonefleet.errors import StepFailed
from phonefleet.ledger import IntentRecord, Ledger
from phonefleet.phases import SWITCHES
from phonefleet.plan import Plan, Step
from phonefleet.planner import basis_of
from phonefleet.reading import read_tenant
from phonefleet.snapshot import Snapshot
from phonefleet.standing import Applied, applied_of, migrations, snapshot_before
from phonefleet.steps import handler
from phonefleet.vocabulary import UNDO, ReasonCode, StepKind
from phonefleet.worker import Worker


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


async def roll_back(worker: Worker, ref: TenantRef, accepted: frozenset[str]) -> RolledBack:
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
    return await _back(worker, ref, accepted, lambda plans: plans)


async def take_back(worker: Worker, ref: TenantRef, accepted: frozenset[str]) -> RolledBack:
    """As `roll_back`, but what the worker's own plan did and nothing older: a tenant that an earlier plan migrated
    stays migrated when a later one fails on it.
    """  # noqa: D205
    own = worker.plan.checksum
    return await _back(worker, ref, accepted, lambda plans: [p for p in plans if p.checksum == own])


async def _back(
    worker: Worker, ref: TenantRef, accepted: frozenset[str], choose: Callable[[list[Plan]], list[Plan]]
) -> RolledBack:
    await worker.recover()
    ledger, domain = worker.ledger, ref.domain
    plans = choose(await asyncio.to_thread(migrations, ledger, domain))
    taken = await _taken(worker)
    concerned = [p for p in plans if applied_of(p, taken) or _undone_here(worker, p, taken)]
    parts = [applied_of(plan, taken) for plan in concerned]
    now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    if any(parts):
        before = await asyncio.to_thread(_before, ledger, concerned[-1])
        refuse_without_legacy(before, now, taken)
        refuse_foreign_switch(now, parts)
        changed = await changed_since(worker.api, parts)
        refuse_breakage(domain, born_since(parts, before, now), changed, accepted)
        await _undo(worker, parts)
        now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    return _ended(worker, now, concerned, await _taken(worker))


async def _taken(worker: Worker) -> list[IntentRecord]:
    return await asyncio.to_thread(lambda: worker.ledger.steps(domain=worker.api.domain))


def _undone_here(worker: Worker, plan: Plan, taken: Iterable[IntentRecord]) -> bool:
    """Whether this run undid something of a plan already: a repetition of the phase finds it no longer standing."""
    return any(
        r.kind.startswith(UNDO) and r.run_id == worker.run_id and r.plan_checksum == plan.checksum
        for r in taken
    )


def _before(ledger: Ledger, oldest: Plan) -> Snapshot:
    """What a rollback goes back to.

    Raises:
        StepFailed: the ledger doesn't have it.
    """
    found = snapshot_before(ledger, oldest)
    if found is None:
        raise StepFailed(
            oldest.domain,
            ReasonCode.LEGACY_CONFIGURATION_MISSING,
            f"the ledger {ledger.place} has no snapshot of it from before a migration, so there "
            "is nothing to go back to: use the ledger of the run that migrated it",
        )
    return found


async def _undo(worker: Worker, parts: list[Applied]) -> None:
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


async def _switch_back(thrown: Sequence[tuple[Worker, Step]]) -> None:
    """Only a switch without effect is taken back; once the legacy endpoints answer, what is left over does no harm."""
    try:
        for work, step in thrown:
            await work.undo(step)
    except StepFailed as failed:
        await _forward_again(thrown)
        raise StepFailed(
            failed.domain,
            ReasonCode.ROLLBACK_NOT_EFFECTIVE,
            "the rollback had no effect and was taken back, so the tenant is still on the Unified Phone Experience and "
            f"sending; going back needs Auth0 Support ({failed})",
        ) from failed


async def _forward_again(thrown: Sequence[tuple[Worker, Step]]) -> None:
    """Between the two worlds no message goes out: throw the switches again, oldest first."""
    for work, step in reversed(thrown):
        await work.apply(step)


def _ended(worker: Worker, after: Snapshot, concerned: list[Plan], taken: list[IntentRecord]) -> RolledBack:
    """Judged by the ledger, since a repetition of the phase finds undone what its first try undid."""
    undone = any(_undone_here(worker, plan, taken) for plan in concerned)
    restored = not concerned or basis_of(after) == concerned[-1].basis
    return RolledBack(after, () if restored else _losses(concerned, taken), undone)


def _losses(concerned: list[Plan], taken: Iterable[IntentRecord]) -> tuple[str, ...]:
    """What a rollback could not restore: of each object, what the oldest plan found there and overwrote."""
    begun = {(r.plan_checksum, r.key) for r in taken}
    oldest = {s.key: s for p in concerned for s in p.steps if (p.checksum, s.key) in begun}
    kept = (StepKind.UPDATE_PROVIDER, StepKind.UPDATE_ACTION)
    titles = tuple(step.title for step in oldest.values() if step.kind in kept)
    return titles or ("facts that this migration didn't write have changed since the plan was made",)
