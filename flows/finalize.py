"""`finalize`: remove the legacy leftovers of migrated tenants, each kind accepted by name."""

from __future__ import annotations

from prefect import flow

from flows.conclude import Concluded, to_the_end
from flows.endings import at_most, attempt, hold, record
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import LeaseConflict
from tasks.desk import Desk, desk_of
from tasks.finalize import Finalized, finalize_tenant


@flow(name="finalize", flow_run_name="finalize {fleet} {run_id}", persist_result=False)
async def finalize(run_id: str, fleet: str) -> Concluded:  # noqa: ARG001
    """Finalize the tenants on the run's desk.

    Raises:
        RunNotDone: a tenant could not be finalized, or something was not accepted.
    """
    return await to_the_end(desk_of(run_id), _finalize)


async def _finalize(desk: Desk) -> str:
    domains = list(desk.plans)
    others = desk.tenants.keys() - desk.plans.keys()
    await hold(desk, others, ReasonCode.NOT_SELECTED, "not asked to be finalized")
    conflicts = {c.domain: c for c in await desk.session.leases.acquire(domains)}
    desk.progress.begin("finalize", len(domains))

    async def one(domain: str) -> None:
        await record(desk, domain, await _one(desk, domain, conflicts.get(domain)))

    await at_most(desk.session.fleet.rollout.concurrency, domains, one)
    return ""


async def _one(desk: Desk, domain: str, conflict: LeaseConflict | None) -> Outcome:
    if conflict:
        return Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflict))
    if desk.session.fleet.pause_file.exists():
        why = f"paused: {desk.session.fleet.pause_file} exists; remove it, then repeat"
        return Outcome(OutcomeKind.HELD, ReasonCode.PAUSED, why)
    await desk.session.ledger.tenants.mark_started.in_thread(desk.session.run_id, domain)
    found = await attempt(lambda: finalize_tenant(desk.session.run_id, domain))
    if isinstance(found, Outcome):
        return found
    return _ending(found)


def _ending(found: Finalized) -> Outcome:
    stays = (found.stays,) if found.stays else ()
    if found.now:
        return Outcome(OutcomeKind.FINALIZED, None, ". ".join(("; ".join(found.now), *stays)))
    earlier = (f"removed earlier: {'; '.join(found.earlier)}",) if found.earlier else ()
    return Outcome(OutcomeKind.UNCHANGED, ReasonCode.NOTHING_LEFT, ". ".join((*earlier, *stays)))
