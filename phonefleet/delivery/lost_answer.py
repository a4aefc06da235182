"""Find out from the tenant's logs whether Auth0 accepted a test message whose answer was lost.

Auth0 writes a `sapi` entry for every successful POST, PATCH, PUT and DELETE on the Management API (Auth0's list of
log event types). So an entry for our request, or about a message to our recipient, shows that it was accepted. A
missing entry shows the opposite only once later entries can be read: those of a marker, a harmless write made after
the request. Entries appear late, those of earlier writes too, so the marker's is known by its date. Nor need they
appear in order, so once the marker is seen, the time it took is waited once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.evidence import oldest_entry
from phonefleet.delivery.log_entries import Addressee, addressee, entry_id, is_sign_in, may_be_test
from phonefleet.model.endpoints import (
    API_WRITE_EVENT,
    PROVIDERS_PATH,
    TRY_PATH_END,
    any_of_types,
    message_events,
)
from phonefleet.polling import looks

_LINES = 1_000
_FIRST_PAUSE = timedelta(milliseconds=50)
_LONGEST_PAUSE = timedelta(seconds=4)


class SendOutcome(StrEnum):
    """What is known about a request."""

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
        earlier: when Auth0 had accepted the tenant's earlier test messages by this method; the entries of their
            requests are not known.
        clock_ahead: how far Auth0's clock is ahead of the one that dated `since` and `earlier`.
    """

    client_id: str
    method: str
    to: str
    since: datetime
    known: Collection[str] = ()
    earlier: Collection[datetime] = ()
    clock_ahead: timedelta = timedelta(0)


Marker = Callable[[], Awaitable[datetime | None]]
"""Makes a harmless write to the provider, and returns from when on its `sapi` entry is dated, by Auth0's clock.

None when there is no such write to make, or Auth0 does not say when it was made. An earlier write to the provider is
dated before that, whenever its entry can be read.
"""


async def resolve_send(
    api: ManagementApi, send: AmbiguousSend, mark: Marker, *, deadline: timedelta
) -> SendOutcome:
    """Find out whether Auth0 accepted the request, within `deadline` after the marker.

    Raises:
        TenantError: the logs cannot be read.
    """
    if _taken(await _entries(api, send), send):
        return SendOutcome.TAKEN
    loop = asyncio.get_running_loop()
    marked = loop.time()
    mark_date = await mark()
    if mark_date is None:
        return SendOutcome.UNKNOWN
    left = deadline - timedelta(seconds=loop.time() - marked)
    async for _ in looks(left, _FIRST_PAUSE, _LONGEST_PAUSE):
        entries = await _entries(api, send)
        if _taken(entries, send):
            return SendOutcome.TAKEN
        if any(_is_mark(e, send, mark_date) for e in entries):
            await asyncio.sleep(loop.time() - marked)
            entries = await _entries(api, send)
            if _taken(entries, send):
                return SendOutcome.TAKEN
            # A search returns no more entries than this: the missing one may be among the rest.
            return SendOutcome.NEVER_ARRIVED if len(entries) < _LINES else SendOutcome.UNKNOWN
    return SendOutcome.UNKNOWN


async def _entries(api: ManagementApi, send: AmbiguousSend) -> list[dict[str, Any]]:
    messages = any_of_types(*message_events(send.method))
    ours = f'(type:{API_WRITE_EVENT} AND client_id:"{send.client_id}")'
    since = oldest_entry(send.since, send.earlier) + send.clock_ahead
    return await api.logs(f"{ours} OR {messages}", limit=_LINES, since=since)


def _taken(entries: Iterable[Mapping[str, Any]], send: AmbiguousSend) -> bool:
    return any(_is_request(e, send) or _is_message(e, send) for e in entries)


def _is_message(entry: Mapping[str, Any], send: AmbiguousSend) -> bool:
    ours = entry.get("type") in message_events(send.method) and entry_id(entry) not in send.known
    ours = ours and may_be_test(entry, send.method) and not is_sign_in(entry)
    return ours and addressee(entry, send.to) is Addressee.OURS


def _is_request(entry: Mapping[str, Any], send: AmbiguousSend) -> bool:
    request = _request(entry, send)
    body = request.get("body")
    method = body.get("delivery_method") if isinstance(body, Mapping) else None
    # An entry without a delivery method may be ours: then nothing is sent again.
    return _path(request).endswith(TRY_PATH_END) and method in (None, send.method)


def _is_mark(entry: Mapping[str, Any], send: AmbiguousSend, date: datetime) -> bool:
    request = _request(entry, send)
    patches = str(request.get("method")).lower() == "patch" and PROVIDERS_PATH in _path(request)
    return patches and datetime.fromisoformat(str(entry["date"])) >= date


def _request(entry: Mapping[str, Any], send: AmbiguousSend) -> Mapping[str, Any]:
    """Return the request of a `sapi` entry of our client; empty for any other entry."""
    if entry.get("type") != API_WRITE_EVENT or entry.get("client_id") != send.client_id:
        return {}
    request = (entry.get("details") or {}).get("request")
    return request if isinstance(request, Mapping) else {}


def _path(request: Mapping[str, Any]) -> str:
    return str(request.get("path") or "").rstrip("/")
