"""A tenant's past: messages that went out, and what other applications did to phone settings."""

from __future__ import annotations

from simulator.messages import masked
from simulator.seeds import DAY, Maker, named
from simulator.state import Json

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
_PROVIDER_CALL = ("PATCH", "/api/v2/branding/phone/providers/{provider}", "Update the phone provider")


def write_history(maker: Maker) -> None:
    """Writes a week of logs, in the order they happened."""
    events = [*_messages(maker), *_calls(maker)]
    for at, kind, fields in sorted(events, key=lambda event: event[0]):
        maker.tenant.logs.write(kind, at, at, **fields)


Event = tuple[float, str, Json]


def _messages(maker: Maker) -> list[Event]:
    """Second-factor messages at the tenant's own rate, one in forty of them failed."""
    guardian, rng = maker.tenant.guardian, maker.rng
    if not guardian.factors["sms"] or not guardian.message_types:
        return []
    portal = named(maker.tenant, "Customer Portal")
    events: list[Event] = []
    for _ in range(rng.randrange(8, 25)):
        base = "gd_send_voice" if rng.choice(guardian.message_types) == "voice" else "gd_send_sms"
        failed = rng.random() < 0.025
        details = {"to": masked(maker.ids.number()), "is_test": False}
        fields: Json = {"client_id": portal, "client_name": "Customer Portal", "details": details}
        fields |= {"description": "Voice call made" if base == "gd_send_voice" else "SMS sent"}
        fields |= {"user_id": f"auth0|{maker.ids.text(24, '0123456789abcdef')}"}
        events.append((_moment(maker), base + ("_failure" if failed else ""), fields))
    return events


def _calls(maker: Maker) -> list[Event]:
    rng = maker.rng
    calls = [rng.choice(_OTHER_CALLS) for _ in range(rng.randrange(1, 4))]
    if rng.random() < 0.5:
        calls += [rng.choice(_LEGACY_CALLS) for _ in range(rng.randrange(1, 4))]
    if maker.tenant.provider() is not None and rng.random() < 0.5:
        calls.append(_PROVIDER_CALL)
    return [(_moment(maker), "sapi", _api_call(maker, *call)) for call in calls]


def _moment(maker: Maker) -> float:
    return maker.ago(7) + maker.rng.random() * 6.9 * DAY


def _api_call(maker: Maker, method: str, path: str, description: str) -> Json:
    client = named(maker.tenant, "Terraform")
    provider = (maker.tenant.provider() or {"id": ""})["id"]
    request: Json = {
        "auth": {"credentials": {}, "strategy": "jwt", "user": {}},
        "body": {},
        "channel": "api",
        "ip": "203.0.113.7",
        "method": method.lower(),
        "path": path.format(client=client, provider=provider),
        "query": {},
        "userAgent": "Terraform/1.9.5",
    }
    head: Json = {"description": description, "client_id": client, "client_name": "Terraform"}
    return head | {"details": {"request": request, "response": {"body": {}, "statusCode": 200}}}
