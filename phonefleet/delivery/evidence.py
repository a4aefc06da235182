"""Find out whether a test message was delivered: from the tenant's logs and, where Twilio sends, from Twilio.

Auth0 answers 202 whether or not a test message is delivered, and does not document which log entries it writes. So
every entry about a phone message is read that is not older than the message, nor perhaps an earlier test message's, nor
later than Auth0 may have sent it.
One that names our recipient decides.
Without one, a failure that names no recipient may be ours, so it counts as ours at the deadline. No entry in time
proves nothing.

Auth0 logs a message as sent once Twilio has accepted it; only Twilio knows whether it arrived. So Twilio's final
status decides before the logs, except for a failure there that names our recipient. Where Twilio cannot be read, or
does not know, the logs decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from phonefleet.auth0.concurrent_reads import read_together
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.log_entries import (
    Addressee,
    Entry,
    addressee,
    entry_id,
    failure_reason,
    is_failure,
    is_sign_in,
    may_be_test,
)
from phonefleet.delivery.provider_errors import find_provider_error
from phonefleet.delivery.receipts import LATEST, NOT_ASKED, ReceiptFinding
from phonefleet.model.endpoints import any_of_types, message_events
from phonefleet.model.enums import Receipt
from phonefleet.polling import looks

CLOCK_SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Auth0's although the `Date` headers show no difference, or are not known."""
_LINES = 1_000
_LONGEST_PAUSE_FACTOR = 16


@dataclass(frozen=True, slots=True)
class DeliveryEvidence:
    """What is known of a test message; what concerns the log is empty when it has no entry.

    Attributes:
        evidence: `delivered`, `failed` or `none`.
        log_id: id of the log entry.
        log_type: its type.
        detail: why the message failed, with numbers masked, and what to do about the provider's error code.
        seen_at: when the log entry was written, but not before the message was sent, or the receipt was read.
        names_recipient: False for a failure that names no recipient, so it may be another message's.
        receipt: what Twilio says.
    """

    evidence: str
    log_id: str = ""
    log_type: str = ""
    detail: str = ""
    seen_at: datetime | None = None
    names_recipient: bool = True
    receipt: ReceiptFinding = NOT_ASKED


NONE = DeliveryEvidence("none")
ReceiptReader = Callable[[timedelta], Awaitable[ReceiptFinding]]
"""Asks Twilio about the message; takes at most the given time."""
_MAY_CHANGE = frozenset({Receipt.NOT_FINAL, Receipt.NOT_FOUND, Receipt.AMBIGUOUS})
"""Receipts that Twilio may still replace by a decisive one."""


async def find_evidence(
    api: ManagementApi,
    method: str,
    to: str,
    sent_at: datetime,
    *,
    accepted_by: datetime | None = None,
    deadline: timedelta,
    pause: timedelta,
    known: Collection[str] = (),
    earlier: Collection[datetime] = (),
    clock_ahead: timedelta = timedelta(0),
    read_receipt: ReceiptReader | None = None,
) -> DeliveryEvidence:
    """Search for evidence of a test message until `deadline` after now.

    Args:
        api: the tenant's Management API.
        method: `text` or `voice`.
        to: the recipient, E.164.
        sent_at: when the message was sent, aware UTC.
        accepted_by: when Auth0 had accepted it at the latest, since its request may wait for a rate limit; None for
            `sent_at`.
        deadline: how long to search.
        pause: time between two searches, doubled each time up to 16 times its length.
        known: ids of entries that are evidence of earlier messages, so not of this one.
        earlier: when Auth0 had accepted the tenant's earlier test messages by this method whose entries are not known.
        clock_ahead: how far Auth0's clock is ahead of the one that dated the messages.
        read_receipt: asks Twilio; None where Twilio does not send, or is not to be asked.
    """
    since = oldest_entry(sent_at, earlier) + clock_ahead
    until = (accepted_by or sent_at) + LATEST + CLOCK_SKEW + clock_ahead
    evidence, receipt = NONE, NOT_ASKED
    async for left in looks(deadline, pause, pause * _LONGEST_PAUSE_FACTOR):
        # A refusal of SID and token will be the same the next time.
        asks = read_receipt if receipt.receipt is not Receipt.REFUSED else None
        (logged, signed_in), receipt = await read_together(
            _search(api, method, to, since, until, known), asks(left) if asks else _unchanged(receipt)
        )
        if signed_in and receipt.receipt is Receipt.DELIVERED:
            # Twilio has no more records than there were tests, so it may have the sign-in's in place of ours.
            receipt = replace(receipt, receipt=Receipt.AMBIGUOUS, sid="")
        if logged.seen_at:
            logged = replace(logged, seen_at=logged.seen_at - clock_ahead)
        evidence = _not_before(sent_at, combine(logged, receipt, datetime.now(UTC)))
        if is_certain(evidence):
            break
    return evidence


