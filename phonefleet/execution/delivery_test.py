"""Send a test message once, and find out whether it was delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from phonefleet.delivery.evidence import DeliveryEvidence, ReceiptReader, find_evidence
from phonefleet.delivery.receipts import EARLIEST, LATEST, ReceiptFinding, Sibling, judge_records
from phonefleet.delivery.twilio_api import TwilioApi, TwilioUnread
from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.lost_answer_result import unknown_send_outcome
from phonefleet.model.enums import SWITCHES, ReasonCode, Receipt
from phonefleet.model.run_record import IntentRecord
from phonefleet.model.step_payloads import OutgoingMessage
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


async def confirm_deliveries(
    executor: StepExecutor, tests: Sequence[SendTestStep], deadline: timedelta, twilio: TwilioApi | None
) -> list[DeliveryEvidence]:
    """Look for every test message at once, and record what is found about each, also when one of them failed.

    Args:
        executor: works on the tenant.
        tests: the messages.
        deadline: how long to look.
        twilio: Twilio's API; None where it is not to be asked.

    Raises:
        StepFailed: `test_message_failed`.
        TenantError: Auth0 refused or could not be reached.
    """
    looks = (confirm_delivery(executor, test, deadline, twilio) for test in tests)
    found = await asyncio.gather(*looks, return_exceptions=True)
    errors = [each for each in found if isinstance(each, BaseException)]
    if errors:
        raise next((each for each in errors if isinstance(each, StepFailed)), errors[0])
    return [each for each in found if isinstance(each, DeliveryEvidence)]


async def confirm_delivery(
    executor: StepExecutor, step: SendTestStep, deadline: timedelta, twilio: TwilioApi | None = None
) -> DeliveryEvidence:
    """Look for the message in the tenant's logs and at Twilio, and record what they say.

    Args:
        executor: works on the tenant.
        step: the message.
        deadline: how long to look.
        twilio: Twilio's API; None where it is not to be asked.

    Raises:
        StepFailed: `test_message_failed` if they say that it was not delivered.
    """
    message, method = step.after, step.after.delivery_method
    sent = (await executor.applied())[step.key]
    others = [m for m in await executor.journal.messages() if m.intent_id != sent.intent_id]
    asks = twilio is not None and message.twilio_sid
    evidence = await find_evidence(
        executor.api,
        method,
        message.to,
        sent.intended_at,
        accepted_by=sent.ended_at,
        deadline=deadline,
        pause=_PAUSE,
        known={m.log_id for m in others if m.log_id},
        earlier=[
            m.accepted_by
            for m in others
            if m.delivery_method == method and m.intent_id < sent.intent_id and not m.log_id
        ],
        clock_ahead=await executor.journal.behind(executor.api.server_clock),
        read_receipt=_receipt_reader(executor, twilio, message, sent) if twilio and asks else None,
    )
    receipt = evidence.receipt
    await executor.ledger.messages.add_evidence.in_thread(
        sent.intent_id,
        evidence.evidence,
        log_id=evidence.log_id,
        log_type=evidence.log_type,
        receipt=receipt.receipt,
        receipt_sid=receipt.sid,
        error_code=receipt.error_code,
        seen_at=evidence.seen_at,
    )
    if evidence.evidence == "failed":
        raise _test_failed(executor, message, evidence)
    return evidence


def _receipt_reader(
    executor: StepExecutor, twilio: TwilioApi, message: OutgoingMessage, sent: IntentRecord
) -> ReceiptReader:
    async def read(within: timedelta) -> ReceiptFinding:
        found = await twilio.sent_to(
            message.twilio_sid, message.to, message.delivery_method, sent.intended_at, within=within
        )
        if isinstance(found, TwilioUnread):
            return ReceiptFinding(found.receipt, detail=found.detail)
        # Twilio's clock was compared with this machine's; messages are dated by the ledger's.
        machine_ahead = datetime.now(UTC) - await executor.ledger.now.in_thread()
        found = replace(found, clock_ahead=found.clock_ahead + machine_ahead)
        alike = await executor.ledger.messages.sent_alike.in_thread(
            message,
            sent.intended_at - EARLIEST - LATEST,
            (sent.ended_at or sent.intended_at) + LATEST + EARLIEST,
        )
        siblings = [
            Sibling(m.sent_at, m.receipt_sid, m.accepted_by) for m in alike if m.intent_id != sent.intent_id
        ]
        return judge_records(found, sent.intended_at, siblings, accepted_by=sent.ended_at)

    return read


def _test_failed(executor: StepExecutor, message: OutgoingMessage, evidence: DeliveryEvidence) -> StepFailed:
    receipt = evidence.receipt
    switches = any(step.kind in SWITCHES for step in executor.plan.steps)
    match receipt.receipt:
        case Receipt.FAILED:
            source = f"Twilio says so of {receipt.sid or 'every message that was sent there at that time'}"
        case Receipt.AMBIGUOUS if receipt.may_have_failed and not evidence.log_id:
            source = (
                "Twilio says so of one of several messages that were sent there at that time, so it may be another "
                "message's; give each tenant a test number of its own"
            )
        case _ if evidence.names_recipient:
            source = f"log entry {evidence.log_type} {evidence.log_id} says so"
        case _:
            source = (
                f"log entry {evidence.log_type} {evidence.log_id}, which names no recipient, so it may be another "
                "message's, says so"
            )
    why = f" ({evidence.detail})" if evidence.detail else ""
    return StepFailed(
        executor.api.domain,
        ReasonCode.TEST_MESSAGE_FAILED,
        f"the test message by {message.delivery_method} to {mask_number(message.to)} was accepted but not delivered"
        f"{why}: {source}. Correct the provider's credentials or sender, then test again"
        f"{'; the tenant was not switched' if switches else ''}",
    )


def no_evidence(domain: str, receipts: Mapping[str, ReceiptFinding], deadline: timedelta) -> StepFailed:
    """Make the error for messages about which the logs and Twilio say nothing in time.

    Args:
        domain: the tenant.
        receipts: what Twilio says of each message, by delivery method.
        deadline: how long evidence was looked for.
    """
    asked = [
        f"Twilio's receipt by {method}: {_described(finding)}"
        for method, finding in receipts.items()
        if finding.receipt is not Receipt.NOT_ASKED
    ]
    twilio = f" ({'; '.join(asked)})" if asked else ""
    return StepFailed(
        domain,
        ReasonCode.NO_DELIVERY_EVIDENCE,
        f"no log entry about the test message by {' and '.join(receipts)} within {deadline.total_seconds():.0f} s"
        f"{twilio}, which does not show whether it was delivered. Look at the phone; then set "
        "rollout.when_inconclusive: proceed or raise rollout.evidence_deadline",
    )


def _described(finding: ReceiptFinding) -> str:
    word = finding.receipt.replace("_", " ")
    return f"{word}, {finding.detail}" if finding.detail else word
