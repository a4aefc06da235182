"""Nulls in bodies are refused or accepted, and never crash the simulator."""

import pytest

from simulator.app import OPERATIONS

TWILIO = {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]}


@pytest.fixture(scope="module")
def places(http, peer):
    """A tenant that has one of everything, and the ids for paths."""
    domain = "nulls.eu.auth0.com"
    overrides = {"tier": "unlimited", "scopes": "all"}
    made = http.put(f"/_simulator/tenants/{domain}", json={"kind": "empty", "overrides": overrides}).json()
    tenant = peer(http, domain, made)
    action = {"name": "a", "supported_triggers": [{"id": "post-login"}], "code": "exports.a = 1;"}
    provider = {"name": "twilio", "configuration": TWILIO, "credentials": {"auth_token": "x"}}
    grant = {"client_id": made["client_id"], "audience": "https://a/", "scope": []}
    ids = {
        "/actions/actions": tenant.ok("POST", "/actions/actions", action)["id"],
        "/actions/modules": tenant.ok("POST", "/actions/modules", {"name": "m", "code": ""})["id"],
        "/branding/phone/providers": tenant.ok("POST", "/branding/phone/providers", provider)["id"],
        "/branding/phone/templates": tenant.ok("POST", "/branding/phone/templates", {"type": "otp_verify"})[
            "id"
        ],
        "/client-grants": tenant.ok("POST", "/client-grants", grant)["id"],
        "/clients": tenant.ok("POST", "/clients", {"name": "c"})["client_id"],
        "/connections": tenant.ok("GET", "/connections")[0]["id"],
    }
    return tenant, ids


def _path(operation, ids):
    identity = next((ids[base] for base in ids if operation.path.startswith(base + "/")), "x")
    words = {"id": identity, "name": "sms", "trigger": "post-login", "version": "x"}
    return operation.path.format(**words)


WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda op: f"{op.method} {op.path}")
def test_no_null_ends_in_a_bare_500(places, operation):
    tenant, ids = places
    path = _path(operation, ids)
    schema = operation.body.json_schema()
    for name in [*schema.get("properties", {}), "never_heard_of"]:
        answer = tenant(operation.method, path, {name: None})
        assert answer.status_code < 500, (name, answer.text)
        assert answer.headers["content-type"].startswith("application/json") or not answer.content
    for body in ([None], {"": None}):
        assert tenant(operation.method, path, body).status_code < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tenants/settings", {"flags": None}),
        ("/tenants/settings", {"friendly_name": None}),
        ("/tenants/settings", {"phone_consolidated_experience": None}),
        ("/tenants/settings", {"session_lifetime_in_minutes": None}),
        ("/tenants/settings", {}),
    ],
)
def test_settings_that_cannot_be_null_are_refused(make, path, body):
    answer = make()("PATCH", path, body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")


def test_null_removes_a_nullable_setting(make):
    tenant = make()
    assert "mtls" in tenant.ok("GET", "/tenants/settings")
    assert "mtls" not in tenant.ok("PATCH", "/tenants/settings", {"mtls": None})


def test_universal_login_is_merged(make):
    tenant = make()
    before = tenant.ok("GET", "/tenants/settings")["universal_login"]
    codes = {"list": ["DE"], "mode": "allow"}
    body = {"universal_login": {"colors": {"primary": "#000000"}}, "country_codes": codes}
    after = tenant.ok("PATCH", "/tenants/settings", body)
    assert after["universal_login"] == before | body["universal_login"]
    assert after["country_codes"] == codes
    assert "country_codes" not in tenant.ok("PATCH", "/tenants/settings", {"country_codes": None})
