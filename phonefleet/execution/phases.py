"""The phases of a migration of one tenant: assess, prepare, switch.

Each phase reads first and can be repeated as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from configs import TenantRef, WhenInconclusive
from phonefleet.assessment.verdict import is_unused
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import Enough, read_tenant
from phonefleet.delivery.twilio_api import TwilioApi
from phonefleet.errors import PlanRefused, StepFailed
from phonefleet.execution.delivery_test import confirm_deliveries, no_evidence, send_test
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.tenant_verification import judge, verify_tenant
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import SWITCHES, ReasonCode, StepKind, Verdict
from phonefleet.model.plan import Plan, first_switch
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import SendTestStep
from phonefleet.planning.plan_difference import plan_difference
from phonefleet.planning.planner import Assessed, make_plan, numbers_of

FOR_VERDICT = Enough(on_legacy=is_unused)
"""Who depends on phone messages is read wherever there are any."""
_PLANNED = frozenset({Verdict.ELIGIBLE, Verdict.BLOCKED})
"""Verdicts with a plan or a proposal of one."""
_FACTORS = frozenset({StepKind.ENABLE_FACTOR, StepKind.SET_MESSAGE_TYPES})


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How test messages are sent and judged.

    Attributes:
        evidence_deadline: how long the logs are searched for each message.
        when_inconclusive: whether a tenant is switched if they say nothing.
        resend: whether a message whose outcome is unknown is sent again.
    """

    evidence_deadline: timedelta
    when_inconclusive: WhenInconclusive
    resend: bool = False


async def assess(
    api: ManagementApi, ref: TenantRef, ledger: Ledger | None = None, enough: Enough = FOR_VERDICT
) -> Assessed:
    """Read a tenant, classify it and, if it is eligible, plan its migration. Writes nothing.

    A tenant with something to plan is read whole.

    Args:
        api: the tenant's Management API.
        ref: the tenant.
        ledger: says which Action is phonefleet's own; without it every Action is examined.
        enough: when a tenant with nothing to plan need not be read further (`Snapshot.skipped`).
    """
    snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC), enough)
    judgement, own = await judge(snapshot, ref.target, ledger)
    if snapshot.skipped and judgement.assessment.verdict in _PLANNED:
        snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC))
        judgement, own = await judge(snapshot, ref.target, ledger)
    eligible = judgement.assessment.verdict is Verdict.ELIGIBLE
    plan = make_plan(snapshot, judgement, numbers_of(ref)) if eligible else None
    return Assessed(snapshot, judgement, plan, own)


async def check_plan(
    api: ManagementApi, ref: TenantRef, plan: Plan, ledger: Ledger | None = None
) -> Snapshot:
    """Read the tenant and plan again: the new plan must be the same.

    Raises:
        PlanRefused: the plan would be another one now; the message says what changed.
    """
    now = await assess(api, ref, ledger)
    if now.plan is None:
        why = "; ".join(r.message for r in now.judgement.assessment.reasons[:2])
        verdict = now.judgement.assessment.verdict
        raise PlanRefused(f"{ref.domain}: planned as eligible, but it is {verdict} now ({why}): plan again")
    if now.plan.checksum != plan.checksum:
        raise PlanRefused(
            f"{ref.domain}: the tenant or its target changed since the plan was made (plan {plan.checksum[:12]}, would "
            f"be {now.plan.checksum[:12]} now; {plan_difference(plan, now.plan)}): plan again and have it approved"
        )
    return now.snapshot


async def prepare(executor: StepExecutor, policy: DeliveryPolicy, twilio: TwilioApi | None = None) -> bool:
    """Apply everything before the switch: the tenant keeps sending as it did.

    Args:
        executor: works on the tenant.
        policy: how test messages are sent and judged.
        twilio: Twilio's API, to ask what became of the test messages; None where it is not to be asked.

    Returns:
        True if the logs or Twilio show that every test message was delivered. False if they do not and the policy
        says to proceed.

    Raises:
        StepFailed: a step did not hold, a message failed, or the logs say nothing about it and the policy says to hold.
        TenantError: Auth0 refused or could not be reached.
    """
    await executor.recover()
    steps = executor.plan.steps[: first_switch(executor.plan)]
    tests = [step for step in steps if isinstance(step, SendTestStep)]
    for step in steps:
        if step.kind is not StepKind.SEND_TEST and step.kind not in _FACTORS:
            await executor.apply(step)
    for test in tests:
        await send_test(executor, test, resend=policy.resend)
    verified = await _all_delivered(executor, tests, policy, twilio)
    for step in steps:
        if step.kind in _FACTORS:
            await executor.apply(step)
    return verified


async def _all_delivered(
    executor: StepExecutor, tests: list[SendTestStep], policy: DeliveryPolicy, twilio: TwilioApi | None
) -> bool:
    deadline = policy.evidence_deadline
    found = await confirm_deliveries(executor, tests, deadline, twilio)
    unverified = {t.target: e.receipt for t, e in zip(tests, found, strict=True) if e.evidence != "delivered"}
    if not tests and _needs_test(executor.plan):
        raise StepFailed(
            executor.api.domain,
            ReasonCode.TEST_NUMBER_MISSING,
            "nothing is switched to a provider that was never tested, and there is no number for a test message: set "
            "target.test_numbers",
        )
    if unverified and policy.when_inconclusive is WhenInconclusive.HOLD:
        raise no_evidence(executor.api.domain, unverified, deadline)
    return not unverified


def _needs_test(plan: Plan) -> bool:
    """Whether the plan switches something and no person accepted by name that it is not tested."""
    accepted = any(w.code is ReasonCode.TEST_NUMBER_MISSING for w in plan.warnings)
    return not accepted and any(step.kind in SWITCHES for step in plan.steps)


async def switch(executor: StepExecutor, ref: TenantRef) -> Snapshot:
    """Apply the switches and what follows them, and read everything back.

    Returns:
        The tenant after its migration.

    Raises:
        StepFailed: a switch had no effect, or the tenant cannot send what it uses.
        TenantError: Auth0 refused or could not be reached.
    """
    await executor.recover()
    for step in executor.plan.steps[first_switch(executor.plan) :]:
        await executor.apply(step)
    return await verify_tenant(executor.api, ref, executor.ledger)
