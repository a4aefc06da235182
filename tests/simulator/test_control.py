"""The control plane: tenants made, changed, dumped, and their requests."""

import pytest


def test_put_answers_what_an_operator_knows(http):
    answer = http.put("/_simulator/tenants/Control-1.EU.auth0.com", json={"kind": "merged"}).json()
    assert answer["domain"] == "control-1.eu.auth0.com"
    assert {"client_id", "client_secret", "twilio_auth_token", "action_secrets"} <= set(answer)
    empty = http.put("/_simulator/tenants/control-2.eu.auth0.com", json={}).json()
    assert set(empty) == {"domain", "kind", "client_id", "client_secret"}


def test_putting_a_tenant_again_replaces_it(make):
    tenant = make("twilio_sms", domain="again.eu.auth0.com")
    tenant.ok("PATCH", "/tenants/settings", {"friendly_name": "changed"})
    make("twilio_sms", domain="again.eu.auth0.com")
    assert tenant.state()["settings"]["friendly_name"] != "changed"
    assert tenant.requests() == []


def test_overrides_are_merged_deep(make):
    tenant = make(
        "passwordless_gateway",
        settings={"flags": {"enable_sso": False}},
        guardian={"factors": {"otp": True}},
        connections={"sms": {"options": {"gateway_authentication": {"audience": "elsewhere"}}}},
        hidden={
            "legacy_access": "closed",
            "twilio_accounts": {"AC9": {"token": "t", "numbers": ["+12125550100"]}},
        },
        scopes=["read:logs"],
    )
    state = tenant.state()
    assert state["settings"]["flags"]["enable_sso"] is False
    assert "universal_login" in state["settings"]["flags"]
    assert state["guardian"]["factors"]["otp"] is True
    options = next(c for c in state["connections"] if c["strategy"] == "sms")["options"]
    assert (options["gateway_authentication"]["audience"], options["provider"]) == (
        "elsewhere",
        "sms_gateway",
    )
    assert state["hidden"]["legacy_access"] == "closed"
    assert tenant("GET", "/tenants/settings").status_code == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "no_such"}, "kind: 'no_such' is not one of"),
        ({"kinds": "empty"}, "kinds: unknown"),
        ({"overrides": {"colour": "red"}}, "colour: unknown key"),
        ({"overrides": {"guardian": {"x": 1}}}, "guardian.x: unknown key"),
        ({"overrides": {"tier": "gold"}}, "tier: 'gold' is not one of"),
        ({"overrides": {"legacy_access": "ajar"}}, "legacy_access: 'ajar'"),
        ({"overrides": {"connections": {"sms": {}}}}, "has no such connection"),
        ({"overrides": {"provider": {"disabled": True}}}, "has no tenant-level provider"),
        ([], "must be a JSON object"),
    ],
)
def test_invalid_requests_are_refused_by_name(http, body, words):
    answer = http.put("/_simulator/tenants/bad.eu.auth0.com", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_unknown_tenant_is_not_found(http):
    for path in ("", "/requests", "/deliver"):
        answer = http.get(f"/_simulator/tenants/unknown.eu.auth0.com{path}")
        assert (answer.status_code, "unknown.eu.auth0.com" in answer.json()["error"]) == (404, True)


def test_the_fleet_is_listed_with_its_kinds(http, make):
    make("broken", domain="listed.eu.auth0.com")
    tenants = http.get("/_simulator/tenants").json()["tenants"]
    assert len([t for t in tenants if t["domain"].startswith("tenant-")]) == 200
    assert {"domain": "listed.eu.auth0.com", "kind": "broken"} in tenants


def test_a_seeded_tenant_is_made_when_it_is_met(http):
    domain = http.get("/_simulator/tenants").json()["tenants"][5]["domain"]
    assert http.get(f"/_simulator/tenants/{domain}").json()["domain"] == domain


def test_overrides_change_what_the_api_cannot(make):
    tenant = make("already_migrated", domain="migrated-3.eu.auth0.com")
    assert tenant.override(delete_provider=True)["providers"] == []
    tenant = make("action_single")
    name = tenant.state()["actions"][0]["name"]
    assert tenant.override(delete_action=name)["actions"] == []
    assert tenant.ok("GET", "/actions/triggers/send-phone-message/bindings")["bindings"] == []


def test_the_control_plane_answers_on_any_host(http, make):
    tenant = make()
    assert http.get("/_simulator/tenants", headers={"host": tenant.domain}).status_code == 200
    assert http.get("/api/v2/_simulator/tenants", headers={"host": tenant.domain}).status_code == 404
    assert http.get("/_simulator/nothing").status_code == 404


def test_requests_are_logged_without_secrets(make):
    tenant = make()
    tenant.ok("GET", "/tenants/settings")
    tenant.ok("PUT", "/guardian/factors/phone/providers/twilio", {"auth_token": "hush", "sid": "AC1"})
    tenant("PATCH", "/tenants/settings", {"friendly_name": 5})
    seen = tenant.requests()
    assert [entry["seq"] for entry in seen] == [1, 2, 3, 4]
    assert [(entry["path"], entry["write"], entry["applied"], entry["status"]) for entry in seen] == [
        ("/oauth/token", False, False, 200),
        ("/api/v2/tenants/settings", False, False, 200),
        ("/api/v2/guardian/factors/phone/providers/twilio", True, True, 200),
        ("/api/v2/tenants/settings", True, False, 400),
    ]
    assert seen[2]["body"] == {"auth_token": "[hidden]", "sid": "AC1"}
    assert all(entry["client_id"] == tenant.inputs["client_id"] for entry in seen)


def test_a_dump_shows_secrets_as_digests(make):
    tenant = make("mfa_and_passwordless_twilio")
    before = tenant.state()
    for secret in (tenant.inputs["client_secret"], tenant.inputs["twilio_auth_token"]):
        assert secret not in str(before)
    twilio = {"auth_token": "another", "sid": "AC1"}
    tenant.ok("PUT", "/guardian/factors/phone/providers/twilio", twilio)
    assert tenant.state()["guardian"]["twilio"]["auth_token"] != before["guardian"]["twilio"]["auth_token"]
