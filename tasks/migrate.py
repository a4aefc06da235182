"""Moving one tenant: everything before the switch, the switch itself, and its health afterwards."""

from __future__ import annotations

from datetime import datetime

from prefect import task

from phonefleet.delivery.health import health_problem
from phonefleet.execution.phases import check_plan, prepare, switch
from phonefleet.execution.resume_check import check_continued
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.planning.approval import accepting
from tasks.desk import desk_of
from tasks.options import tenant_task


@task(**tenant_task("prepare"))
async def prepare_tenant(run_id: str, domain: str) -> bool:
    """Bring everything about but the switch, and see that test messages arrive.

    A plan of which something was applied already is continued, as long as nobody else changed the tenant before its
    first switch; any other must be the very plan that the tenant would be given now.

    Returns:
        Whether delivery is verified; False only where the policy says to proceed without verification.

    Raises:
        PlanRefused: the tenant or its target changed since the plan was made.
        TenantError: a step failed, Auth0 refused, or nothing is known of a test message.
    """
    desk = desk_of(run_id)
    ref, plan = desk.tenants[domain], desk.plans[domain]
    worker = desk.session.worker(ref, plan)
    await desk.session.ledger.tenants.mark_started.in_thread(run_id, domain)
    await worker.recover()
    if await worker.touched():
        await check_continued(worker, ref)
    else:
        approvals = await desk.session.ledger.approvals.of_plan.in_thread(plan.checksum)
        await check_plan(worker.api, accepting(ref, approvals), plan)
    return await prepare(worker, desk.policy)


@task(**tenant_task("switch"))
async def switch_tenant(run_id: str, domain: str) -> None:
    """Throw the tenant's switches and read everything back.

    Raises:
        TenantError: a switch had no effect, or the tenant cannot send what it uses.
    """
    desk = desk_of(run_id)
    ref = desk.tenants[domain]
    worker = desk.session.worker(ref, desk.plans[domain])
    after = await switch(worker, ref)
    await desk.session.ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, after)


@task(**tenant_task("check health of"))
async def check_health(run_id: str, domain: str, since: datetime) -> str:
    """What is wrong with a switched tenant, empty when nothing is.

    Args:
        run_id: the run.
        domain: the tenant.
        since: when it was switched, aware UTC; failed messages after it count.
    """
    desk = desk_of(run_id)
    return await health_problem(desk.session.api(desk.tenants[domain]), since)
