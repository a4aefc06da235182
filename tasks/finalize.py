"""Remove the legacy leftovers of one migrated tenant for good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from prefect import task

from configs import TenantRef
from phonefleet.assessment.owners import with_recorded_writes
from phonefleet.errors import StepFailed
from phonefleet.execution.applied_plans import snapshot_before_migrations
from phonefleet.execution.applied_steps import removed_leftovers, switched_at, unreported_removals
from phonefleet.execution.finalize import (
    LegacyRetention,
    check_legacy_users,
    finalize,
    kept_for,
    remaining_legacy,
)
from phonefleet.execution.finalize_holds import check_credentials, check_owners
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.tenant_verification import judge
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_record import IntentRecord, SnapshotMoment
from phonefleet.rollout.waves import assign
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors


@dataclass(frozen=True, slots=True)
class TenantFinalized:
    """What is removed from a tenant.

    Attributes:
        now: what this run removed, and what earlier runs removed and none reported as finalized.
        earlier: what earlier runs reported.
        stays: what no API removes.
    """

    now: tuple[str, ...]
    earlier: tuple[str, ...]
    stays: str


@task(**tenant_task("finalize"))
async def finalize_tenant(fleet: str, run_id: str, domain: str) -> TenantFinalized:
    """Remove what the operator accepted by name.

    Raises:
        TenantError: the tenant still soaks, something was not accepted, the tenant isn't migrated or not healthy, or
            Auth0 refused.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            return await _finalize(context, domain)


async def _finalize(context: RunContext, domain: str) -> TenantFinalized:
    ref, ledger, run_id = context.tenants[domain], context.ledger, context.run_id
    accepted = frozenset(context.options.accepted)
    retention = await _retention(context, ref)
    plan, snapshot = await finalize_plan(context.api(ref), ref, ledger)
    recorded = (await ledger.snapshots.latest.in_thread([domain])).get(domain)
    if plan.steps:
        await ledger.tenants.add_plan.in_thread(run_id, domain, plan)
        check_legacy_users(snapshot, retention.since, accepted)
        earlier = await ledger.snapshots.of_tenant.in_thread(domain)
        known = with_recorded_writes(snapshot, (record.snapshot for record in earlier))
        check_owners(known, retention.since, accepted)
        check_credentials(recorded, snapshot, accepted)
    async with context.executor(ref, plan) as executor:
        after = await finalize(executor, ref, retention, accepted)
    removed = removed_leftovers(await ledger.steps.of_tenant.in_thread(domain=domain))
    last = removed[-1].ended_at if removed else None
    if last is not None and (recorded is None or last > recorded.at):
        # Only after a removal: otherwise this would accept a drift.
        await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, after)
    judgement, _ = await judge(after, ref.target, ledger)
    await ledger.tenants.add_assessment.in_thread(run_id, domain, judgement.assessment)
    before = await asyncio.to_thread(snapshot_before_migrations, ledger, domain)
    # All of it from the ledger: a repetition of this task, or of a run that died, finds removed what the first removed.
    reported = await ledger.tenants.last_recorded.in_thread(domain, OutcomeKind.FINALIZED)
    now = unreported_removals(removed, run_id, reported)
    return TenantFinalized(
        now=tuple(_title(record, run_id) for record in now),
        earlier=tuple(_title(record, run_id) for record in removed if record not in now),
        stays=remaining_legacy(before),
    )


def _title(record: IntentRecord, run_id: str) -> str:
    return record.title if record.run_id == run_id else f"{record.title} (run {record.run_id})"


async def _retention(context: RunContext, ref: TenantRef) -> LegacyRetention:
    since = switched_at(await context.ledger.steps.of_tenant.in_thread(domain=ref.domain))
    if since is None:
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            "the ledger has no switch of it that is in effect, so nothing of its legacy side may be removed: "
            "migrate it first",
        )
    wave_name = assign([ref], context.fleet.waves)[ref.domain]
    wave = next(wave for wave in context.fleet.waves if wave.name == wave_name)
    return LegacyRetention(since, kept_for(wave, context.fleet.rollout))
