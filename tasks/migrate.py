"""Moving one tenant: everything before the switch, the switch itself, and its health afterwards."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import task

from phonefleet.approval import accepting
from phonefleet.continuing import check_continued
from phonefleet.health import ill_health
from phonefleet.ledger import SnapshotMoment
from phonefleet.phases import check_plan, prepare, switch
from tasks.desk import desk_of
from tasks.options import tenant_task


@task(**tenant_task("prepare"))
async def prepare_tenant(run_id: str, domain: str) -> bool:
    """Bring everything about but the switch, and see that test messages arrive.

    A plan of which something was applied already is continued, as long as nobody else changed the tenant before its
    first switch; any other must be the very plan that the tenant would be given now.

    Returns:
        Whether delivery is proved; False only where the policy says to proceed without proof.

    Raises:
        PlanRefused: the tenant or its target changed since the plan was made.
        TenantError: a step failed, Auth0 refused, or nothing is known of a test message.
    """
    desk = desk_of(run_id)
    ref, plan = desk.tenants[domain], desk.plans[domain]
    worker = desk.session.worker(ref, plan)
    await asyncio.to_thread(desk.session.ledger.started, run_id, domain)
    await worker.recover()
    if await worker.touched():
        await check_continued(worker, ref)
    else:
        approvals = await asyncio.to_thread(desk.session.ledger.approved, plan.checksum)
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
    await asyncio.to_thread(desk.session.ledger.snapshot, run_id, domain, SnapshotMoment.AFTER, after)


@task(**tenant_task("check health of"))
async def check_health(run_id: str, domain: str, since: datetime) -> str:
    """What is wrong with a switched tenant, empty when nothing is.

    Args:
        run_id: the run.
        domain: the tenant.
        since: when it was switched, aware UTC; failed messages after it count.
    """
    desk = desk_of(run_id)
    return await ill_health(desk.session.api(desk.tenants[domain]), since)
