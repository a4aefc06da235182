"""`migrate`: read every tenant, check everything, then migrate wave by wave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from prefect import flow

from flows.assess import assess_all
from flows.half_changed import interruption_messages
from flows.migration_forecast import excess
from flows.migration_phase import phase_of, take_prepared_plans
from flows.migration_request import check_migration
from flows.rehearsal.required import without_rehearsal
from flows.report_files import FinishedRun
from flows.rollout_forecast import forecast_rollout, sizes_of_use
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.run_waves import roll_out
from flows.selection import named
from flows.stopping import stoppable
from flows.tenant_pages import tenant_pages
from flows.tenant_runs import hold, record
from flows.verdict_states import flow_options, judged
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import MigrationPhase, OutcomeKind, ReasonCode, StepKind, Verdict
from phonefleet.model.outcome import Outcome, outcome_without_plan
from phonefleet.model.plan import FleetPlan, Plan
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import TenantOutline, TenantRecord, WaveRecord
from phonefleet.planning.plan_difference import plan_difference
from phonefleet.rollout.gates import tolerance
from phonefleet.rollout.waves import Batch, reschedule
from tasks.run_context import RunContext


@flow(**flow_options("migrate"))
@stoppable
@judged
async def migrate(
    fleet: str,
    wave: str | None = None,
    plan: str | None = None,
    force: bool = False,
    resume: str | None = None,
    resend_tests: bool = False,
    reports: str | None = None,
    tenants: list[str] | None = None,
    prepare_only: bool = False,
    switch: bool = False,
    pool: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Migrate a fleet. A run that was asked for the same and died is continued.

    Args:
        fleet: the path of the fleet file.
        wave: only this wave.
        plan: the path of an approved plan file; tenants whose plan would differ now are held.
        force: let `rollout.max_change` be exceeded.
        resume: the run to continue: its id, the beginning of one, or `latest`.
        resend_tests: send test messages again when it is unknown whether they were sent.
        reports: directory for the reports; None for one below the state directory.
        tenants: only these domains.
        prepare_only: do everything before the switch, and leave the switch to a later run.
        switch: switch the tenants that an earlier run has prepared, and no others.
        pool: the Prefect work pool whose workers do the work; None for what the fleet file says.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: the plan file, the wave, a tenant or the run to continue doesn't fit, or more tenants have a plan
            than `rollout.max_change` allows; no run was started.
        RunNotDone: a tenant failed, a gate stopped the run, or something waits for a decision.
    """
    asked = RunOptions(
        wave=wave,
        tenants=named(tenants),
        plan_file=plan,
        phase=phase_of(prepare_only=prepare_only, switch=switch),
        force=force,
        resend_tests=resend_tests,
        pool=pool,
        reports=reports,
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        request = await asyncio.to_thread(check_migration, loaded, ledger, asked, resume)
        async with start_run("migrate", loaded, ledger, request.options, resume=request.resume) as context:
            return require_done(await run_to_completion(context, _migrate(context, request.approved)))


async def _migrate(context: RunContext, approved: FleetPlan | None) -> str:
    ledger, run_id = context.ledger, context.run_id
    before = await ledger.runs.outline.in_thread(run_id)
    stopped = await ledger.runs.interrupted.in_thread(context.fleet.name)
    interrupted = await interruption_messages(context, stopped)
    warn_orphaned_tenants(context, interrupted)
    selected = await _hold_unselected(context, [t for t in before.tenants if t.outcome is None], interrupted)
    # A plan that this run has begun before it died is finished as it is.
    begun = {t.domain for t in selected if t.plan_checksum and t.domain in before.begun}
    later = await asyncio.to_thread(overtaken_by, ledger, run_id, begun)
    for domain, other in later.items():
        message = f"run {other} has changed it since, so the plan that was begun is not finished: see its outcome there"
        await record(context, domain, Outcome(OutcomeKind.HELD, ReasonCode.OVERTAKEN, message))
    begun -= later.keys()
    selected = [t for t in selected if t.domain not in later]
    await assess_all(context, (t.domain for t in selected if t.domain not in begun))
    assessed = await _without_outcome(context)
    if context.options.phase is MigrationPhase.SWITCH:
        found = [t.domain for t in assessed if t.domain not in begun and t.has_plan_now]
        await take_prepared_plans(context, found)
        assessed = await _without_outcome(context)
    misfits = await _misfits(context, approved, (t.domain for t in assessed)) if approved else {}
    assessed = [t for t in assessed if t.domain not in misfits]
    unrehearsed = await without_rehearsal(context, (t for t in assessed if t.has_plan_now))
    assessed = [t for t in assessed if t.domain not in unrehearsed]
    eligible = [t.domain for t in assessed if t.has_plan_now]
    too_many = "" if begun else excess(context.fleet, context.options, len(eligible))
    for domain, why in misfits.items():
        await record(context, domain, Outcome(OutcomeKind.HELD, ReasonCode.PLAN_CHANGED, why))
    for domain, why in unrehearsed.items():
        await record(context, domain, Outcome(OutcomeKind.HELD, ReasonCode.NOT_REHEARSED, why))
    others = (t.domain for t in assessed if t.verdict not in (None, Verdict.ELIGIBLE))
    async for page in tenant_pages(context, others):
        for assessment in [t.assessment for t in page if t.assessment]:
            await record(context, assessment.domain, outcome_without_plan(assessment))
    if too_many:
        context.progress.say(f"nothing was written to any tenant: {too_many}")
        await hold(context, eligible, ReasonCode.CHANGE_LIMIT, too_many)
        return too_many
    batches = await _schedule(context, before, eligible)
    if not begun:
        await forecast_rollout(context, batches)
    return await roll_out(context, batches)


async def _without_outcome(context: RunContext) -> list[TenantOutline]:
    outline = await context.ledger.runs.outline.in_thread(context.run_id)
    return [tenant for tenant in outline.tenants if tenant.outcome is None]


async def _misfits(context: RunContext, approved: FleetPlan, domains: Iterable[str]) -> dict[str, str]:
    """Return the tenants that may not be migrated by an approved plan, with why."""
    found: dict[str, str] = {}
    async for page in tenant_pages(context, domains):
        found |= {tenant.domain: why for tenant in page if (why := plan_misfit(approved, tenant))}
    return found


async def _schedule(context: RunContext, before: RunOutline, eligible: list[str]) -> tuple[Batch, ...]:
    """Put tenants into batches and record that; a continued run keeps the batches that it had."""
    placed = {t.domain: (t.wave, t.batch) for t in before.tenants if t.batch is not None}
    uses = await sizes_of_use(context, eligible)
    batches = reschedule([context.tenants[d] for d in eligible], context.fleet.waves, placed, uses)
    if not placed:
        await context.ledger.waves.plan.in_thread(context.run_id, _wave_records(batches))
    places = {domain: (b.wave.name, b.number) for b in batches for domain in b.domains}
    await context.ledger.tenants.assign.in_thread(context.run_id, places)
    return batches


async def _hold_unselected(
    context: RunContext, tenants: list[TenantOutline], interrupted: Mapping[str, str]
) -> list[TenantOutline]:
    """Hold the tenants that this run is not for; those of them that a run left half changed are reported as such.

    Returns:
        The tenants that it is for.
    """
    options = context.options
    selected = [
        t
        for t in tenants
        if (options.wave is None or t.wave == options.wave)
        and (not options.tenants or t.domain in options.tenants)
    ]
    others = {t.domain for t in tenants} - {t.domain for t in selected}
    asked_for = f"wave {options.wave}" if options.wave else f"{len(options.tenants)} named tenant(s)"
    why = f"only {asked_for} was selected"
    await hold(context, sorted(others - interrupted.keys()), ReasonCode.NOT_SELECTED, why)
    for domain in sorted(others & interrupted.keys()):
        held = Outcome(OutcomeKind.HELD, ReasonCode.INTERRUPTED, interrupted[domain])
        await record(context, domain, held)
    return selected


def warn_orphaned_tenants(context: RunContext, interrupted: Mapping[str, str]) -> None:
    """Warn about half-changed tenants that the fleet file no longer has: no report names them."""
    for domain, message in interrupted.items():
        if domain not in context.tenants:
            context.progress.say(f"{message}; the fleet file no longer has it: put it back first")


def overtaken_by(ledger: Ledger, run_id: str, domains: Iterable[str]) -> dict[str, str]:
    """Return the tenants that a later run has begun to change since, with that run.

    Finishing the earlier plan would write over what the later one left.
    """
    last: dict[str, str] = {}
    for domain in domains:
        # A test message, which compliance sends too, changes nothing of a tenant.
        changes = [r for r in ledger.steps.of_tenant(domain=domain) if r.kind is not StepKind.SEND_TEST]
        if changes and changes[-1].run_id != run_id:
            last[domain] = changes[-1].run_id
    return last


def _plan_now(tenant: TenantRecord) -> Plan | None:
    """Return the plan that the tenant's last assessment gave it; an earlier one of this run does not count."""
    eligible = tenant.assessment is not None and tenant.assessment.verdict is Verdict.ELIGIBLE
    return tenant.plan if eligible else None


def plan_misfit(approved: FleetPlan, tenant: TenantRecord) -> str:
    """Return why a tenant may not be migrated by an approved plan; empty when it may.

    It concerns this tenant alone: an approval is bound to the checksum of its plan, and the other plans still hold.
    """
    domain, planned, now = tenant.domain, approved.of(tenant.domain), _plan_now(tenant)
    if now is None:
        return _no_longer_eligible(tenant) if planned and planned.plan else ""
    if planned is None:
        return f"{domain}: not in the plan file: plan again"
    if planned.plan is None:
        return f"{domain}: {planned.verdict} when the plan was made, and eligible now: plan again"
    if planned.plan.checksum == now.checksum:
        return ""
    old, new = planned.plan.checksum[:12], now.checksum[:12]
    changed = plan_difference(planned.plan, now)
    return f"{domain}: changed since the plan was made (plan {old}, {new} now; {changed}): plan again"


def _no_longer_eligible(tenant: TenantRecord) -> str:
    """Explain a planned tenant without a plan now; empty for one that is migrated already or couldn't be read."""
    found = tenant.assessment
    if found is None or found.verdict in (Verdict.ALREADY_MIGRATED, Verdict.UNREACHABLE):
        return ""
    why = "; ".join(reason.message for reason in found.reasons[:2])
    return f"{tenant.domain}: planned as eligible, and it is {found.verdict} now ({why}): plan again"


def _wave_records(batches: Iterable[Batch]) -> list[WaveRecord]:
    batches = list(batches)
    sizes: dict[str, int] = {}
    for batch in batches:
        sizes[batch.wave.name] = sizes.get(batch.wave.name, 0) + len(batch.domains)
    return [
        WaveRecord(
            wave=b.wave.name,
            batch=b.number,
            planned=len(b.domains),
            failure_tolerance=tolerance(b.wave.failure_tolerance, sizes[b.wave.name]),
        )
        for b in batches
    ]
