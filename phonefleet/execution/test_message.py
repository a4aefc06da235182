"""Sending a test message once, and finding out what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from phonefleet.delivery.evidence import DeliveryEvidence, find_evidence
from phonefleet.errors import StepFailed
from phonefleet.execution.ambiguous_send import unknown_send_outcome
from phonefleet.execution.executor import StepExecutor
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step
from phonefleet.secrets.phone_numbers import mask_number

_PAUSE = timedelta(milliseconds=250)


async def send_test(worker: StepExecutor, step: Step, *, resend: bool) -> None:
    """Send a plan's test message unless it was sent already.

    Args:
        worker: at work on the tenant.
        step: a step of kind `send_test`.
        resend: whether a message whose fate is unknown may be sent again: only when the operator asked.

    Raises:
        StepFailed: `test_fate_unknown`.
        TenantError: it was not sent.
    """
    after: Any = step.after
    unknown = await worker.ledger.messages.unknown.in_thread(worker.api.domain, after["delivery_method"])
    if unknown and not resend:
        raise unknown_send_outcome(worker.api.domain, step)
    await worker.apply(step)


async def confirm_delivery(worker: StepExecutor, step: Step, deadline: timedelta) -> DeliveryEvidence:
    """Look for the message's fate in the tenant's logs and record what they say.

    Raises:
        StepFailed: `test_message_failed`, when they say that it was not delivered.
    """
    after: Any = step.after
    sent = (await worker.applied())[step.key]
    found = await find_evidence(
        worker.api,
        after["delivery_method"],
        after["to"],
        sent.intended_at,
        deadline=deadline,
        pause=_PAUSE,
        known=await worker.journal.evidence(but=sent.intent_id),
    )
    await worker.ledger.messages.add_evidence.in_thread(
        sent.intent_id,
        found.evidence,
        log_id=found.log_id,
        log_type=found.log_type,
        seen_at=found.seen_at,
    )
    if found.evidence == "failed":
        why = f" ({found.detail})" if found.detail else ""
        raise StepFailed(
            worker.api.domain,
            ReasonCode.TEST_MESSAGE_FAILED,
            f"the test message by {after['delivery_method']} to {mask_number(after['to'])} was accepted but not "
            f"delivered{why}: "
            f"log entry {found.log_type} {found.log_id}. Correct the provider's credentials or sender; the tenant was "
            "not switched",
        )
    return found


def no_evidence(domain: str, methods: list[str], deadline: timedelta) -> StepFailed:
    """The error when the logs say nothing about a message in time."""
    return StepFailed(
        domain,
        ReasonCode.NO_DELIVERY_EVIDENCE,
        f"no log entry about the test message by {' and '.join(methods)} within {deadline.total_seconds():.0f} s: "
        "absence proves nothing. Look at the phone; then set rollout.when_inconclusive: proceed or raise "
        "rollout.evidence_deadline",
    )
