"""What the tenant's logs say about a test message.

Auth0 answers 202 whatever becomes of a test message, and doesn't document which log entries it writes. An entry
counts only when it names our recipient and is not older than the message; none in time proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.secrets.phone_numbers import mask_numbers

_TYPES = {"text": "gd_send_sms", "voice": "gd_send_voice"}
_FAILURE = "_failure"
CLOCK_SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Auth0's."""
_TAIL = 4
_LINES = 50


@dataclass(frozen=True, slots=True)
class DeliveryEvidence:
    """`evidence` is `delivered`, `failed` or `none`; the rest is empty for `none`.

    `detail` is the log's error as people may read it: numbers in it are masked.
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
    """Look for the fate of a test message until `deadline` after now.

    Args:
        api: the tenant's door.
        method: `text` or `voice`.
        to: the recipient, E.164.
        sent_at: when the message was sent, aware UTC.
        deadline: how long to look.
        pause: time between two looks, doubled each time up to 16 times its length.
        known: ids of entries that are evidence of earlier messages, so not of this one.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline.total_seconds()
    wait = pause.total_seconds()
    while True:
        found = await _look(api, method, to, sent_at, known)
        if found is not NONE or loop.time() + wait > end:
            return found
        await asyncio.sleep(wait)
        wait = min(wait * 2, pause.total_seconds() * 16)


async def _look(
    api: ManagementApi, method: str, to: str, sent_at: datetime, known: Collection[str]
) -> DeliveryEvidence:
    types = " OR ".join(f"type:{name}" for name in message_types(method))
    entries = await api.logs(types, limit=_LINES, since=sent_at - CLOCK_SKEW)
    ours = (e for e in entries if entry_id(e) not in known and names_recipient(e, to))
    first = next(ours, None)
    if first is None:
        return NONE
    failed = str(first["type"]).endswith(_FAILURE)
    error = (first.get("details") or {}).get("error") or {}
    return DeliveryEvidence(
        evidence="failed" if failed else "delivered",
        log_id=entry_id(first),
        log_type=str(first["type"]),
        detail=mask_numbers(str(error.get("message") or "") if isinstance(error, Mapping) else str(error)),
        seen_at=datetime.fromisoformat(str(first["date"])),
    )


def message_types(method: str) -> tuple[str, str]:
    """The types of log entries about messages by `text` or `voice`: sent, and failed."""
    return _TYPES[method], f"{_TYPES[method]}{_FAILURE}"


def entry_id(entry: Mapping[str, Any]) -> str:
    """A log entry's id, under either of its names."""
    return str(entry.get("log_id") or entry.get("_id") or "")


def names_recipient(entry: Mapping[str, Any], to: str) -> bool:
    """True when the entry carries our recipient, whole or masked but for its last digits.

    Other people's messages go out at the same time; an entry that doesn't name ours is no evidence.
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
