"""`rollback`: take migrated tenants back, each only when it breaks nothing that was not accepted by name."""

from __future__ import annotations

from prefect import flow

from flows.conclude import Concluded, to_the_end
from flows.endings import at_most, attempt, hold, record
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome
from tasks.desk import Desk, desk_of
from tasks.rollback import roll_back_tenant


@flow(name="rollback", flow_run_name="rollback {fleet} {run_id}", persist_result=False)
async def rollback(run_id: str, fleet: str) -> Concluded:  # noqa: ARG001
    """Roll back the tenants whose plans are on the run's desk.

    Raises:
        RunNotDone: a tenant could not be taken back.
    """
    return await to_the_end(desk_of(run_id), _rollback)


async def _rollback(desk: Desk) -> str:
    domains = list(desk.plans)
    others = desk.tenants.keys() - desk.plans.keys()
    await hold(desk, others, ReasonCode.NOT_SELECTED, "not asked to be rolled back")
    desk.progress.begin("roll back", len(domains))
    conflicts = {c.domain: c for c in await desk.session.leases.acquire(domains)}

    async def one(domain: str) -> None:
        if domain in conflicts:
            held = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflicts[domain]))
            await record(desk, domain, held)
            return
        await _one(desk, domain)

    await at_most(desk.session.fleet.rollout.concurrency, domains, one)
    return ""


async def _one(desk: Desk, domain: str) -> None:
    run_id = desk.session.run_id
    await desk.session.ledger.tenants.mark_started.in_thread(run_id, domain)
    found = await attempt(lambda: roll_back_tenant(run_id, domain))
    if isinstance(found, Outcome):
        await record(desk, domain, found)
    elif found is None:
        message = "nothing of its migration stands any more: it was rolled back before"
        await record(desk, domain, Outcome(OutcomeKind.UNCHANGED, None, message))
    else:
        message = f"not restored: {'; '.join(found)}" if found else ""
        await record(desk, domain, Outcome(OutcomeKind.ROLLED_BACK, None, message))