def oldest_entry(sent_at: datetime, earlier: Iterable[datetime]) -> datetime:
    """Return how old a log entry may be that is about a message sent at `sent_at`.

    Auth0's clock may be behind ours. But an entry from before the message may be an earlier test message's if Auth0
    may have sent that one so late; then a message is rather taken to have no entry than another's.

    Args:
        sent_at: when the message was sent, aware UTC.
        earlier: when Auth0 had accepted the messages before it whose entries are not known; later than itself by a
            clock that was set back.
    """
    oldest = sent_at - CLOCK_SKEW
    return sent_at if any(oldest - LATEST <= other for other in earlier) else oldest


def _not_before(sent_at: datetime, evidence: DeliveryEvidence) -> DeliveryEvidence:
    """Two clocks must not make a message seen before it was sent."""
    return replace(evidence, seen_at=max(sent_at, evidence.seen_at)) if evidence.seen_at else evidence


async def _unchanged(receipt: ReceiptFinding) -> ReceiptFinding:
    return receipt


def combine(logged: DeliveryEvidence, receipt: ReceiptFinding, now: datetime) -> DeliveryEvidence:
    """Return what the log and Twilio say together.

    Args:
        logged: what the log says.
        receipt: what Twilio says.
        now: when Twilio said it, aware UTC.
    """
    if logged.evidence == "failed" and logged.names_recipient:
        return replace(logged, receipt=receipt)
    # Where a failure in the log names no recipient and our message is delivered, it is another message's.
    log = NONE if logged.evidence == "failed" else logged
    match receipt.receipt:
        case Receipt.NOT_ASKED:
            return logged
        case Receipt.DELIVERED:
            return replace(log, evidence="delivered", seen_at=log.seen_at or now, receipt=receipt)
        case Receipt.FAILED:
            return replace(
                log, evidence="failed", seen_at=now, receipt=receipt, detail=_error(receipt.error_code)
            )
        case Receipt.AMBIGUOUS if receipt.may_have_failed:
            return DeliveryEvidence("failed", seen_at=now, names_recipient=False, receipt=receipt)
        case _:
            return replace(logged, receipt=receipt)


def is_certain(evidence: DeliveryEvidence) -> bool:
    """Whether nothing that may still be found would change what is known."""
    if evidence.evidence == "none" or not evidence.names_recipient:
        return False
    return evidence.evidence == "failed" or evidence.receipt.receipt not in _MAY_CHANGE


def _error(code: str) -> str:
    known = find_provider_error([code], ())
    return str(known) if known else f"Twilio {code}" if code else ""


async def _search(
    api: ManagementApi, method: str, to: str, since: datetime, until: datetime, known: Collection[str]
) -> tuple[DeliveryEvidence, bool]:
    """Return what the log says of the message, and whether a sign-in's code was sent to the same number."""
    query = any_of_types(*message_events(method))
    entries = await api.logs(query, limit=_LINES, since=since, until=until)
    left = [e for e in entries if entry_id(e) not in known and may_be_test(e, method)]
    to_us = [e for e in left if addressee(e, to) is Addressee.OURS]
    ours = [e for e in to_us if is_failure(e) or not is_sign_in(e)]
    signed_in = len(ours) < len(to_us)
    if ours:
        # A message can be taken and fail later, so a failure counts more.
        return _evidence_of(next(filter(is_failure, ours), ours[0]), names_recipient=True), signed_in
    nameless = (e for e in left if is_failure(e) and addressee(e, to) is Addressee.UNKNOWN)
    return next((_evidence_of(entry, names_recipient=False) for entry in nameless), NONE), signed_in


def _evidence_of(entry: Entry, *, names_recipient: bool) -> DeliveryEvidence:
    failed = is_failure(entry)
    return DeliveryEvidence(
        evidence="failed" if failed else "delivered",
        log_id=entry_id(entry),
        log_type=str(entry["type"]),
        detail=str(failure_reason(entry)) if failed else "",
        seen_at=datetime.fromisoformat(str(entry["date"])),
        names_recipient=names_recipient,
    )
