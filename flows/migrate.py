"""`migrate`: read, check everything, then wave after wave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prefect import flow

from flows.assessing import assess_all
from flows.conclude import Concluded, to_the_end
from flows.endings import hold, record
from flows.rollout import roll_out
from phonefleet.errors import PlanRefused
from phonefleet.execution.phases import difference
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome, interruption_message, outcome_without_plan
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import RunRecord, TenantRecord, WaveRecord
from phonefleet.rollout.gates import max_change, tolerance
from phonefleet.rollout.waves import Batch, reschedule
from tasks.desk import Desk, desk_of


@flow(name="migrate", flow_run_name="migrate {fleet} {run_id}", persist_result=False)
async def migrate(run_id: str, fleet: str) -> Concluded:  # noqa: ARG001
    """Migrate a fleet; called by the command line, which has opened the run.

    Raises:
        RunNotDone: a tenant failed, a gate stopped the run, or something waits for a decision.
    """
    return await to_the_end(desk_of(run_id), _migrate)


async def _migrate(desk: Desk) -> str:
    ledger, run_id = desk.session.ledger, desk.session.run_id
    before = await ledger.runs.record.in_thread(run_id)
    left = await ledger.runs.interrupted.in_thread(desk.session.fleet.name)
    _tell_left_behind(desk, left)
    selected = await _leave_out(desk, [t for t in before.tenants if t.outcome is None], left)
    begun = {t.domain for t in selected if _continued(desk, t, before)}
    await assess_all(desk, (t.domain for t in selected if t.domain not in begun))
    now = await ledger.runs.record.in_thread(run_id)
    assessed = [t for t in now.tenants if t.outcome is None]
    changed = {t.domain: why for t in assessed if (why := _misfit(desk, t))}
    assessed = [t for t in assessed if t.domain not in changed]
    eligible = [t.domain for t in assessed if t.assessment and t.assessment.verdict is Verdict.ELIGIBLE]
    if not begun:
        _refuse_too_many(desk, eligible)
    for domain, why in changed.items():
        await record(desk, domain, Outcome(OutcomeKind.HELD, ReasonCode.PLAN_CHANGED, why))
    for tenant in assessed:
        if tenant.assessment and tenant.assessment.verdict is not Verdict.ELIGIBLE:
            await record(desk, tenant.domain, outcome_without_plan(tenant.assessment))
    given = {t.domain: (t.wave, t.batch) for t in before.tenants if t.batch is not None}
    batches = reschedule([desk.tenants[d] for d in eligible], desk.session.fleet.waves, given)
    if not given:
        await ledger.waves.plan.in_thread(run_id, _planned(batches))
    await ledger.tenants.assign.in_thread(run_id, _places(batches))
    return await roll_out(desk, batches, await ledger.runs.record.in_thread(run_id))


async def _leave_out(desk: Desk, tenants: list[TenantRecord], left: Mapping[str, str]) -> list[TenantRecord]:
    """Hold the tenants of other waves than the one asked for; one that a died run left in the middle is told."""
    if desk.wishes.wave is None:
        return tenants
    others = [t.domain for t in tenants if t.wave != desk.wishes.wave]
    why = f"only wave {desk.wishes.wave} was asked for"
    await hold(desk, [d for d in others if d not in left], ReasonCode.NOT_SELECTED, why)
    for domain in others:
        if domain in left:
            told = interruption_message(domain, left[domain])
            await record(desk, domain, Outcome(OutcomeKind.HELD, ReasonCode.INTERRUPTED, told))
    return [t for t in tenants if t.wave == desk.wishes.wave]


def _tell_left_behind(desk: Desk, left: Mapping[str, str]) -> None:
    """Whoever took a half-changed tenant out of the fleet file has nobody else to tell them."""
    for domain, run_id in left.items():
        if domain not in desk.tenants:
            desk.progress.say(
                f"{interruption_message(domain, run_id)}; the fleet file no longer has it: put it back first"
            )


def _continued(desk: Desk, tenant: TenantRecord, run: RunRecord) -> bool:
    """True for a tenant that this run had begun to change before it died: its plan is finished, not made anew."""
    begun = any(step.domain == tenant.domain for step in run.steps)
    if begun and tenant.plan is not None:
        desk.plans[tenant.domain] = tenant.plan
        return True
    return False


def _refuse_too_many(desk: Desk, eligible: list[str]) -> None:
    fleet = desk.session.fleet
    allowed = max_change(fleet.rollout.max_change, len(fleet.tenants))
    if len(eligible) > allowed and not desk.wishes.force:
        raise PlanRefused(
            f"nothing was written to any tenant: {len(eligible)} of {len(fleet.tenants)} tenants would be changed in "
            f"one run and rollout.max_change {fleet.rollout.max_change} allows {allowed}: migrate a wave (--wave "
            "NAME), raise the limit, or --force"
        )


def _misfit(desk: Desk, tenant: TenantRecord) -> str:
    """Why a tenant may not be migrated by the plan file that was given; empty when it may, or there is none.

    It concerns this tenant alone: an approval is bound to its plan's checksum, and the others' plans still hold.
    """
    if desk.wishes.approved is None:
        return ""
    then, now = desk.wishes.approved.of(tenant.domain), desk.plans.get(tenant.domain)
    if now is None:
        return _no_longer_eligible(tenant) if then and then.plan else ""
    if then is None:
        return f"{tenant.domain}: not in the plan file: plan again"
    if then.plan is None:
        return f"{tenant.domain}: {then.verdict} when the plan was made, and eligible now: plan again"
    if then.plan.checksum != now.checksum:
        return _another_plan(tenant.domain, then.plan, now)
    return ""


def _no_longer_eligible(tenant: TenantRecord) -> str:
    """Empty for one that is migrated already, by this plan or without it, and for one that couldn't be asked."""
    found = tenant.assessment
    if found is None or found.verdict in (Verdict.ALREADY_MIGRATED, Verdict.UNREACHABLE):
        return ""
    why = "; ".join(reason.message for reason in found.reasons[:2])
    return f"{tenant.domain}: planned as eligible, and it is {found.verdict} now ({why}): plan again"


def _another_plan(domain: str, then: Plan, now: Plan) -> str:
    old, new = then.checksum[:12], now.checksum[:12]
    return f"{domain}: changed since the plan was made (plan {old}, {new} now; {difference(then, now)}): plan again"


def _places(batches: Iterable[Batch]) -> dict[str, tuple[str, int | None]]:
    return {domain: (b.wave.name, b.number) for b in batches for domain in b.domains}


def _planned(batches: Iterable[Batch]) -> list[WaveRecord]:
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
