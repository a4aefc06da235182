"""The phases of one tenant on its way forward: assess, prepare, switch, verify.

Each reads first and can be repeated as a whole.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from configs import TenantRef, WhenInconclusive
from phonefleet.assessment.eligibility import classify
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import PlanRefused, StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.test_message import confirm_delivery, no_evidence, send_test
from phonefleet.model.enums import SWITCHES, ReasonCode, StepKind, Verdict
from phonefleet.model.plan import Plan, Step
from phonefleet.model.snapshot import Snapshot
from phonefleet.planning.planner import Assessed, make_plan, numbers_of

_FACTORS = frozenset({StepKind.ENABLE_FACTOR, StepKind.SET_MESSAGE_TYPES})


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How test messages are sent and judged."""

    evidence_deadline: timedelta
    when_inconclusive: WhenInconclusive
    resend: bool = False


async def assess(api: ManagementApi, ref: TenantRef) -> Assessed:
    """Read a tenant, give it its verdict and, if it is eligible, its plan. Writes nothing."""
    snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC))
    judgement = await asyncio.to_thread(classify, snapshot, ref.target)
    eligible = judgement.assessment.verdict is Verdict.ELIGIBLE
    return Assessed(
        snapshot, judgement, make_plan(snapshot, judgement, numbers_of(ref)) if eligible else None
    )


async def check_plan(api: ManagementApi, ref: TenantRef, plan: Plan) -> Snapshot:
    """Read the tenant again and plan again: only the very same plan may be applied.

    Raises:
        PlanRefused: the plan would be another one now; the message says what changed.
    """
    now = await assess(api, ref)
    if now.plan is None:
        why = "; ".join(r.message for r in now.judgement.assessment.reasons[:2])
        verdict = now.judgement.assessment.verdict
        raise PlanRefused(f"{ref.domain}: planned as eligible, but it is {verdict} now ({why}): plan again")
    if now.plan.checksum != plan.checksum:
        raise PlanRefused(
            f"{ref.domain}: the tenant or its target changed since the plan was made (plan {plan.checksum[:12]}, would "
            f"be {now.plan.checksum[:12]} now; {difference(plan, now.plan)}): plan again and have it approved"
        )
    return now.snapshot


def difference(old: Plan, new: Plan) -> str:
    """In what two plans of a tenant differ."""
    before, after = {s.key: s for s in old.steps}, {s.key: s for s in new.steps}
    changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    return f"steps that differ: {', '.join(changed)}" if changed else "facts it was made from differ"


def first_switch(plan: Plan) -> int:
    """The index of the first step of the switch; what comes before it leaves the tenant sending as it does."""
    return next((step.index for step in plan.steps if step.kind in SWITCHES), len(plan.steps))


async def prepare(worker: StepExecutor, policy: DeliveryPolicy) -> bool:
    """Everything before the switch: the tenant keeps sending as it did.

    Returns:
        True when every test message is known to be delivered, False when that is not known and the policy says
        to proceed all the same.

    Raises:
        StepFailed: a step did not hold, a message failed, or nothing is known of it and the policy says to hold.
        TenantError: Auth0 refused or could not be reached.
    """
    await worker.recover()
    steps = worker.plan.steps[: first_switch(worker.plan)]
    tests = [s for s in steps if s.kind is StepKind.SEND_TEST]
    for step in steps:
        if step.kind is not StepKind.SEND_TEST and step.kind not in _FACTORS:
            await worker.apply(step)
    for step in tests:
        await send_test(worker, step, resend=policy.resend)
    verified = await _all_delivered(worker, tests, policy)
    for step in steps:
        if step.kind in _FACTORS:
            await worker.apply(step)
    return verified


async def _all_delivered(worker: StepExecutor, tests: list[Step], policy: DeliveryPolicy) -> bool:
    found = await asyncio.gather(*(confirm_delivery(worker, s, policy.evidence_deadline) for s in tests))
    unverified = [s.subject for s, d in zip(tests, found, strict=True) if d.evidence != "delivered"]
    if not tests and not _may_go_untested(worker.plan):
        raise _untested(worker.api.domain)
    if unverified and policy.when_inconclusive is WhenInconclusive.HOLD:
        raise no_evidence(worker.api.domain, unverified, policy.evidence_deadline)
    return not unverified


def _may_go_untested(plan: Plan) -> bool:
    """A plan that switches nothing, or one whose switch without a test message a person accepted by name."""
    accepted = any(w.code is ReasonCode.TEST_NUMBER_MISSING for w in plan.warnings)
    return accepted or not any(step.kind in SWITCHES for step in plan.steps)


def _untested(domain: str) -> StepFailed:
    return StepFailed(
        domain,
        ReasonCode.TEST_NUMBER_MISSING,
        "nothing is switched to a provider that was never tested, and there is no number for a test message: set "
        "target.test_numbers",
    )


async def switch(worker: StepExecutor, ref: TenantRef) -> Snapshot:
    """Throw the switches and read everything back.

    Returns:
        The tenant after its migration.

    Raises:
        StepFailed: a switch did not take effect, or the tenant is not what the plan promised.
        TenantError: Auth0 refused or could not be reached.
    """
    await worker.recover()
    for step in worker.plan.steps[first_switch(worker.plan) :]:
        await worker.apply(step)
    return await verify(worker.api, ref)


async def verify(api: ManagementApi, ref: TenantRef) -> Snapshot:
    """Read the tenant whole: it must be on the Unified Phone Experience and able to send everything in use.

    Raises:
        StepFailed: `verification_failed`, with the reasons.
    """
    after = await read_tenant(api, ref.client_id, datetime.now(UTC))
    assessment = classify(after, ref.target).assessment
    if assessment.verdict is not Verdict.ALREADY_MIGRATED:
        why = "; ".join(r.message for r in assessment.reasons)
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"after the switch the tenant is {assessment.verdict}: {why}",
        )
    return after
