"""A wrong JSON type in any field that is read ends as one typed error of that tenant, or is read as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from configs import Tier
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import TenantError
from tests.auth0.http_peer import DOMAIN, FakeClock, Peer, Reply, Seen, no

MOMENT = "2026-01-01T00:00:00.000Z"
TRIGGERS = [{"id": "send-phone-message", "version": "v2"}]
ACTION = {
    "id": "act_1",
    "name": "Send",
    "supported_triggers": TRIGGERS,
    "code": "exports.onExecuteSendPhoneMessage = async () => {};",
    "dependencies": [{"name": "twilio", "version": "4.0.0"}],
    "secrets": [{"name": "TOKEN"}],
    "runtime": "node22",
    "deployed_version": {
        "id": "ver_1",
        "code": "exports.onExecuteSendPhoneMessage = async () => {};",
        "number": 1,
        "status": "built",
        "dependencies": [{"name": "twilio", "version": "4.0.0"}],
        "secrets": [{"name": "TOKEN"}],
        "supported_triggers": TRIGGERS,
        "runtime": "node22",
    },
}
OPTIONS = {
    "provider": "sms_gateway",
    "gateway_url": "https://gateway.example/send",
    "gateway_authentication": {"method": "bearer", "subject": "s", "audience": "a", "secret": "x"},
    "template": "@@password@@",
    "syntax": "md_with_macros",
    "from": "+15005550006",
    "use_phone_provider": False,
}
IDENTIFIED = {
    "attributes": {"phone_number": {"identifier": {"active": True}}},
    "authentication_methods": {"phone_otp": {"enabled": True}},
}
ENTRY = {
    "date": MOMENT,
    "type": "sapi",
    "client_id": "c1",
    "client_name": "One",
    "log_id": "1",
    "details": {"request": {"path": "/api/v2/branding/phone/providers", "method": "post", "body": {"a": 1}}},
}
ANSWERS: dict[str, Any] = {
    "tenants/settings": {"friendly_name": "Acme", "phone_consolidated_experience": False},
    "guardian/factors": [{"name": "sms", "enabled": True}],
    "guardian/factors/phone/message-types": {"message_types": ["sms"]},
    "guardian/factors/phone/selected-provider": {"provider": "twilio"},
    "guardian/factors/phone/providers/twilio": {
        "sid": "AC1",
        "auth_token": "t",
        "from": "+1",
        "messaging_service_sid": None,
    },
    "guardian/factors/phone/templates": {"enrollment_message": "a", "verification_message": "b"},
    "guardian/policies": ["all-applications"],
    "branding/phone/providers": {
        "providers": [
            {
                "id": "pro_1",
                "name": "twilio",
                "disabled": False,
                "updated_at": MOMENT,
                "configuration": {
                    "delivery_methods": ["text"],
                    "sid": "AC1",
                    "default_from": "+1",
                    "mssid": None,
                },
            }
        ]
    },
    "branding/phone/templates": {
        "templates": [
            {
                "id": "tem_1",
                "type": "otp_verify",
                "disabled": False,
                "content": {"body": {"text": "a", "voice": "b"}, "from": "+1", "syntax": "liquid"},
            }
        ]
    },
    "actions/actions": {"actions": [ACTION], "total": 1},
    "actions/triggers/send-phone-message/bindings": {
        "bindings": [{"id": "b", "display_name": "Send", "action": ACTION}],
        "total": 1,
    },
    "connections": {
        "connections": [{"id": "con_1", "name": "sms", "strategy": "sms", "options": OPTIONS | IDENTIFIED}]
    },
    "connections/con_1/clients": {"clients": [{"client_id": "c1"}]},
    "client-grants": {
        "client_grants": [{"client_id": "c1", "scope": ["read:phone_providers"], "allow_all_scopes": False}]
    },
    "clients": {"clients": [{"client_id": "c1", "name": "One"}]},
    "logs": {"logs": [ENTRY]},
}
WRONG: tuple[Any, ...] = (7, "x", [], {"a": 7}, None, "0001-01-01", [[]])
EXAMPLES = 4
"""Wrong values for each place, in turn: every kind of value meets every kind of place."""


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in an answer, the answer's own first."""
    yield above
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*above, key))


def replaced(value: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    if not place:
        return wrong
    changed = copy.copy(value)
    changed[place[0]] = replaced(value[place[0]], place[1:], wrong)
    return changed


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", ANSWERS)
async def test_a_wrong_type_in_any_field_is_typed(
    open_pool: Any, peer: Peer, clock: FakeClock, path: str
) -> None:
    api = (await open_pool(clock=clock)).tenant(tier=Tier.PRIVATE_CLOUD_500)
    answers, absent = dict(ANSWERS), object()

    def answer(seen: Seen) -> Reply:
        """What the tenant has, and Auth0's answer to an object that it has not, such as one of a wrong id."""
        found = answers.get(seen.path.removeprefix("/api/v2/"), absent)
        return no(404, "Not found", "inexistent_resource") if found is absent else Reply(json=found)

    peer.rule = answer
    before = await read_tenant(api, "client", datetime.now(UTC))
    assert before.friendly_name == "Acme"
    assert before.connections[0].gateway
    errors: list[str] = []
    for number, place in enumerate(places(ANSWERS[path])):
        for wrong in (WRONG[(number + step) % len(WRONG)] for step in range(EXAMPLES)):
            answers[path] = replaced(ANSWERS[path], place, wrong)
            try:
                await read_tenant(api, "client", datetime.now(UTC))
            except TenantError as error:
                errors.append(str(error))
    assert errors
    assert all(text.startswith(f"{DOMAIN}: ") and len(text) < 1_200 for text in errors)
    assert not [text for text in errors if "unexpected" in text]
