"""Judge by Twilio's records what became of a test message. Pure.

Twilio does not say which request of Auth0's a record belongs to. So a record may be ours when it was created at about
the time of our message. When other test messages to the same number through the same account were sent at that time,
or the number received other messages, the records are counted: only if there are exactly as many as test messages,
and all ended alike, is the end of ours known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from phonefleet.delivery.twilio_api import TwilioRecord, TwilioRecords
from phonefleet.model.enums import Receipt

EARLIEST = timedelta(seconds=5)
"""How much earlier than our message its record may seem to be created: rounding, and clocks that differ."""
LATEST = timedelta(minutes=2)
"""How much later Auth0 may hand the message to Twilio. Assumed: Auth0 does not document it."""
_RECEIPTS = {
    "delivered": Receipt.DELIVERED,
    "completed": Receipt.DELIVERED,
    "undelivered": Receipt.FAILED,
    "failed": Receipt.FAILED,
    "canceled": Receipt.FAILED,
    "busy": Receipt.UNANSWERED,
    "no-answer": Receipt.UNANSWERED,
}
"""Final statuses. Any other (`queued`, `sending`, `sent`, `ringing`, …) may still change.

Source: Twilio's documentation of the statuses of the Message resource and of the Call resource.
"""


@dataclass(frozen=True, slots=True)
class ReceiptFinding:
    """What Twilio's records say of a message.

    Attributes:
        receipt: the receipt.
        sid: of the record that is ours; empty where that is not known.
        error_code: Twilio's code of the error; empty without one.
        may_have_failed: True for an ambiguous receipt when one of the messages failed.
        detail: why Twilio was not read; empty when it was.
    """

    receipt: Receipt
    sid: str = ""
    error_code: str = ""
    may_have_failed: bool = False
    detail: str = ""


NOT_ASKED = ReceiptFinding(Receipt.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another test message that Twilio does not tell apart from ours; `sid` is empty until its record is known.

    `accepted_by` is when Auth0 had accepted it at the latest; None for `sent_at`.
    """

    sent_at: datetime
    sid: str = ""
    accepted_by: datetime | None = None


def judge_records(
    found: TwilioRecords,
    sent_at: datetime,
    siblings: Collection[Sibling] = (),
    known: Collection[str] = (),
    accepted_by: datetime | None = None,
) -> ReceiptFinding:
    """Return what became of a message that was sent at `sent_at`.

    Args:
        found: what Twilio sent to its recipient.
        sent_at: aware, by our clock.
        siblings: the other test messages to the recipient of about the same time.
        known: SIDs of records that belong to other test messages.
        accepted_by: when Auth0 had accepted it at the latest, since its request may wait for a rate limit; None for
            `sent_at`.
    """
    taken = {*known, *(sibling.sid for sibling in siblings if sibling.sid)}
    unknown = [sibling for sibling in siblings if not sibling.sid]
    # Where siblings were sent before ours, their records may be in our time, and ours in theirs.
    begin = min([sent_at, *(s.sent_at for s in unknown)]) + found.clock_ahead - EARLIEST
    accepted = [accepted_by or sent_at, *(s.accepted_by or s.sent_at for s in unknown)]
    end = max(accepted) + found.clock_ahead + LATEST
    records = [r for r in found.records if r.sid not in taken and r.at is not None and begin <= r.at <= end]
    if not found.complete and all(r.at is None or r.at > begin for r in found.records):
        return ReceiptFinding(Receipt.AMBIGUOUS, may_have_failed=_any_failed(records))
    return _counted(records, 1 + len(unknown))


def _counted(records: Sequence[TwilioRecord], sent: int) -> ReceiptFinding:
    if not records:
        return ReceiptFinding(Receipt.NOT_FOUND)
    receipts = {_receipt(record) for record in records}
    if len(records) != sent or len(receipts) > 1:
        return ReceiptFinding(Receipt.AMBIGUOUS, may_have_failed=_any_failed(records))
    codes = {str(record.error_code) for record in records if record.error_code}
    return ReceiptFinding(
        receipts.pop(),
        sid=records[0].sid if sent == 1 else "",
        error_code=min(codes, default=""),
    )


def _receipt(record: TwilioRecord) -> Receipt:
    return _RECEIPTS.get(record.status, Receipt.NOT_FINAL)


def _any_failed(records: Sequence[TwilioRecord]) -> bool:
    return any(_receipt(record) is Receipt.FAILED for record in records)
