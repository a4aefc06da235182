"""Rare kinds: their answers and their messages."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from simulator.assertions import TYPE
from simulator.kinds import MIX, RARE, Kind, kind_of

ACTIONS, PROVIDERS = "/actions/actions", "/branding/phone/providers"
CUSTOM = [{"id": "custom-phone-provider", "version": "v1"}]


def _sms(tenant):
    return next(c for c in tenant.ok("GET", "/connections") if c["strategy"] == "sms")


def test_a_seeded_fleet_has_no_rare_kind():
    assert {kind_of(7, index) for index in range(400)} == set(MIX)
    assert set(MIX) | RARE == set(Kind)


def test_options_need_a_scope(make):
    tenant = make("options_hidden")
    listed = _sms(tenant)
    assert "options" not in listed
    path = f"/connections/{listed['id']}"
    assert "options" not in tenant.ok("GET", path)
    refused = tenant("PATCH", path, {"options": {"use_phone_provider": True}})
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "insufficient_scope")
    changed = tenant.ok("PATCH", path, {"display_name": "Texts"})
    assert (changed["display_name"], "options" in changed) == ("Texts", False)
    assert tenant.state()["connections"][-1]["options"]["provider"] == "sms_gateway"


def test_options_can_be_readable_without_scope(make):
    tenant = make("options_hidden", hidden={"options_need_scopes": False})
    assert _sms(tenant)["options"]["provider"] == "sms_gateway"


@pytest.mark.parametrize(
    ("kind", "deployed", "provider", "flag"),
    [
        ("foreign_action_draft", False, False, False),
        ("foreign_action_deployed", True, False, False),
        ("foreign_action_newer_draft", False, False, False),
        ("foreign_action_with_provider", True, True, False),
        ("foreign_action_live", True, True, True),
        ("foreign_action_live_draft", False, True, True),
        ("foreign_action_no_provider", True, False, True),
        ("foreign_action_unclear", True, True, True),
        ("foreign_action_drops", True, True, True),
    ],
)
def test_a_foreign_action_has_each_state(make, kind, deployed, provider, flag):
    tenant = make(kind)
    (action,) = tenant.ok("GET", ACTIONS, triggerId="custom-phone-provider")["actions"]
    assert action["all_changes_deployed"] is deployed
    assert bool(tenant.ok("GET", PROVIDERS)["providers"]) is provider
    assert tenant.ok("GET", "/tenants/settings")["phone_consolidated_experience"] is flag
    second = tenant("POST", ACTIONS, {"name": "ours", "supported_triggers": CUSTOM, "code": "//"})
    assert second.status_code == 403
    assert second.json()["errorCode"] == "actions_cardinality_custom_phone_provider_not_allowed"
    assert "action_secrets" not in tenant.inputs


def _custom(tenant):
    return tenant.ok("GET", ACTIONS, triggerId="custom-phone-provider")["actions"][0]


@pytest.mark.parametrize("update_draft", [True, False])
def test_an_old_version_is_deployed_with_secrets(make, update_draft):
    tenant = make("foreign_action_deployed")
    theirs = _custom(tenant)
    path = f"{ACTIONS}/{theirs['id']}"
    tenant.ok("PATCH", path, {"code": "// ours", "secrets": [{"name": "OURS", "value": "x"}]})
    while _custom(tenant)["status"] != "built":
        time.sleep(0.1)
    tenant.ok("POST", f"{path}/deploy")
    while _custom(tenant)["deployed_version"]["code"] != "// ours":
        time.sleep(0.1)
    old = theirs["deployed_version"]["id"]
    tenant.ok("POST", f"{path}/versions/{old}/deploy", {"update_draft": True} if update_draft else None)
    end = time.monotonic() + 5
    while (now := _custom(tenant))["deployed_version"]["code"] != theirs["code"] and time.monotonic() < end:
        time.sleep(0.1)
    names = {secret["name"] for secret in now["deployed_version"]["secrets"]}
    assert names == {"SMS_ENDPOINT", "SMS_PASSWORD"}
    assert (now["deployed_version"]["code"], now["deployed_version"]["id"] != old) == (theirs["code"], True)
    assert now["code"] == (theirs["code"] if update_draft else "// ours")
    assert now["all_changes_deployed"] is update_draft


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("connection_on", "upe_twilio"),
        ("connection_off", "twilio_legacy"),
        ("connection_unified", "upe_twilio"),
        ("connection_unknown", "upe_twilio"),
    ],
)
def test_the_switch_of_a_connection_decides(make, kind, path):
    tenant = make(kind)
    flag = tenant.ok("GET", "/tenants/settings")["phone_consolidated_experience"]
    assert flag is (kind == "connection_off")
    assert tenant.delivery("passwordless") == {"path": path, "delivered": True, "reason": ""}


def test_an_unknown_switch_value_is_read_only(make):
    tenant = make("connection_unknown")
    connection = _sms(tenant)
    assert connection["options"]["use_phone_provider"] == "phone_provider_v2"
    path = f"/connections/{connection['id']}"
    assert tenant("PATCH", path, {"options": connection["options"]}).status_code == 400
    options = connection["options"] | {"use_phone_provider": "unified"}
    assert tenant.ok("PATCH", path, {"options": options})["options"]["use_phone_provider"] == "unified"


def test_two_connections_differ_in_sender_and_text(make):
    both = [c for c in make("two_connections").ok("GET", "/connections") if c["strategy"] == "sms"]
    assert len({c["options"]["from"] for c in both}) == len({c["options"]["template"] for c in both}) == 2
    assert len({c["options"]["twilio_sid"] for c in both}) == 1


def test_passwordless_has_logs_of_its_own(make):
    tenant = make("passwordless_failing")
    logs = tenant.ok("GET", "/logs", q="type:cs OR type:fn", per_page=100)
    sent = [log for log in logs if log["type"] == "cs"]
    failed = [log for log in logs if log["type"] == "fn"]
    assert sent
    assert failed
    assert sent[0]["details"]["body"]["phone_number"].startswith("+1")
    assert failed[0]["details"]["error"]
    assert failed[0]["details"]["notification_type"]


def test_a_users_message_is_logged_by_its_use(make):
    tenant = make("mfa_and_passwordless_twilio")
    tenant.control("POST", "/send", {"use": "passwordless", "to": "+15005550006"})
    tenant.override(twilio_token="changed")
    tenant.control("POST", "/send", {"use": "passwordless"})
    tenant.control("POST", "/send", {"use": "mfa"})
    kinds = [log["type"] for log in tenant.ok("GET", "/logs", per_page=3)]
    assert kinds == ["gd_send_sms_failure", "fn", "cs"]


def test_failure_reasons_have_four_places(make):
    places = set()
    for number in range(24):
        tenant = make("twilio_sms", domain=f"reasons-{number}.eu.auth0.com")
        tenant.override(twilio_token="changed")
        tenant.control("POST", "/send", {"use": "mfa"})
        (log,) = tenant.ok("GET", "/logs", per_page=1)
        details = log["details"]
        place = next(
            (p for p in ("provider_error", "failure_details", "error") if p in details), "description"
        )
        assert "AuthToken" in str(details.get(place, log["description"]))
        places.add(place)
    assert len(places) == 4


def test_private_cloud_has_no_tenant_level_providers(make):
    tenant = make("private_cloud", tier="private_cloud_basic")
    for path in (PROVIDERS, "/branding/phone/templates"):
        assert tenant("GET", path).status_code == 404
    assert "phone_consolidated_experience" not in tenant.ok("GET", "/tenants/settings")
    triggers = {entry["id"] for entry in tenant.ok("GET", "/actions/triggers")["triggers"]}
    assert "custom-phone-provider" not in triggers
    assert "send-phone-message" in triggers
    assert tenant("GET", ACTIONS, triggerId="custom-phone-provider").status_code == 400
    assert tenant.ok("GET", "/guardian/factors/phone/selected-provider") == {"provider": "twilio"}
    assert tenant("GET", "/logs").headers["x-ratelimit-limit"] == "50"


def test_missing_features_answer_403_with_a_code(make):
    tenant = make("not_offered", scopes="all")
    codes = {
        path: tenant("GET", path).json()["errorCode"]
        for path in (PROVIDERS, "/guardian/factors/phone/message-types", "/hooks")
    }
    assert codes == {
        PROVIDERS: "phone_providers_not_allowed",
        "/guardian/factors/phone/message-types": "insufficient_entitlement",
        "/hooks": "hooks_not_allowed",
    }
    assert tenant("GET", "/guardian/factors").status_code == 200


def test_an_exhausted_quota_answers_429(make):
    tenant = make("quota_used_up")
    answer = tenant.ask_token()
    assert answer.status_code == 429
    assert answer.json() == {"error": "too_many_requests", "error_description": "Client quota exceeded"}
    assert "b=per_day;q=0;r=0;t=" in answer.headers["auth0-client-quota-limit"]
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert (
        abs(int(answer.headers["x-ratelimit-reset"]) - time.time() - int(answer.headers["retry-after"])) < 3
    )
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("0", "0")


def test_only_enforced_quotas_refuse(make):
    quota = {"clients": {"client_credentials": {"per_hour": 2, "per_day": 50, "enforce": True}}}
    tenant = make("twilio_sms", settings={"default_token_quota": quota})
    statuses = [tenant.ask_token().status_code for _ in range(3)]
    assert sorted(statuses) == [200, 200, 429]
    assert (
        "b=per_hour;q=2;r=1"
        in make("twilio_sms", settings={"default_token_quota": quota})
        .ask_token()
        .headers["auth0-client-quota-limit"]
    )
    quota["clients"]["client_credentials"]["enforce"] = False
    tenant = make("twilio_sms", settings={"default_token_quota": quota})
    assert [tenant.ask_token().status_code for _ in range(4)] == [200] * 4


def _assertion(tenant, key, algorithm="ES256", **changes):
    now = int(time.time())
    identity = tenant.inputs["client_id"]
    claims = {
        "iss": identity,
        "sub": identity,
        "aud": f"https://{tenant.domain}/",
        "exp": now + 60,
        "jti": "one",
    }
    return jwt.encode(claims | changes, key, algorithm=algorithm)


def _ask(tenant, assertion):
    return tenant.ask_token(client_secret=None, client_assertion=assertion, client_assertion_type=TYPE)


def test_an_assertion_replaces_the_secret(make):
    tenant = make("assertion_only")
    key = tenant.inputs["private_key"]
    assert tenant.inputs["client_secret"] == ""
    refused = tenant.ask_token()
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assertion = _assertion(tenant, key)
    assert _ask(tenant, assertion).json()["token_type"] == "Bearer"
    assert _ask(tenant, assertion).json()["error_description"].endswith("used before")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.eu.auth0.com/"},
        {"iss": "another"},
        {"sub": "another"},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"jti": None},
    ],
)
def test_wrong_assertions_are_refused(make, changes):
    tenant = make("assertion_only")
    answer = _ask(tenant, _assertion(tenant, tenant.inputs["private_key"], **changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "PS256"])
def test_rsa_keys_sign_as_well_and_only_known_ones(make, algorithm):
    ours, other = (rsa.generate_private_key(public_exponent=65_537, key_size=2048) for _ in range(2))
    pem = ours.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    tenant = make("assertion_only", hidden={"public_keys": [pem]})
    texts = [k.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for k in (ours, other)]
    answers = [_ask(tenant, _assertion(tenant, text, algorithm)).status_code for text in texts]
    assert answers == [200, 401]


def test_a_custom_domain_is_not_the_tenants_own(make):
    tenant = make("twilio_sms", hidden={"custom_domains": ["login.example.com"]})
    form = {"audience": "https://login.example.com/api/v2/"}
    answer = tenant.ask_token(**form)
    assert answer.json()["error_description"] == f"Service not enabled within domain: {form['audience']}"
    at_custom = tenant.http.post(
        "/oauth/token",
        json={"grant_type": "client_credentials", **tenant.inputs, **form},
        headers={"host": "login.example.com"},
    )
    assert (at_custom.status_code, at_custom.json()) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("kind", "agent", "path"),
    [
        (
            "owned_by_terraform",
            "Terraform-Provider-Auth0/",
            "/api/v2/guardian/factors/phone/selected-provider",
        ),
        ("owned_by_deploy_cli", "deploy-cli/", "/api/v2/tenants/settings"),
    ],
)
def test_the_other_owner_shows_in_the_logs(make, kind, agent, path):
    tenant = make(kind)
    logs = tenant.ok("GET", "/logs", q="type:sapi", per_page=100)
    ours = [log for log in logs if log["details"]["request"]["userAgent"].startswith(agent)]
    assert len({log["date"][:10] for log in ours}) == 6
    assert path in {log["details"]["request"]["path"] for log in ours}
    grants = [grant for grant in tenant.ok("GET", "/client-grants") if grant.get("allow_all_scopes")]
    assert [("scope" in grant, grant["client_id"]) for grant in grants] == [(False, ours[0]["client_id"])]
    assert {(log["user_agent"], log["client_name"]) for log in ours} == {("Other 0.0.0 / Other 0.0.0", "")}


def test_a_missing_toggle_can_leave_legacy_open(make):
    tenant = make("toggle_missing_open")
    assert "phone_consolidated_experience" not in tenant.ok("GET", "/tenants/settings")
    assert tenant.ok("GET", "/guardian/factors/phone/selected-provider") == {"provider": "twilio"}
    assert tenant.ok("GET", PROVIDERS)["providers"]


def test_a_hook_that_is_gone_delivers_nothing(make):
    tenant = make("hook_without_action")
    assert tenant.ok("GET", "/guardian/factors/phone/selected-provider") == {"provider": "phone-message-hook"}
    assert tenant.delivery()["reason"] == "no Action is bound to send-phone-message"
