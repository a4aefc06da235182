"""POST /oauth/token, access tokens and scopes."""

import pytest


def test_a_token_carries_the_granted_scopes(make):
    tenant = make("twilio_sms")
    body = tenant.ask_token().json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 86400
    assert {"update:tenant_settings", "create:phone_providers"} <= set(body["scope"].split())
    assert set(body) == {"access_token", "scope", "expires_in", "token_type"}


def test_a_wrong_secret_is_refused_in_auth0s_words(make):
    answer = make("twilio_sms").ask_token(client_secret="wrong")
    assert answer.status_code == 401
    assert answer.json() == {"error": "access_denied", "error_description": "Unauthorized"}


def test_wrong_credentials_has_a_wrong_secret(make):
    assert make("wrong_credentials").ask_token().status_code == 401


@pytest.mark.parametrize(
    ("change", "error"),
    [({"grant_type": "password"}, "unsupported_grant_type"), ({"audience": "https://x/"}, "access_denied")],
)
def test_other_grants_and_audiences_are_refused(make, change, error):
    answer = make().ask_token(**change)
    assert (answer.status_code, answer.json()["error"]) == (403, error)


def test_a_client_without_a_grant_gets_no_token(make):
    tenant = make("twilio_sms")
    portal = next(c for c in tenant.ok("GET", "/clients") if c["name"] == "Customer Portal")
    assert "client_secret" not in portal
    assert tenant.ask_token(client_id=portal["client_id"]).status_code == 401


def test_form_fields_are_taken_as_well_as_json(make, http):
    tenant = make()
    form = {
        "grant_type": "client_credentials",
        "client_id": tenant.inputs["client_id"],
        "client_secret": tenant.inputs["client_secret"],
        "audience": f"https://{tenant.domain}/api/v2/",
    }
    assert http.post("/oauth/token", data=form, headers={"host": tenant.domain}).status_code == 200


def test_an_unknown_host_is_not_found(http):
    for path in ("/oauth/token", "/api/v2/branding/phone/providers"):
        assert http.post(path, headers={"host": "unknown.eu.auth0.com"}, json={}).status_code == 404


def test_a_token_is_good_for_its_own_tenant_only(make, http):
    first, second = make(), make()
    first.ok("GET", "/tenants/settings")
    headers = {"host": second.domain, "authorization": f"Bearer {first.token}"}
    answer = http.get("/api/v2/tenants/settings", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid token")
    bare = http.get("/api/v2/tenants/settings", headers={"host": second.domain})
    assert bare.status_code == 401


def test_each_operation_asks_for_its_scope(make):
    tenant = make("missing_scopes")
    answer = tenant("PATCH", "/tenants/settings", {"friendly_name": "x"})
    assert answer.status_code == 403
    assert answer.json() == {
        "statusCode": 403,
        "error": "Forbidden",
        "message": "Insufficient scope, expected any of: update:tenant_settings",
        "errorCode": "insufficient_scope",
    }
    assert tenant.state()["settings"]["friendly_name"] != "x"


def test_a_path_that_is_not_there_is_not_found(make):
    tenant = make()
    for method, path in (("GET", "/nowhere"), ("DELETE", "/tenants/settings"), ("GET", "/connections/")):
        answer = tenant(method, path)
        assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")
