"""Explain a tenant that differs from its recorded state: who changed it, and whether its credentials still work."""

from __future__ import annotations

from prefect import task

from phonefleet.assessment.unseen_changes import settled
from phonefleet.auth0.logged_writes import read_writes
from phonefleet.errors import StepFailed
from phonefleet.execution.credential_test import credential_test_plan, send_credential_tests
from phonefleet.model.enums import ReasonCode
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.run_record import SnapshotMoment, SnapshotRecord
from phonefleet.planning.planner import numbers_of
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors


@task(**tenant_task("search the logs of"))
async def find_writes(fleet: str, run_id: str, domain: str) -> tuple[LoggedWrite, ...]:
    """Read from a tenant's logs who wrote phone settings since its recorded state.

    Raises:
        TenantError: the logs cannot be read.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            recorded = await _recorded(context, domain)
            return await read_writes(context.api(context.tenants[domain]), recorded.snapshot.taken_at)


@task(**tenant_task("test credentials of"))
async def retest_tenant(fleet: str, run_id: str, domain: str) -> None:
    """Send test messages to a tenant; once all are delivered, its credentials count as tested.

    Raises:
        TenantError: a message was not delivered, the logs say nothing about it, or Auth0 refused.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref, ledger = context.tenants[domain], context.ledger
            now = await ledger.snapshots.latest.in_thread([domain], (SnapshotMoment.BEFORE,), run_id=run_id)
            recorded = await _recorded(context, domain)
            plan = credential_test_plan(now[domain].snapshot, numbers_of(ref))
            await ledger.plans.add.in_thread(plan)
            async with context.executor(ref, plan) as executor:
                deadline = context.fleet.rollout.evidence_deadline
                await send_credential_tests(executor, deadline, context.twilio(ref))
            tested = settled(recorded.snapshot, now[domain].snapshot)
            await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.AFTER, tested)


async def _recorded(context: RunContext, domain: str) -> SnapshotRecord:
    recorded = (await context.ledger.snapshots.latest.in_thread([domain])).get(domain)
    if recorded is None:
        raise StepFailed(domain, ReasonCode.NEVER_ASSESSED, "the ledger has no state of it after a change")
    return recorded
