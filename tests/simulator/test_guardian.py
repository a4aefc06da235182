"""Multi-factor settings and the two conditions of the legacy endpoints."""

import pytest

LEGACY = [
    ("GET", f"/guardian/factors/{twin}/{what}", None)
    for twin in ("phone", "sms")
    for what in ("providers/twilio", "selected-provider", "templates")
] + [
    ("PUT", "/guardian/factors/phone/providers/twilio", {"sid": "AC1"}),
    ("PUT", "/guardian/factors/sms/selected-provider", {"provider": "twilio"}),
    ("PUT", "/guardian/factors/phone/templates", {"enrollment_message": "a", "verification_message": "b"}),
]


def test_the_twins_read_and_write_the_same_thing(make):
    tenant = make()
    sent = {"from": "+12125550100", "auth_token": "t", "sid": "AC1"}
    assert tenant.ok("PUT", "/guardian/factors/sms/providers/twilio", sent) == sent
    assert tenant.ok("GET", "/guardian/factors/phone/providers/twilio") == sent | {
        "messaging_service_sid": None
    }
    tenant.ok("PUT", "/guardian/factors/phone/selected-provider", {"provider": "phone-message-hook"})
    assert tenant.ok("GET", "/guardian/factors/sms/selected-provider") == {"provider": "phone-message-hook"}


def test_an_unset_twilio_configuration_is_empty(make):
    assert make("factor_on_not_configured").ok("GET", "/guardian/factors/phone/providers/twilio") == {}


def test_unset_messages_answer_204(make):
    tenant = make()
    answer = tenant("GET", "/guardian/factors/sms/templates")
    assert (answer.status_code, answer.content) == (204, b"")
    words = {"enrollment_message": "{{code}} a", "verification_message": "{{code}} b"}
    assert tenant.ok("PUT", "/guardian/factors/phone/templates", words) == words
    assert tenant.ok("GET", "/guardian/factors/sms/templates") == words


@pytest.mark.parametrize(("method", "path", "body"), LEGACY)
def test_legacy_endpoints_close_with_the_switch(make, method, path, body):
    answer = make("already_migrated")(method, path, body)
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("Insufficient privileges to use this deprecated feature.")
    assert answer.json()["errorCode"].startswith("legacy_mfa_phone_")


def test_factors_and_policies_stay_open(make):
    tenant = make("already_migrated")
    assert {"name": "sms", "enabled": True, "trial_expired": False} in tenant.ok("GET", "/guardian/factors")
    assert tenant.ok("GET", "/guardian/factors/phone/message-types") == {"message_types": ["sms"]}
    assert tenant.ok("PUT", "/guardian/policies", ["confidence-score"]) == ["confidence-score"]
    assert tenant.ok("GET", "/guardian/policies") == ["confidence-score"]


def test_legacy_access_closes_legacy_endpoints(make):
    tenant = make("twilio_sms")
    assert tenant("GET", "/guardian/factors/phone/selected-provider").status_code == 200
    tenant.override(legacy_access="closed")
    assert tenant("GET", "/guardian/factors/phone/selected-provider").status_code == 403
    assert tenant.ok("GET", "/tenants/settings")["phone_consolidated_experience"] is False


def test_a_one_way_tenant_cannot_go_back(make):
    tenant = make("one_way")
    for value in (True, False):
        body = {"phone_consolidated_experience": value}
        assert tenant.ok("PATCH", "/tenants/settings", body)["phone_consolidated_experience"] is value
    assert tenant.ok("GET", "/tenants/settings")["phone_consolidated_experience"] is False
    assert tenant("GET", "/guardian/factors/phone/selected-provider").status_code == 403
    assert tenant.delivery()["delivered"] is False


def test_any_other_tenant_can_go_back(make):
    tenant = make("twilio_sms")
    for value in (True, False):
        tenant.ok("PATCH", "/tenants/settings", {"phone_consolidated_experience": value})
    assert tenant("GET", "/guardian/factors/phone/selected-provider").status_code == 200
    assert tenant.delivery()["delivered"] is True


def test_message_types_do_not_need_the_factor(make):
    answer = make()("PUT", "/guardian/factors/phone/message-types", {"message_types": ["sms"]})
    assert answer.status_code == 200


def test_message_types_must_match_the_provider(make):
    tenant = make("already_migrated", provider={"configuration": {"delivery_methods": ["text"]}})
    answer = tenant("PUT", "/guardian/factors/phone/message-types", {"message_types": ["sms", "voice"]})
    assert answer.status_code == 409
    assert answer.json()["message"] == "Message Type is not supported by the configured phone provider"
    assert tenant.ok("GET", "/guardian/factors/phone/message-types") == {"message_types": ["sms"]}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/guardian/factors/sms", {"enabled": "yes"}, "enabled"),
        ("/guardian/factors/sms", {"enabled": True, "more": 1}, "more"),
        ("/guardian/factors/phone/message-types", {"message_types": ["fax"]}, "message_types.0"),
        ("/guardian/factors/phone/providers/twilio", {"from": "1" * 65}, "from"),
        ("/guardian/factors/phone/selected-provider", {"provider": "vonage"}, "provider"),
        ("/guardian/policies", ["always"], "0"),
    ],
)
def test_bodies_of_the_wrong_shape_are_refused_by_name(make, path, body, place):
    answer = make()("PUT", path, body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")
    assert answer.json()["message"].endswith(f"on property {place}.")


def test_only_real_factors_can_be_switched(make):
    tenant = make()
    assert tenant.ok("PUT", "/guardian/factors/otp", {"enabled": True}) == {"enabled": True}
    assert tenant("PUT", "/guardian/factors/pigeon", {"enabled": True}).status_code == 400


def test_a_missing_toggle_has_no_key(make):
    for kind, status in (("toggle_missing_upe", 403), ("toggle_missing_legacy", 200)):
        tenant = make(kind)
        assert "phone_consolidated_experience" not in tenant.ok("GET", "/tenants/settings")
        assert (
            tenant("PATCH", "/tenants/settings", {"phone_consolidated_experience": True}).status_code == 400
        )
        assert tenant("GET", "/guardian/factors/phone/selected-provider").status_code == status


def test_settings_merge_flags_and_replace_the_rest(make):
    tenant = make()
    before = tenant.ok("GET", "/tenants/settings")
    body = {
        "flags": {"enable_sso": False},
        "enabled_locales": ["fr"],
        "idle_ephemeral_session_lifetime_in_minutes": 15,
    }
    after = tenant.ok("PATCH", "/tenants/settings", body)
    assert after["flags"] == before["flags"] | {"enable_sso": False}
    assert (after["enabled_locales"], after["idle_ephemeral_session_lifetime"]) == (["fr"], 0.25)
    fields = tenant.ok("GET", "/tenants/settings", fields="flags,friendly_name", include_fields="true")
    assert set(fields) == {"flags", "friendly_name"}
    assert "flags" not in tenant.ok("GET", "/tenants/settings", fields="flags", include_fields="false")
    assert tenant("PATCH", "/tenants/settings", {"nonsense": 1}).status_code == 400
