"""Check, before a later run switches a tenant, that it is still as it was prepared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from configs import TenantRef
from phonefleet.assessment.drift import differences
from phonefleet.assessment.unseen_changes import unseen_changes
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import PlanRefused
from phonefleet.execution.applied_plans import applied_plan
from phonefleet.execution.applied_steps import applied_steps
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.resume_check import check_continued
from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.plan import first_switch
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.model.spoken_time import spoken
from phonefleet.planning.planner import basis_of


async def check_prepared(
    executor: StepExecutor, ref: TenantRef, prepared_by: str, max_test_age: timedelta
) -> None:
    """Check that every step before the switch is applied, and that no one has changed the tenant since.

    Nothing is written to the tenant. That the steps are done already is noted for this run.

    What no read shows, such as credentials of the provider, is judged by its marks and by the tenant's logs.

    Args:
        executor: works on the tenant with the plan that was prepared.
        ref: the tenant.
        prepared_by: the run that prepared it.
        max_test_age: older test messages say too little of its credentials.

    Raises:
        PlanRefused: something is not as it was; the message names it and says what to do.
        TenantError: the tenant could not be read.
    """
    await executor.recover()
    ledger, plan = executor.ledger, executor.plan
    records = await executor.journal.records()
    if applied_plan(plan, records).switched:
        # A run died during the switch: the plan is finished as it is.
        await check_continued(executor, ref)
        return
    done = applied_steps(records)
    before_switch = plan.steps[: first_switch(plan)]
    missing = [step.title for step in before_switch if step.key not in done]
    recorded = await ledger.snapshots.latest.in_thread(
        [plan.domain], (SnapshotMoment.AFTER,), run_id=prepared_by
    )
    if missing or plan.domain not in recorded:
        why = f"not done: {'; '.join(missing)}" if missing else "no state was recorded after it"
        raise _refused(plan.domain, prepared_by, why)
    tests = [done[step.key].intended_at for step in before_switch if step.kind is StepKind.SEND_TEST]
    age = await ledger.now.in_thread() - min(tests) if tests else timedelta(0)
    if age > max_test_age:
        why = (
            f"its test message is {spoken(age)} old, rollout.max_test_age is {spoken(max_test_age)}, and its "
            "credentials may have been changed at the provider since"
        )
        raise _refused(plan.domain, prepared_by, why)
    before = recorded[plan.domain].snapshot
    now = await read_tenant(executor.api, ref.client_id, datetime.now(UTC))
    changed = [str(each) for each in (*differences(before, now), *unseen_changes(before, now))]
    if not changed and basis_of(before) != basis_of(now):
        changed = ["facts that the plan was made from"]
    if changed:
        raise _refused(plan.domain, prepared_by, f"changed since: {'; '.join(changed)}")
    for step in before_switch:
        await executor.journal.note(step, Operation.APPLY, f"done by run {prepared_by}, and unchanged since")


def _refused(domain: str, prepared_by: str, why: str) -> PlanRefused:
    return PlanRefused(
        f"{domain}: not as run {prepared_by} prepared it, and nothing was switched ({why}): prepare it again "
        "(migrate --prepare-only), or migrate it as a whole"
    )
