"""Find in the tenant's logs whether a test message was delivered.

Auth0 answers 202 whether or not a test message is delivered, and does not document which log entries it writes. An
entry counts only when it names our recipient and is not older than the message; no entry in time proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.endpoints import FAILURE_SUFFIX, any_of_types, message_events
from phonefleet.secrets.phone_numbers import mask_numbers

CLOCK_SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Auth0's."""
_TAIL = 4
_LINES = 50
_LONGEST_PAUSE_FACTOR = 16


@dataclass(frozen=True, slots=True)
class DeliveryEvidence:
    """`evidence` is `delivered`, `failed` or `none`; the rest is empty for `none`.

    `detail` is the error in the log, with numbers masked.
    """

    evidence: str
    log_id: str = ""
    log_type: str = ""
    detail: str = ""
    seen_at: datetime | None = None


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
        if evidence is not NONE or loop.time() + wait > end:
            return evidence
        await asyncio.sleep(wait)
        wait = min(wait * 2, pause.total_seconds() * _LONGEST_PAUSE_FACTOR)


async def _search(
    api: ManagementApi, method: str, to: str, sent_at: datetime, known: Collection[str]
) -> DeliveryEvidence:
    query = any_of_types(*message_events(method))
    entries = await api.logs(query, limit=_LINES, since=sent_at - CLOCK_SKEW)
    ours = (e for e in entries if entry_id(e) not in known and names_recipient(e, to))
    first = next(ours, None)
    if first is None:
        return NONE
    error = (first.get("details") or {}).get("error") or {}
    return DeliveryEvidence(
        evidence="failed" if is_failure(first) else "delivered",
        log_id=entry_id(first),
        log_type=str(first["type"]),
        detail=mask_numbers(str(error.get("message") or "") if isinstance(error, Mapping) else str(error)),
        seen_at=datetime.fromisoformat(str(first["date"])),
    )


def is_failure(entry: Mapping[str, Any]) -> bool:
    """Whether a log entry about a message says that it was not sent."""
    return str(entry["type"]).endswith(FAILURE_SUFFIX)


def entry_id(entry: Mapping[str, Any]) -> str:
    """Return a log entry's id, which has one of two names."""
    return str(entry.get("log_id") or entry.get("_id") or "")


def names_recipient(entry: Mapping[str, Any], to: str) -> bool:
    """Whether an entry holds the recipient's number, complete or masked but for its last digits.

    Messages to others are sent at the same time; an entry without the recipient is no evidence.
    """
    return any(_is_number(text, to) for text in _strings(entry.get("details")))


def _is_number(text: str, to: str) -> bool:
    bare = text.replace(" ", "").replace("-", "")
    masked = bare[:-_TAIL].lstrip("+")
    return bare == to or (bare[-_TAIL:] == to[-_TAIL:] and bool(masked) and set(masked) <= set("Xx*•#"))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _strings(item)
        case list() | tuple():
            for item in value:
                yield from _strings(item)
