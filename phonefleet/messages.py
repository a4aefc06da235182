"""Sending a test message once, and finding out what became of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from phonefleet.doubt import unknown_fate
from phonefleet.errors import StepFailed
from phonefleet.evidence import Delivery, delivery
from phonefleet.masking import masked
from phonefleet.plan import Step
from phonefleet.vocabulary import ReasonCode
from phonefleet.worker import Worker

_PAUSE = timedelta(milliseconds=250)


async def send_test(worker: Worker, step: Step, *, resend: bool) -> None:
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
    unknown = await asyncio.to_thread(
        worker.ledger.unknown_message, worker.api.domain, after["delivery_method"]
    )
    if unknown and not resend:
        raise unknown_fate(worker.api.domain, step)
    await worker.apply(step)


async def prove_delivery(worker: Worker, step: Step, deadline: timedelta) -> Delivery:
    """Look for the message's fate in the tenant's logs and record what they say.

    Raises:
        StepFailed: `test_message_failed`, when they say that it was not delivered.
    """
    after: Any = step.after
    sent = (await worker.applied())[step.key]
    found = await delivery(
        worker.api,
        after["delivery_method"],
        after["to"],
        sent.intended_at,
        deadline=deadline,
        pause=_PAUSE,
        known=await worker.journal.evidence(but=sent.intent_id),
    )
    await asyncio.to_thread(
        lambda: worker.ledger.message_evidence(
            sent.intent_id,
            found.evidence,
            log_id=found.log_id,
            log_type=found.log_type,
            seen_at=found.seen_at,
        )
    )
    if found.evidence == "failed":
        why = f" ({found.detail})" if found.detail else ""
        raise StepFailed(
            worker.api.domain,
            ReasonCode.TEST_MESSAGE_FAILED,
            f"the test message by {after['delivery_method']} to {masked(after['to'])} was accepted but not "
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
