"""Removing one migrated tenant's legacy leftovers for good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from prefect import task

from configs import Fleet, TenantRef, Wave
from phonefleet.assessment.eligibility import classify
from phonefleet.errors import StepFailed
from phonefleet.execution.applied_plans import snapshot_before_migrations
from phonefleet.execution.finalize import (
    LegacyRetention,
    finalize,
    finalize_plan,
    kept_for,
    refuse_legacy_users,
    removed_by,
    switched_at,
    what_stays,
)
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import ReasonCode
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.rollout.waves import assign
from tasks.desk import Desk, desk_of
from tasks.options import tenant_task


@dataclass(frozen=True, slots=True)
class Finalized:
    """What was removed by this run, what earlier runs had removed, and what no API removes."""

    now: tuple[str, ...]
    earlier: tuple[str, ...]
    stays: str


@task(**tenant_task("finalize"))
async def finalize_tenant(run_id: str, domain: str) -> Finalized:
    """Remove what the operator accepted by name.

    Raises:
        TenantError: it soaks still, something was not accepted, the tenant isn't migrated or ill, or Auth0 refused.
    """
    desk = desk_of(run_id)
    ref, ledger = desk.tenants[domain], desk.session.ledger
    standing = await _standing(desk, ref)
    plan, snapshot = await finalize_plan(desk.session.api(ref), ref)
    if plan.steps:
        await ledger.tenants.add_plan.in_thread(run_id, domain, plan)
        refuse_legacy_users(snapshot, standing.since, desk.accepted)
    after = await finalize(desk.session.worker(ref, plan), ref, standing, desk.accepted)
    if await asyncio.to_thread(_changed_since_kept, ledger, domain):
        await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, after)
    assessment = classify(after, ref.target).assessment
    await ledger.tenants.add_assessment.in_thread(run_id, domain, assessment)
    return await _finalized(desk, domain)


async def _standing(desk: Desk, ref: TenantRef) -> LegacyRetention:
    taken = await desk.session.ledger.steps.of_tenant.in_thread(domain=ref.domain)
    since = switched_at(taken)
    if since is None:
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            "the ledger knows no switch of it that stands, so nothing of its legacy side may be removed: "
            "migrate it first",
        )
    return LegacyRetention(since, kept_for(_wave(desk.session.fleet, ref), desk.session.fleet.rollout))


def _wave(fleet: Fleet, ref: TenantRef) -> Wave:
    name = assign([ref], fleet.waves)[ref.domain]
    return next(wave for wave in fleet.waves if wave.name == name)


def _changed_since_kept(ledger: Ledger, domain: str) -> bool:
    """Whether something was removed since what the tenant is held against was read; else a drift would be adopted."""
    removed = removed_by(ledger.steps.of_tenant(domain=domain))
    kept = ledger.snapshots.latest([domain]).get(domain)
    last = removed[-1].ended_at if removed else None
    return last is not None and (kept is None or last > kept.at)


async def _finalized(desk: Desk, domain: str) -> Finalized:
    """From the ledger, since a repetition of this task finds removed what its first try removed."""
    ledger, run_id = desk.session.ledger, desk.session.run_id
    removed = removed_by(await ledger.steps.of_tenant.in_thread(domain=domain))
    before = await asyncio.to_thread(snapshot_before_migrations, ledger, domain)
    return Finalized(
        now=tuple(r.title for r in removed if r.run_id == run_id),
        earlier=tuple(f"{r.title} (run {r.run_id})" for r in removed if r.run_id != run_id),
        stays=what_stays(before),
    )
