"""Send a test message once, and find out whether it was delivered."""

from __future__ import annotations

from datetime import timedelta

from phonefleet.delivery.evidence import DeliveryEvidence, find_evidence
from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.lost_answer_result import unknown_send_outcome
from phonefleet.model.enums import SWITCHES, ReasonCode
from phonefleet.model.steps import SendTestStep
from phonefleet.secrets.phone_numbers import mask_number

_PAUSE = timedelta(milliseconds=250)


async def send_test(executor: StepExecutor, step: SendTestStep, *, resend: bool) -> None:
    """Send a plan's test message unless it was sent already.

    Args:
        executor: works on the tenant.
        step: the message.
        resend: whether a message whose outcome is unknown is sent again: only if the operator asked for it.

    Raises:
        StepFailed: `test_result_unknown`.
        TenantError: it was not sent.
    """
    domain = executor.api.domain
    unknown = await executor.ledger.messages.unknown.in_thread(domain, step.after.delivery_method)
    if unknown and not resend:
        raise unknown_send_outcome(domain, step)
    await executor.apply(step)


async def confirm_delivery(
    executor: StepExecutor, step: SendTestStep, deadline: timedelta
) -> DeliveryEvidence:
    """Look for the message in the tenant's logs and record what they say.

    Raises:
        StepFailed: `test_message_failed` if they say that it was not delivered.
    """
    message = step.after
    sent = (await executor.applied())[step.key]
    evidence = await find_evidence(
        executor.api,
        message.delivery_method,
        message.to,
        sent.intended_at,
        deadline=deadline,
        pause=_PAUSE,
        known=await executor.journal.evidence_ids(but=sent.intent_id),
    )
    await executor.ledger.messages.add_evidence.in_thread(
        sent.intent_id,
        evidence.evidence,
        log_id=evidence.log_id,
        log_type=evidence.log_type,
        seen_at=evidence.seen_at,
    )
    if evidence.evidence == "failed":
        why = f" ({evidence.detail})" if evidence.detail else ""
        whose = (
            "" if evidence.names_recipient else ", which names no recipient, so it may be another message's,"
        )
        switches = any(each.kind in SWITCHES for each in executor.plan.steps)
        raise StepFailed(
            executor.api.domain,
            ReasonCode.TEST_MESSAGE_FAILED,
            f"the test message by {message.delivery_method} to {mask_number(message.to)} was accepted but not "
            f"delivered{why}: log entry {evidence.log_type} {evidence.log_id}{whose} says so. Correct the provider's "
            f"credentials or sender, then test again{'; the tenant was not switched' if switches else ''}",
        )
    return evidence


def no_evidence(domain: str, methods: list[str], deadline: timedelta) -> StepFailed:
    """Make the error for messages about which the logs say nothing in time."""
    return StepFailed(
        domain,
        ReasonCode.NO_DELIVERY_EVIDENCE,
        f"no log entry about the test message by {' and '.join(methods)} within {deadline.total_seconds():.0f} s, "
        "which does not show whether it was delivered. Look at the phone; then set rollout.when_inconclusive: proceed "
        "or raise rollout.evidence_deadline",
    )
