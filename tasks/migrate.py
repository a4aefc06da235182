"""Migrate one tenant: everything before the switch, the switch itself, and the check of its health afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task

from configs import TenantRef
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.delivery.health import health_problem
from phonefleet.errors import PlanRefused
from phonefleet.execution.phases import check_plan, prepare, switch
from phonefleet.execution.prepared_check import check_prepared
from phonefleet.execution.resume_check import check_continued
from phonefleet.execution.tenant_verification import judge, with_silence
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import Verdict
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.planning.approval import accepting
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors


@task(**tenant_task("prepare"))
async def prepare_tenant(fleet: str, run_id: str, domain: str) -> bool:
    """Apply everything before the switch, and check that test messages are delivered.

    A plan of which something was applied is continued if no one else changed the tenant before its first switch. Any
    other plan must be exactly the plan that the tenant would be given now.

    Returns:
        Whether delivery is verified; False only where the policy says to proceed without verification.

    Raises:
        PlanRefused: the tenant or its target changed since the plan was made.
        TenantError: a step failed, Auth0 refused, or there is no evidence of a test message.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref, plan = context.tenants[domain], await context.plan_of(domain)
            async with context.executor(ref, plan) as executor:
                await context.ledger.tenants.mark_started.in_thread(run_id, domain)
                await executor.recover()
                if await executor.has_writes():
                    await check_continued(executor, ref)
                else:
                    approvals = await context.ledger.approvals.of_plan.in_thread(plan.checksum)
                    await check_plan(executor.api, accepting(ref, approvals), plan, context.ledger)
                return await prepare(executor, context.delivery_policy, context.twilio(ref))


@task(**tenant_task("record the preparation of"))
async def record_prepared(fleet: str, run_id: str, domain: str) -> None:
    """Read a prepared tenant and record its state, with which a later run compares it before the switch.

    Raises:
        TenantError: the tenant could not be read.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref = context.tenants[domain]
            after = await read_tenant(context.api(ref), ref.client_id, datetime.now(UTC))
            await context.ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, after)


@task(**tenant_task("check the preparation of"))
async def check_prepared_tenant(fleet: str, run_id: str, domain: str) -> bool:
    """Check that a tenant is still as an earlier run prepared it. Writes nothing to it.

    Returns:
        True: the earlier run had evidence of its test messages.

    Raises:
        PlanRefused: the tenant changed since, or was not prepared.
        TenantError: the tenant could not be read.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref, plan = context.tenants[domain], await context.plan_of(domain)
            prepared_by = await context.ledger.tenants.prepared_by.in_thread(domain)
            if prepared_by is None:
                raise PlanRefused(
                    f"{domain}: no earlier run has prepared it: migrate with --prepare-only first"
                )
            async with context.executor(ref, plan) as executor:
                await context.ledger.tenants.mark_started.in_thread(run_id, domain)
                await check_prepared(executor, ref, prepared_by, context.fleet.rollout.max_test_age)
    return True


@task(**tenant_task("switch"))
async def switch_tenant(fleet: str, run_id: str, domain: str) -> None:
    """Apply the tenant's switches and read everything back.

    Raises:
        TenantError: a switch had no effect, or the tenant cannot send what it uses.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref, plan = context.tenants[domain], await context.plan_of(domain)
            async with context.executor(ref, plan) as executor:
                after = await switch(executor, ref)
            await context.ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, after)


@task(**tenant_task("check health of"))
async def check_health(fleet: str, run_id: str, domain: str, since: datetime) -> str:
    """Return what is wrong with a switched tenant; empty when it is healthy.

    Where its settings let nothing send, it is assessed again: the run must not end as if its users got messages.

    Args:
        fleet: the path of the fleet file.
        run_id: the run.
        domain: the tenant.
        since: when it was switched, aware UTC; failed messages after it count.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref = context.tenants[domain]
            problem = await health_problem(context.api(ref), ref.client_id, since)
            was_broken = await _was_broken(context, domain)
            if was_broken or (problem and problem.in_settings):
                assessment = await _assessed_again(context, ref)
                if was_broken or assessment.verdict is Verdict.BROKEN:
                    await context.ledger.tenants.add_assessment.in_thread(run_id, domain, assessment)
            return problem.message if problem else ""


async def _was_broken(context: RunContext, domain: str) -> bool:
    found = (await context.ledger.tenants.last_verdicts.in_thread([domain])).get(domain)
    return found is not None and found.verdict is Verdict.BROKEN


async def _assessed_again(context: RunContext, ref: TenantRef) -> Assessment:
    now = await read_tenant(context.api(ref), ref.client_id, datetime.now(UTC))
    judgement, _ = await judge(now, ref.target, context.ledger)
    return await with_silence(judgement.assessment, now, context.ledger)
