"""`migrate`: read, check everything, then wave after wave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from prefect import flow

from flows.assessing import assess_all
from flows.conclude import Concluded, to_the_end
from flows.endings import hold, record
from flows.rollout import roll_out
from phonefleet.errors import PlanRefused
from phonefleet.plan import FleetPlan
from phonefleet.record import RunRecord, TenantRecord, WaveRecord
from phonefleet.verdicts import ending_without_plan
from phonefleet.vocabulary import ReasonCode, Verdict
from phonefleet.waves import Batch, max_change, reschedule, tolerance
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
    before = await asyncio.to_thread(ledger.run, run_id)
    selected = await _leave_out(desk, [t for t in before.tenants if t.outcome is None])
    await assess_all(desk, (t.domain for t in selected if not _continued(desk, t, before)))
    now = await asyncio.to_thread(ledger.run, run_id)
    assessed = [t for t in now.tenants if t.outcome is None]
    eligible = [t.domain for t in assessed if t.assessment and t.assessment.verdict is Verdict.ELIGIBLE]
    _refuse_violations(desk, assessed, eligible)
    for tenant in assessed:
        if tenant.assessment and tenant.assessment.verdict is not Verdict.ELIGIBLE:
            await record(desk, tenant.domain, ending_without_plan(tenant.assessment))
    given = {t.domain: (t.wave, t.batch) for t in before.tenants if t.batch is not None}
    batches = reschedule([desk.tenants[d] for d in eligible], desk.session.fleet.waves, given)
    if not given:
        await asyncio.to_thread(ledger.waves_planned, run_id, _planned(batches))
    await asyncio.to_thread(ledger.assign, run_id, _places(batches))
    return await roll_out(desk, batches, await asyncio.to_thread(ledger.run, run_id))


async def _leave_out(desk: Desk, tenants: list[TenantRecord]) -> list[TenantRecord]:
    """Hold the tenants of other waves than the one asked for."""
    if desk.wishes.wave is None:
        return tenants
    others = [t.domain for t in tenants if t.wave != desk.wishes.wave]
    why = f"only wave {desk.wishes.wave} was asked for"
    await hold(desk, others, ReasonCode.NOT_SELECTED, why)
    return [t for t in tenants if t.wave == desk.wishes.wave]


def _continued(desk: Desk, tenant: TenantRecord, run: RunRecord) -> bool:
    """True for a tenant that this run had begun to change before it died: its plan is finished, not made anew."""
    begun = any(step.domain == tenant.domain for step in run.steps)
    if begun and tenant.plan is not None:
        desk.plans[tenant.domain] = tenant.plan
        return True
    return False


def _refuse_violations(desk: Desk, assessed: list[TenantRecord], eligible: list[str]) -> None:
    """Collect every violation before the first write, so that an operator sees them all."""
    found = [*_too_many(desk, eligible)]
    if desk.wishes.approved:
        found += _drifted(desk, desk.wishes.approved, assessed)
    if found:
        listed = "\n".join(f"  - {text}" for text in found)
        raise PlanRefused(f"nothing was written to any tenant; {len(found)} violation(s):\n{listed}")


def _too_many(desk: Desk, eligible: list[str]) -> Iterable[str]:
    fleet = desk.session.fleet
    allowed = max_change(fleet.rollout.max_change, len(fleet.tenants))
    if len(eligible) > allowed and not desk.wishes.force:
        yield (
            f"{len(eligible)} of {len(fleet.tenants)} tenants would be changed in one run and rollout.max_change "
            f"{fleet.rollout.max_change} allows {allowed}: migrate a wave (--wave NAME), raise the limit, or --force"
        )


def _drifted(desk: Desk, approved: FleetPlan, assessed: list[TenantRecord]) -> Iterable[str]:
    """Tenants whose plan would be another one now; approvals are bound to the checksum."""
    known = {t.domain: t for t in approved.tenants}
    for tenant in assessed:
        then = known.get(tenant.domain)
        now = desk.plans.get(tenant.domain)
        if then is None:
            yield f"{tenant.domain}: not in the plan file: plan again"
        elif now and (then.plan is None or then.plan.checksum != now.checksum):
            old = then.plan.checksum[:12] if then.plan else str(then.verdict)
            yield (
                f"{tenant.domain}: changed since the plan was made (was {old}, is {now.checksum[:12]} now): plan again"
            )
        elif now is None and then.plan is not None:
            verdict = tenant.assessment.verdict if tenant.assessment else "unread"
            yield f"{tenant.domain}: planned as eligible, is {verdict} now: plan again"


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
