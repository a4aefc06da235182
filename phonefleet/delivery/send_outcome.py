"""Whether Auth0 took a test message whose answer was lost: read off the tenant's logs, never guessed.

Auth0 writes a `sapi` entry for every successful POST, PATCH, PUT and DELETE on the Management API (Auth0's list of
log event types). So one for our request, or one about a message to our recipient, shows that it was taken. That
there is none shows the opposite only once logs that are younger can be read: a mark, a harmless write made after
the request, has to be there. Logs need not come in order, so after the mark has been seen the same time is waited
once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.evidence import CLOCK_SKEW, entry_id, message_types, names_recipient

_LINES = 1_000
_FIRST_PAUSE = timedelta(milliseconds=50)
_LONGEST_PAUSE = timedelta(seconds=4)


class SendOutcome(StrEnum):
    """What is known of a request."""

    TAKEN = "taken"
    NEVER_ARRIVED = "never_arrived"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AmbiguousSend:
    """A request for a test message that got no answer.

    Attributes:
        client_id: whose request it was.
        method: `text` or `voice`.
        to: the recipient, E.164.
        since: when its intent was recorded, aware UTC.
        known: ids of log entries that are evidence of other messages.
    """

    client_id: str
    method: str
    to: str
    since: datetime
    known: Collection[str] = ()


Marker = Callable[[], Awaitable[bool]]
"""Makes a harmless write to the provider that leaves a `sapi` entry; False when there is none to make."""


async def resolve_send(
    api: ManagementApi, doubt: AmbiguousSend, mark: Marker, *, deadline: timedelta
) -> SendOutcome:
    """Find out what became of the request, within `deadline` after the mark.

    Raises:
        TenantError: Auth0 could not be asked.
    """
    before = await _entries(api, doubt)
    if _taken(before, doubt):
        return SendOutcome.TAKEN
    loop = asyncio.get_running_loop()
    marked = loop.time()
    if not await mark():
        return SendOutcome.UNKNOWN
    marks = {entry_id(e) for e in before if _is_mark(e, doubt)}
    pause, end = _FIRST_PAUSE.total_seconds(), marked + deadline.total_seconds()
    while True:
        entries = await _entries(api, doubt)
        if _taken(entries, doubt):
            return SendOutcome.TAKEN
        if any(_is_mark(e, doubt) and entry_id(e) not in marks for e in entries):
            await asyncio.sleep(loop.time() - marked)
            return _verdict(await _entries(api, doubt), doubt)
        if loop.time() + pause > end:
            return SendOutcome.UNKNOWN
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE.total_seconds())


def _verdict(entries: list[dict[str, Any]], doubt: AmbiguousSend) -> SendOutcome:
    if _taken(entries, doubt):
        return SendOutcome.TAKEN
    # A search gives no more lines than this: the one that is missing may be among those left out.
    return SendOutcome.NEVER_ARRIVED if len(entries) < _LINES else SendOutcome.UNKNOWN


async def _entries(api: ManagementApi, doubt: AmbiguousSend) -> list[dict[str, Any]]:
    messages = " OR ".join(f"type:{name}" for name in message_types(doubt.method))
    ours = f'(type:sapi AND client_id:"{doubt.client_id}")'
    return await api.logs(f"{ours} OR {messages}", limit=_LINES, since=doubt.since - CLOCK_SKEW)


def _taken(entries: Iterable[Mapping[str, Any]], doubt: AmbiguousSend) -> bool:
    return any(_is_request(e, doubt) or _is_message(e, doubt) for e in entries)


def _is_message(entry: Mapping[str, Any], doubt: AmbiguousSend) -> bool:
    ours = entry.get("type") in message_types(doubt.method) and entry_id(entry) not in doubt.known
    return ours and names_recipient(entry, doubt.to)


def _is_request(entry: Mapping[str, Any], doubt: AmbiguousSend) -> bool:
    request = _request(entry, doubt)
    body = request.get("body")
    told = body.get("delivery_method") if isinstance(body, Mapping) else None
    # An entry that doesn't tell its delivery method may be ours: then nothing is sent again.
    return _path(request).endswith("/try") and told in (None, doubt.method)


def _is_mark(entry: Mapping[str, Any], doubt: AmbiguousSend) -> bool:
    request = _request(entry, doubt)
    return str(request.get("method")).lower() == "patch" and "/branding/phone/providers/" in _path(request)


def _request(entry: Mapping[str, Any], doubt: AmbiguousSend) -> Mapping[str, Any]:
    """The request of a `sapi` entry of ours; empty for any other entry."""
    if entry.get("type") != "sapi" or entry.get("client_id") != doubt.client_id:
        return {}
    request = (entry.get("details") or {}).get("request")
    return request if isinstance(request, Mapping) else {}


def _path(request: Mapping[str, Any]) -> str:
    return str(request.get("path") or "").rstrip("/")
