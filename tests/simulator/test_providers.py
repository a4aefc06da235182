"""The tenant-level provider, its templates, and test messages."""

import time

import pytest

from tests.pace import QUICK

PROVIDERS, TEMPLATES = "/branding/phone/providers", "/branding/phone/templates"
TWILIO = {
    "name": "twilio",
    "configuration": {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]},
    "credentials": {"auth_token": "token"},
}
CUSTOM = {"name": "custom", "configuration": {"delivery_methods": ["text"]}, "credentials": {}}


def test_a_tenant_has_one_provider_at_most(make):
    tenant = make()
    assert tenant.ok("GET", PROVIDERS) == {"providers": []}
    provider = tenant.ok("POST", PROVIDERS, TWILIO)
    assert "credentials" not in provider
    assert provider["disabled"] is False
    assert tenant("POST", PROVIDERS, TWILIO).status_code == 409
    listed = tenant.ok("GET", PROVIDERS)["providers"]
    assert listed == [provider | {"credentials": None}]
    assert tenant.ok("GET", PROVIDERS, disabled="true") == {"providers": []}


def test_deleting_is_final(make):
    tenant = make()
    path = f"{PROVIDERS}/{tenant.ok('POST', PROVIDERS, TWILIO)['id']}"
    assert tenant("DELETE", path).status_code == 204
    for method, body in (("DELETE", None), ("GET", None), ("PATCH", {"disabled": True})):
        answer = tenant(method, path, body)
        assert answer.status_code == 404
        assert answer.json() == {
            "statusCode": 404,
            "error": "Not Found",
            "message": "Notification Resource not found",
        }


@pytest.mark.parametrize(
    "configuration",
    [
        {"sid": "AC1", "delivery_methods": ["text"]},
        {"sid": "AC1", "mssid": "MG1", "delivery_methods": ["text", "voice"]},
        {"sid": "AC1", "mssid": "MG1", "delivery_methods": ["voice"]},
    ],
)
def test_twilio_needs_a_sender_and_a_number_for_voice(make, configuration):
    answer = make()("POST", PROVIDERS, TWILIO | {"configuration": configuration})
    assert (answer.status_code, answer.json()["message"]) == (400, "Bad Operation on Notification Resource")


