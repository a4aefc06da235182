"""Twilio's lists of messages and calls with the status of each.

``GET /2010-04-01/Accounts/{sid}/Messages.json`` and ``…/Calls.json`` with the account's SID and AuthToken, on any
Host. Auth0 calls a message sent once Twilio has taken it; only Twilio knows whether it arrived. Fields, statuses,
filters and error codes: Twilio's documentation of the Message resource and of the Call resource, and its error
dictionary. Filters by date have whole days. A call has no error code.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from simulator.ids import Ids, draw
from simulator.state import Json, Tenant, TwilioAccount

ERROR_MESSAGES = {
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region",
    21608: "The number is unverified. Trial accounts cannot send messages to unverified numbers",
    21612: "The 'To' phone number is not currently reachable",
    30007: "Message filtered",
    30034: "Message from an Unregistered Number",
}
"""Twilio's error codes of phone messages."""


class Resource(StrEnum):
    """What Twilio lists; the value is the key in its answers."""

    MESSAGES = "messages"
    CALLS = "calls"


_RESOURCES = {"text": Resource.MESSAGES, "voice": Resource.CALLS}
_NOT_YET = {Resource.MESSAGES: "sent", Resource.CALLS: "in-progress"}
_BY_DEFAULT = {Resource.MESSAGES: "delivered", Resource.CALLS: "completed"}
_SID_PREFIX = {Resource.MESSAGES: "SM", Resource.CALLS: "CA"}
_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """The filters: recipient, and the first day (``DateSent>=``, ``StartTime>=``)."""

    to: str | None = None
    since: str | None = None
    size: int = 50
    page: int = 0


@dataclass(frozen=True, slots=True)
class TwilioReply:
    """Status, JSON and headers of an answer."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def note_message(tenant: Tenant, sid: str, to: str, method: str, text: str, now: float) -> None:
    """Record a message or a call that Twilio accepted; ``hidden`` has its result.

    ``hidden.twilio_outcomes`` has those of messages and ``hidden.twilio_call_outcomes`` those of calls, by recipient
    or ``*`` for any: ``{"status": "undelivered", "error_code": 30007, "seconds": 2}``. Until the seconds have
    passed, 0 where they are not given, the status is ``sent`` or ``in-progress``.
    """
    resource = _RESOURCES[method]
    hidden = tenant.hidden
    outcomes = hidden.twilio_outcomes if resource is Resource.MESSAGES else hidden.twilio_call_outcomes
    outcome = outcomes.get(to) or outcomes.get("*") or {"status": _BY_DEFAULT[resource]}
    account = hidden.twilio_accounts.get(sid)
    number = len(tenant.twilio_messages)
    identity = Ids(draw(tenant.domain, "message", number)).twilio(_SID_PREFIX[resource])
    tenant.twilio_messages.append(
        {
            "resource": resource,
            "at": now,
            "final_at": now + outcome.get("seconds", 0),
            "outcome": outcome,
            "sid": identity,
            "account_sid": sid,
            "to": to,
            "from": account.numbers[0] if account and account.numbers else None,
            "body": text,
        }
    )


def list_resource(
    resource: Resource, tenants: Iterable[Tenant], sid: str, authorization: str, query: Query, now: float
) -> TwilioReply:
    """Return the account's messages or calls, newest first; 401 without its AuthToken.

    Args:
        resource: what to list.
        tenants: all that send through the account.
        sid: the account.
        authorization: the header's value.
        query: the filters.
        now: epoch seconds.
    """
    having = list(tenants)
    if not any(_authenticates(tenant.hidden.twilio_accounts[sid], authorization) for tenant in having):
        return TwilioReply(401, _error(401, 20003, "Authenticate"))
    notes = [note for tenant in having for note in tenant.twilio_messages if note["resource"] is resource]
    chosen = sorted((n for n in notes if _matches(n, sid, query)), key=lambda n: n["at"], reverse=True)
    size = min(query.size, _LARGEST_PAGE)
    first = query.page * size
    path = f"/2010-04-01/Accounts/{sid}/{resource.capitalize()}.json"
    more = f"{path}?Page={query.page + 1}&PageSize={size}" if len(chosen) > first + size else None
    shown = [_shown(note, now) for note in chosen[first : first + size]]
    page: Json = {"page": query.page, "page_size": size, "next_page_uri": more, "uri": path}
    return TwilioReply(200, {resource.value: shown} | page)


def _shown(note: Json, now: float) -> Json:
    moment = format_datetime(datetime.fromtimestamp(note["at"], UTC))
    resource, final = note["resource"], now >= note["final_at"]
    status = note["outcome"]["status"] if final else _NOT_YET[resource]
    common = {
        **{key: note[key] for key in ("sid", "account_sid", "to", "from")},
        "status": status,
        "date_created": moment,
        "date_updated": moment,
        "direction": "outbound-api",
        "uri": f"/2010-04-01/Accounts/{note['account_sid']}/{resource.capitalize()}/{note['sid']}.json",
    }
    if resource is Resource.CALLS:
        return common | {"start_time": moment, "end_time": moment if final else None, "answered_by": None}
    code = note["outcome"].get("error_code") if final else None
    return common | {
        "body": note["body"],
        "error_code": code,
        "error_message": ERROR_MESSAGES.get(code or 0),
        "date_sent": moment,
        "num_segments": "1",
    }


def too_many() -> TwilioReply:
    """Return Twilio's answer to too many requests."""
    return TwilioReply(429, _error(429, 20429, "Too Many Requests"), {"retry-after": "1"})


def _error(status: int, code: int, message: str) -> Json:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def _authenticates(account: TwilioAccount, authorization: str) -> bool:
    scheme, _, value = authorization.partition(" ")
    expected = base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
    return scheme.lower() == "basic" and value == expected


def _matches(note: Json, sid: str, query: Query) -> bool:
    if note["account_sid"] != sid or query.to not in (None, note["to"]):
        return False
    day = datetime.fromtimestamp(note["at"], UTC).strftime("%Y-%m-%d")
    return query.since is None or day >= query.since[:10]


def as_bytes(reply: TwilioReply) -> bytes:
    """Return the body of an answer."""
    return json.dumps(reply.body).encode()
