"""Tenants that are made from a description, and users who request messages while time passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.serve import Running

DOMAIN = "described.eu.auth0.com"
CLIENT = {"client_id": "abc", "client_secret": "secret-of-abc", "name": "Ours", "global": False}
CODE = "exports.onExecuteSendPhoneMessage = async (event) => { await fetch('https://sms.example.com/' + event.x); };"
SCOPES = ["read:logs", "read:actions"]
DESCRIPTION: dict[str, Any] = {
    "management_client_id": "abc",
    "tier": "enterprise_production",
    "settings": {"friendly_name": "Acme", "phone_consolidated_experience": False},
    "guardian": {
        "factors": {"sms": True},
        "message_types": ["sms"],
        "selected_provider": "twilio",
        "twilio": {"sid": "AC1", "auth_token": "any", "from": "+15005550006", "messaging_service_sid": None},
    },
    "hidden": {"outside_accepts": True},
    "clients": [CLIENT],
    "grants": [
        {
            "id": "cgr_1",
            "client_id": "abc",
            "audience": f"https://{DOMAIN}/api/v2/",
            "scope": SCOPES,
        }
    ],
    "actions": [
        {
            "id": "act-1",
            "name": "Codes",
            "supported_triggers": [{"id": "send-phone-message", "version": "v2"}],
            "draft": {"code": CODE, "secrets": {"KEY": "value"}},
            "number": 3,
            "version_id": "ver-3",
            "bound": ["send-phone-message"],
        }
    ],
    "logs": [{"type": "sapi", "at": "2026-11-01T08:00:00Z", "fields": {"client_id": "abc"}}],
    "traffic": [{"use": "mfa", "method": "text", "per_day": 24}],
}


@pytest.fixture
def control(served: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        yield client


def put(control: httpx.Client, **changes: Any) -> httpx.Response:
    body = {"description": DESCRIPTION | changes}
    return control.put(f"/_simulator/tenants/{DOMAIN}", json=body)


def api(control: httpx.Client, path: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": "abc", "client_secret": "secret-of-abc"}
    form["audience"] = f"https://{DOMAIN}/api/v2/"
    token = control.post("/oauth/token", json=form, headers={"host": DOMAIN}).json()["access_token"]
    headers = {"host": DOMAIN, "authorization": f"Bearer {token}"}
    return control.get(f"/api/v2{path}", headers=headers).raise_for_status().json()


def test_the_tenant_is_what_the_description_says(control: httpx.Client) -> None:
    assert put(control).json()["client_secret"] == "secret-of-abc"
    action = api(control, "/actions/actions/act-1")
    assert (action["deployed_version"]["id"], action["deployed_version"]["number"]) == ("ver-3", 3)
    assert action["deployed_version"]["secrets"][0]["name"] == "KEY"
    assert action["all_changes_deployed"]
    (log,) = api(control, "/logs")
    assert (log["type"], log["date"], log["client_id"]) == ("sapi", "2026-11-01T08:00:00.000Z", "abc")
    (bound,) = api(control, "/actions/triggers/send-phone-message/bindings")["bindings"]
    assert bound["action"]["id"] == "act-1"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clients": []}, "abc is not among them"),
        ({"clients": [{"name": "no id"}]}, "an object has no client_id"),
        ({"hidden": {"nonsense": 1}}, "unknown key"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_description_is_refused(control: httpx.Client, changes: dict[str, Any], words: str) -> None:
    answer = put(control, **changes)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_users_request_messages_while_time_passes(control: httpx.Client) -> None:
    """As many as their traffic says, along the route of that moment; a service outside may refuse them."""
    put(control)
    assert control.post("/_simulator/pass", json={"seconds": 6 * 3600}).json()["sent"] == 6
    change = {"hidden": {"outside_fails": "it is down"}}
    control.post(f"/_simulator/tenants/{DOMAIN}/override", json=change).raise_for_status()
    control.post("/_simulator/pass", json={"seconds": 3 * 3600})
    kinds = [log["type"] for log in api(control, "/logs")]
    assert (kinds.count("gd_send_sms"), kinds.count("gd_send_sms_failure")) == (6, 3)
    assert control.post("/_simulator/pass", json={"seconds": -1}).status_code == 400


def test_many_messages_are_capped(control: httpx.Client) -> None:
    put(control, traffic=[{"use": "mfa", "method": "text", "per_day": 1_000_000}])
    assert control.post("/_simulator/pass", json={"seconds": 86_400}).json()["sent"] == 30
