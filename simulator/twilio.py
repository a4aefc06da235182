"""Twilio's list of messages with the status of each.

``GET /2010-04-01/Accounts/{sid}/Messages.json`` with the account's SID and AuthToken, on any Host. Auth0 calls a
message sent once Twilio has taken it; only Twilio knows whether it arrived. Fields, statuses and error codes: Twilio's
documentation of the Message resource and of its error dictionary.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

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


@dataclass(frozen=True, slots=True)
class Query:
    """The filters: recipient, and the first day (``DateSent>=``)."""

    to: str | None = None
    since: str | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class TwilioReply:
    """Status, JSON and headers of an answer."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def note_message(tenant: Tenant, sid: str, to: str, text: str, now: float) -> None:
    """Record a message that Twilio accepted; ``hidden.twilio_outcomes`` has its result.

    Outcomes go by recipient, or ``*`` for any: ``{"status": "undelivered", "error_code": 30007}``.
    """
    outcomes = tenant.hidden.twilio_outcomes
    outcome = outcomes.get(to) or outcomes.get("*") or {"status": "delivered", "error_code": None}
    account = tenant.hidden.twilio_accounts[sid]
    number = len(tenant.twilio_messages)
    moment = format_datetime(datetime.fromtimestamp(now, UTC))
    code = outcome.get("error_code")
    identity = Ids(draw(tenant.domain, "message", number)).twilio("SM")
    tenant.twilio_messages.append(
        {
            "sid": identity,
            "account_sid": sid,
            "to": to,
            "from": account.numbers[0] if account.numbers else None,
            "body": text,
            "status": outcome["status"],
            "error_code": code,
            "error_message": ERROR_MESSAGES.get(code or 0),
            "date_created": moment,
            "date_sent": moment,
            "date_updated": moment,
            "direction": "outbound-api",
            "num_segments": "1",
            "uri": f"/2010-04-01/Accounts/{sid}/Messages/{identity}.json",
        }
    )


def list_messages(tenant: Tenant | None, sid: str, authorization: str, query: Query) -> TwilioReply:
    """Return the account's messages, newest first; 401 without its AuthToken."""
    account = tenant.hidden.twilio_accounts.get(sid) if tenant is not None else None
    if tenant is None or account is None or not _authenticates(account, authorization):
        return TwilioReply(401, _error(401, 20003, "Authenticate"))
    chosen = [message for message in tenant.twilio_messages[::-1] if _matches(message, sid, query)]
    page: Json = {"messages": chosen[: query.size], "page": 0, "page_size": query.size, "next_page_uri": None}
    return TwilioReply(200, page | {"uri": f"/2010-04-01/Accounts/{sid}/Messages.json"})


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


def _matches(message: Json, sid: str, query: Query) -> bool:
    if message["account_sid"] != sid or query.to not in (None, message["to"]):
        return False
    sent = datetime.strptime(message["date_sent"], "%a, %d %b %Y %H:%M:%S %z")
    return query.since is None or sent.strftime("%Y-%m-%d") >= query.since[:10]


def as_bytes(reply: TwilioReply) -> bytes:
    """Return the body of an answer."""
    return json.dumps(reply.body).encode()
