"""A tenant's history: messages, and writes of other applications to phone settings.

The facts it depends on are fixed when the tenant is made; the logs themselves are written on the first
read, because most tenants' logs are never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.ids import Ids, draw
from simulator.kinds import Kind
from simulator.logbook import LogBook
from simulator.messages import MessageLogger, masked, reason_fields, reason_place
from simulator.owners import OWNERS, Owner, owner_calls
from simulator.routing import Delivery, Path
from simulator.seeds import DAY, TenantBuilder, named
from simulator.state import Json, Tenant

_LEGACY_CALLS = (
    ("PUT", "/api/v2/guardian/factors/phone/message-types", "Update enabled phone factors"),
    ("PUT", "/api/v2/guardian/factors/phone/selected-provider", "Update Phone provider"),
    ("PUT", "/api/v2/guardian/factors/sms/providers/twilio", "Update Twilio SMS configuration"),
    ("PUT", "/api/v2/guardian/factors/phone/templates", "Update Phone enrollment and verification templates"),
)
_OTHER_CALLS = (
    ("PATCH", "/api/v2/clients/{client}", "Update a client"),
    ("PATCH", "/api/v2/tenants/settings", "Update tenant settings"),
)
_BODIES = {
    "/api/v2/tenants/settings": {"friendly_name": "Simulated"},
    "/api/v2/clients/{client}": {"name": "Portal"},
}
_PROVIDER_CALL = ("PATCH", "/api/v2/branding/phone/providers/{provider}", "Update the phone provider")
Event = tuple[float, str, Json]


@dataclass(frozen=True, slots=True)
class Past:
    """What the logs of a tenant's last week depend on.

    Attributes:
        message_types: of the phone factor; none when it is off.
        portal: client id of the application that users sign in to.
        terraform: client id of the application that manages the tenant.
        provider: id of the tenant-level provider, or None.
        until: epoch seconds of the end of the week.
        tenant: the tenant of the history.
        sends: the SMS connections whose codes are in the logs.
        failing: the share of those codes that could not be sent.
        owner: the tool that manages the tenant's phone settings, if one does.
    """

    seed: str
    message_types: tuple[str, ...]
    portal: str | None
    terraform: str | None
    provider: str | None
    until: float
    tenant: Tenant
    sends: tuple[Json, ...] = ()
    failing: float = 0.025
    owner: Owner | None = None

    def write(self, book: LogBook) -> None:
        """Write the week's logs in the order they happened."""
        rng = draw(self.seed, "past")
        for at, kind, fields in sorted(
            [*_messages(self, rng), *_calls(self, rng)], key=lambda event: event[0]
        ):
            book.write(kind, at, at, **fields)
        _write_codes(self)

    def moment(self, rng: Random) -> float:
        """Return a moment of the week, at least a few minutes before its end."""
        return self.until - 7 * DAY + rng.random() * 6.9 * DAY


def give_past(builder: TenantBuilder, seed: int) -> None:
    """Give a tenant a history that fits its settings."""
    tenant = builder.tenant
    types = tenant.guardian.message_types if tenant.guardian.factors["sms"] else []
    failing = tenant.kind is Kind.PASSWORDLESS_FAILING
    used = [c for c in tenant.connections.values() if c["strategy"] == "sms" and c["enabled_clients"]]
    provider = tenant.provider()
    past = Past(
        seed=f"{seed}:{tenant.domain}",
        message_types=tuple(types),
        portal=named(tenant, "Customer Portal"),
        terraform=named(tenant, "Terraform"),
        provider=provider["id"] if provider else None,
        until=builder.started_at,
        tenant=tenant,
        sends=tuple(used),
        failing=0.5 if failing else 0.025,
        owner=OWNERS.get(tenant.kind),
    )
    tenant.logs.past = past.write


def _write_codes(past: Past) -> None:
    """Log Passwordless codes: ``cs`` if they were sent, ``fn`` if they failed."""
    rng = draw(past.seed, "codes")
    for connection in past.sends:
        for _ in range(rng.randrange(8, 25)):
            at, number = past.moment(rng), Ids(rng).number()
            failed = rng.random() < past.failing
            delivery = Delivery(Path.GATEWAY, not failed, rng.choice(REFUSALS) if failed else "")
            client = {"client_id": past.portal, "client_name": "Customer Portal"}
            MessageLogger(past.tenant, at, at, client).passwordless(connection, number, delivery)


REFUSALS = (
    "The number +15005550001 is unverified. Trial accounts cannot send messages to unverified numbers (21608)",
    "Invalid 'To' Phone Number (21211)",
    "Permission to send an SMS has not been enabled for the region (21408)",
    "The message was filtered by the carrier (30007)",
    "SMS gateway responded with status 502",
)
"""Messages of providers that refuse a message, with Twilio's error codes."""


def _messages(past: Past, rng: Random) -> list[Event]:
    """Return second-factor messages; one in forty failed."""
    count = rng.randrange(8, 25) if past.message_types else 0
    return [_message(past, rng) for _ in range(count)]


def _message(past: Past, rng: Random) -> Event:
    ids = Ids(rng)
    voice = rng.choice(past.message_types) == "voice"
    failed = rng.random() < 0.025
    kind = ("gd_send_voice" if voice else "gd_send_sms") + ("_failure" if failed else "")
    fields: Json = {
        "description": "Voice call made" if voice else "SMS sent",
        "client_id": past.portal,
        "client_name": "Customer Portal",
        "user_id": f"auth0|{ids.text(24, '0123456789abcdef')}",
        "details": {"to": masked(ids.number()), "is_test": False},
    }
    if failed:
        fields |= _with_reason(past.tenant, rng.choice(REFUSALS))
    return past.moment(rng), kind, fields


def _with_reason(tenant: Tenant, reason: str) -> Json:
    """Return details and description of a failure, with the reason in this tenant's field."""
    place = reason_place(tenant)
    said = f"Attempt to send message failed: {reason}" if place == "description" else "Attempt to send failed"
    return {"description": said, "details": reason_fields(place, reason)}


def _calls(past: Past, rng: Random) -> list[Event]:
    """Return writes by the managing application, on half of the tenants to legacy settings."""
    calls = [rng.choice(_OTHER_CALLS) for _ in range(rng.randrange(1, 4))]
    if rng.random() < 0.5:
        calls += [rng.choice(_LEGACY_CALLS) for _ in range(rng.randrange(1, 4))]
    if past.provider is not None and rng.random() < 0.5:
        calls.append(_PROVIDER_CALL)
    events = [(past.moment(rng), "sapi", _api_call(past, *call)) for call in calls]
    return events + (owner_calls(past.owner, past.tenant, past.terraform, past.until) if past.owner else [])


def _api_call(past: Past, method: str, path: str, description: str) -> Json:
    request: Json = {
        "auth": {"credentials": {}, "strategy": "jwt", "user": {}},
        "body": _BODIES.get(path, {}),
        "channel": "api",
        "ip": "203.0.113.7",
        "method": method.lower(),
        "path": path.format(client=past.portal, provider=past.provider),
        "query": {},
        "userAgent": "Go-Auth0/latest",
    }
    head: Json = {"description": description, "client_id": past.terraform}
    return head | {"details": {"request": request, "response": {"body": {}, "statusCode": 200}}}