def test_a_messaging_service_is_sender_enough_for_text(make):
    configuration = {"sid": "AC1", "mssid": "MG1", "delivery_methods": ["text"]}
    assert make()("POST", PROVIDERS, TWILIO | {"configuration": configuration}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        TWILIO | {"name": "vonage"},
        TWILIO | {"configuration": {"sid": "AC1", "default_from": "1", "delivery_methods": []}},
        TWILIO | {"configuration": {"sid": "AC1", "default_from": "1", "delivery_methods": ["sms"]}},
        TWILIO | {"credentials": {}},
        TWILIO | {"credentials": {"auth_token": "x" * 256}},
        TWILIO | {"credentials": {"auth_token": None}},
        TWILIO | {"disabled": None},
        {"name": "custom"},
    ],
)
def test_providers_of_the_wrong_shape_are_refused(make, body):
    answer = make()("POST", PROVIDERS, body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")


def test_a_custom_provider_needs_a_deployed_action(make):
    tenant = make()
    answer = tenant("POST", PROVIDERS, CUSTOM)
    assert answer.status_code >= 400
    assert answer.json()["errorCode"].endswith("deployed_action_not_found")
    tenant.custom_action()
    assert tenant("POST", PROVIDERS, CUSTOM).status_code == 201


def test_a_deployment_ends_without_being_read(make):
    """The Deploy CLI makes the provider without reading its Action again."""
    tenant = make()
    body = {
        "name": "Custom",
        "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}],
        "code": "exports.onExecuteCustomPhoneProvider = async () => {};",
    }
    identity = tenant.ok("POST", "/actions/actions", body)["id"]
    tenant.built(identity)
    tenant.ok("POST", f"/actions/actions/{identity}/deploy")
    time.sleep(2 * QUICK.deploy_seconds)
    tenant.ok("POST", PROVIDERS, CUSTOM)


def test_a_name_changes_with_its_configuration(make):
    tenant = make()
    provider = tenant.ok("POST", PROVIDERS, TWILIO)
    path = f"{PROVIDERS}/{provider['id']}"
    assert tenant("PATCH", path, CUSTOM).json()["errorCode"].endswith("deployed_action_not_found")
    tenant.custom_action()
    both = tenant.ok("PATCH", path, TWILIO | {"name": "custom"})
    assert both["configuration"] == TWILIO["configuration"]
    changed = tenant.ok("PATCH", path, CUSTOM)
    assert (changed["name"], changed["configuration"]) == ("custom", {"delivery_methods": ["text"]})
    assert changed["id"] == provider["id"]


def test_disabling_keeps_the_rest(make):
    tenant = make()
    provider = tenant.ok("POST", PROVIDERS, TWILIO)
    changed = tenant.ok("PATCH", f"{PROVIDERS}/{provider['id']}", {"disabled": True})
    assert changed["configuration"] == provider["configuration"]
    assert tenant.ok("GET", PROVIDERS, disabled="true")["providers"][0]["id"] == provider["id"]


def test_default_templates_are_listed_without_id(make):
    tenant = make()
    defaults = tenant.ok("GET", TEMPLATES)["templates"]
    assert [item["type"] for item in defaults] == [
        "blocked_account",
        "change_password",
        "otp_enroll",
        "otp_verify",
    ]
    assert all("id" not in item for item in defaults)
    made = tenant.ok("POST", TEMPLATES, {"type": "otp_verify", "content": {"body": {"text": "{{ code }}"}}})
    assert made["content"]["body"]["text"] == "{{ code }}"
    listed = tenant.ok("GET", TEMPLATES)["templates"]
    assert [item.get("id") for item in listed if item["type"] == "otp_verify"] == [made["id"]]
    assert tenant("POST", TEMPLATES, {"type": "otp_verify"}).status_code == 409
    assert tenant("POST", TEMPLATES, {"type": "otp_enroll"}).status_code == 201


def test_a_template_is_changed_reset_and_deleted(make):
    tenant = make()
    body = {"type": "otp_enroll", "content": {"from": "Codes", "body": {"text": "a", "voice": "b"}}}
    path = f"{TEMPLATES}/{tenant.ok('POST', TEMPLATES, body)['id']}"
    changed = tenant.ok("PATCH", path, {"disabled": True, "content": {"body": {"text": "c"}}})
    assert changed["content"]["body"] == {"text": "c", "voice": "b"}
    assert changed["disabled"] is True
    reset = tenant.ok("PATCH", f"{path}/reset")
    assert "{{ code | escape }}" in reset["content"]["body"]["text"]
    assert reset["content"]["from"] == "Codes"
    assert tenant("DELETE", path).status_code == 204
    assert tenant("DELETE", path).status_code == 404


def test_a_templates_sender_is_checked(make):
    tenant = make()
    assert tenant("POST", TEMPLATES, {"type": "otp_verify", "content": {"from": "x" * 17}}).status_code == 400
    configuration = {"sid": "AC1", "mssid": "MG1", "delivery_methods": ["text"]}
    tenant.ok("POST", PROVIDERS, TWILIO | {"configuration": configuration})
    assert tenant("POST", TEMPLATES, {"type": "otp_verify", "content": {"from": "Codes"}}).status_code == 400


def test_a_test_message_is_logged(make):
    tenant = make("half_migrated")
    provider = tenant.ok("GET", PROVIDERS)["providers"][0]
    path = f"{PROVIDERS}/{provider['id']}/try"
    answer = tenant("POST", path, {"to": "+15005550006", "delivery_method": "text"})
    assert (answer.status_code, answer.json()["message"]) == (
        202,
        "Test notification successfully sent for processing",
    )
    sent = tenant.ok("GET", "/logs", q="type:gd_send_sms AND details.is_test:true")
    assert [log["details"]["to"] for log in sent] == ["XXXXXXXX0006"]
    assert sent[0]["details"]["provider"] == {"id": provider["id"], "name": "twilio"}
    tenant.override(twilio_token="another")
    tenant.ok("POST", path, {"to": "+15005550006"})
    failed = tenant.ok("GET", "/logs", q="type:gd_send_sms_failure AND details.is_test:true")
    assert "Twilio refuses the AuthToken" in str(failed[0])


def test_a_voice_test_needs_the_method(make):
    tenant = make("half_migrated", provider={"configuration": {"delivery_methods": ["text", "voice"]}})
    path = f"{PROVIDERS}/{tenant.ok('GET', PROVIDERS)['providers'][0]['id']}"
    tenant.ok("POST", f"{path}/try", {"to": "+15005550006", "delivery_method": "voice"})
    assert len(tenant.ok("GET", "/logs", q="type:gd_send_voice")) == 1
    tenant.override(provider={"configuration": {"delivery_methods": ["text"]}})
    assert (
        tenant("POST", f"{path}/try", {"to": "+15005550006", "delivery_method": "voice"}).status_code == 400
    )


def test_a_template_is_tried_through_the_provider(make):
    tenant = make("half_migrated")
    template = next(t for t in tenant.ok("GET", TEMPLATES)["templates"] if "id" in t)
    assert tenant("POST", f"{TEMPLATES}/{template['id']}/try", {"to": "+15005550006"}).status_code == 202
    assert len(tenant.ok("GET", "/logs", q="details.message_type:otp_verify")) == 1
    bare = make()
    made = bare.ok("POST", TEMPLATES, {"type": "otp_verify"})
    assert bare("POST", f"{TEMPLATES}/{made['id']}/try", {"to": "+15005550006"}).status_code == 202
    failed = bare.ok("GET", "/logs", q="type:gd_send_sms_failure")
    assert "no tenant-level provider" in str(failed[0])
