"""Find in the tenant's logs whether a test message was delivered.

Auth0 answers 202 whether or not a test message is delivered, and does not document which log entries it writes. So
every entry about a phone message is read that is not older than the message. One that names our recipient decides.
Without one, a failure that names no recipient may be ours, so it counts as ours at the deadline. No entry in time
proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.log_entries import (
    Addressee,
    Entry,
    addressee,
    entry_id,
    failure_reason,
    is_failure,
    may_be_test,
)
from phonefleet.model.endpoints import any_of_types, message_events

CLOCK_SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Auth0's."""
_LINES = 1_000
_LONGEST_PAUSE_FACTOR = 16


@dataclass(frozen=True, slots=True)
class DeliveryEvidence:
    """What the logs show of a test message; the rest is empty for `none`.

    Attributes:
        evidence: `delivered`, `failed` or `none`.
        log_id: id of the log entry.
        log_type: its type.
        detail: why the message failed, with numbers masked, and what to do about the provider's error code.
        seen_at: when the entry was written.
        names_recipient: False for a failure that names no recipient, so it may be another message's.
    """

    evidence: str
    log_id: str = ""
    log_type: str = ""
    detail: str = ""
    seen_at: datetime | None = None
    names_recipient: bool = True


NONE = DeliveryEvidence("none")


async def find_evidence(
    api: ManagementApi,
    method: str,
    to: str,
    sent_at: datetime,
    *,
    deadline: timedelta,
    pause: timedelta,
    known: Collection[str] = (),
) -> DeliveryEvidence:
    """Search the logs for a test message until `deadline` after now.

    Args:
        api: the tenant's Management API.
        method: `text` or `voice`.
        to: the recipient, E.164.
        sent_at: when the message was sent, aware UTC.
        deadline: how long to search.
        pause: time between two searches, doubled each time up to 16 times its length.
        known: ids of entries that are evidence of earlier messages, so not of this one.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline.total_seconds()
    wait = pause.total_seconds()
    while True:
        evidence = await _search(api, method, to, sent_at, known)
        certain = evidence is not NONE and evidence.names_recipient
        if certain or loop.time() + wait > end:
            return evidence
        await asyncio.sleep(wait)
        wait = min(wait * 2, pause.total_seconds() * _LONGEST_PAUSE_FACTOR)


async def _search(
    api: ManagementApi, method: str, to: str, sent_at: datetime, known: Collection[str]
) -> DeliveryEvidence:
    query = any_of_types(*message_events(method))
    entries = await api.logs(query, limit=_LINES, since=sent_at - CLOCK_SKEW)
    left = [e for e in entries if entry_id(e) not in known and may_be_test(e, method)]
    ours = [e for e in left if addressee(e, to) is Addressee.OURS]
    if ours:
        # A message can be taken and fail later, so a failure counts more.
        return _evidence_of(next(filter(is_failure, ours), ours[0]), names_recipient=True)
    nameless = (e for e in left if is_failure(e) and addressee(e, to) is Addressee.UNKNOWN)
    return next((_evidence_of(entry, names_recipient=False) for entry in nameless), NONE)


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
