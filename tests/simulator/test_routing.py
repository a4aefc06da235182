"""The route of a message, for every kind, before and after every switch."""

import pytest

from simulator.kinds import MIX, RARE, Kind

ROUTES = {
    "empty": {},
    "not_configured": {},
    "twilio_sms": {("mfa", "text"): "twilio_legacy"},
    "twilio_voice": {("mfa", "voice"): "twilio_legacy"},
    "twilio_both": {("mfa", "text"): "twilio_legacy", ("mfa", "voice"): "twilio_legacy"},
    "action_single": {("mfa", "text"): "send_phone_message_action"},
    "action_multi_trigger": {("mfa", "text"): "send_phone_message_action"},
    "action_disputed": {("mfa", "text"): "send_phone_message_action"},
    "passwordless_twilio": {("passwordless", "text"): "twilio_legacy"},
    "passwordless_gateway": {("passwordless", "text"): "gateway"},
    "mfa_and_passwordless_twilio": {
        ("mfa", "text"): "twilio_legacy",
        ("passwordless", "text"): "twilio_legacy",
    },
    "merged": {("mfa", "text"): "twilio_legacy"},
    "legacy_auth0": {("mfa", "text"): "auth0_legacy"},
    "phone_identifier": {("phone_identifier", "text"): "upe_twilio"},
    "toggle_missing_upe": {("mfa", "text"): "upe_twilio"},
    "toggle_missing_legacy": {("mfa", "text"): "twilio_legacy"},
    "already_migrated": {},
    "half_migrated": {("mfa", "text"): "twilio_legacy"},
    "broken": {},
    "factor_on_not_configured": {},
    "missing_scopes": {("mfa", "text"): "twilio_legacy"},
    "wrong_credentials": {("mfa", "text"): "twilio_legacy"},
    "one_way": {("mfa", "text"): "twilio_legacy"},
}
SILENT = {"empty", "not_configured", "broken", "factor_on_not_configured"}
SWITCH = {"phone_consolidated_experience": True}


def test_every_kind_is_in_the_mix_and_in_this_table():
    assert set(MIX) == set(Kind) - RARE == set(ROUTES)


@pytest.mark.parametrize("kind", sorted(ROUTES))
@pytest.mark.parametrize("copy", range(4))
def test_every_kind_sends_as_its_name_says(make, kind, copy):
    tenant = make(kind, domain=f"{kind.replace('_', '-')}-{copy}.us.auth0.com")
    for (use, method), path in ROUTES[kind].items():
        assert tenant.delivery(use, method) == {"path": path, "delivered": True, "reason": ""}
    if kind in SILENT:
        for use in ("mfa", "passwordless", "phone_identifier"):
            answer = tenant.delivery(use)
            assert answer["delivered"] is False
            assert answer["reason"]


@pytest.mark.parametrize("copy", range(8))
def test_migrated_tenants_send_through_their_provider(make, copy):
    tenant = make("already_migrated", domain=f"migrated-{copy}.eu.auth0.com")
    delivery = tenant.delivery()
    assert delivery["delivered"] is True
    assert delivery["path"] in ("upe_twilio", "upe_custom")


def _provider(tenant, **changes):
    twilio = tenant.ok("GET", "/guardian/factors/phone/providers/twilio")
    configuration = {"sid": twilio["sid"], "delivery_methods": ["text", "voice"]}
    configuration |= {"default_from": twilio["from"]} | changes
    token = tenant.inputs["twilio_auth_token"]
    body = {"name": "twilio", "configuration": configuration, "credentials": {"auth_token": token}}
    return tenant.ok("POST", "/branding/phone/providers", body)


def test_a_migrated_twilio_tenant_goes_on_sending(make):
    tenant = make("twilio_both")
    _provider(tenant)
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    for method in ("text", "voice"):
        assert tenant.delivery("mfa", method) == {"path": "upe_twilio", "delivered": True, "reason": ""}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"default_from": "+19995550100"}, "Twilio knows no such sender in this account"),
        ({"sid": "AC0"}, "Twilio knows no such account"),
        ({"delivery_methods": ["voice"]}, "the provider does not deliver text"),
    ],
)
def test_a_wrong_provider_delivers_nothing(make, changes, reason):
    tenant = make("twilio_both")
    _provider(tenant, **changes)
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    assert tenant.delivery() == {"path": "upe_twilio", "delivered": False, "reason": reason}


def test_a_wrong_token_delivers_nothing(make):
    tenant = make("twilio_both")
    provider = _provider(tenant)
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    tenant.override(twilio_token="rotated at Twilio")
    assert tenant.delivery()["reason"] == "Twilio refuses the AuthToken"
    tenant.ok("PATCH", f"/branding/phone/providers/{provider['id']}", {"disabled": True})
    assert tenant.delivery()["reason"] == "the provider is disabled"


def test_switching_without_a_provider_locks_out(make):
    tenant = make("twilio_sms")
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    assert tenant.delivery() == {"path": "none", "delivered": False, "reason": "no tenant-level provider"}


CUSTOM = {"name": "custom", "configuration": {"delivery_methods": ["text"]}, "credentials": {}}
KEYED = """
exports.onExecuteCustomPhoneProvider = async ({ secrets, notification: { recipient, as_text } }) => {
  const headers = { 'x-api-key': secrets.SMS_API_KEY };
  await require('axios').post(secrets.SMS_API_URL, { number: recipient, message: as_text }, { headers });
};
"""
SIGNED = """
const jwt = require('jsonwebtoken');
exports.onExecuteCustomPhoneProvider = async ({ secrets, notification: { recipient, as_text } }) => {
  const headers = { authorization: `Bearer ${jwt.sign({}, secrets.GATEWAY)}` };
  await require('axios').post(secrets.URL, { recipient, body: as_text }, { headers });
};
"""


def _redeploy(tenant, identity, secrets):
    tenant.ok("PATCH", f"/actions/actions/{identity}", {"secrets": secrets})
    tenant.built(identity)
    tenant.ok("POST", f"/actions/actions/{identity}/deploy")
    tenant.deployed(identity)


def test_an_action_needs_its_secrets(make):
    tenant = make("action_multi_trigger")
    inputs = tenant.inputs["action_secrets"]
    secrets = [{"name": name, "value": inputs[name]} for name in ("SMS_API_KEY", "SMS_API_URL")]
    identity = tenant.custom_action(KEYED, secrets=secrets[:1])
    tenant.ok("POST", "/branding/phone/providers", CUSTOM)
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    assert tenant.delivery()["reason"].startswith("Action Custom with otp_enroll as text failed")
    _redeploy(tenant, identity, secrets)
    assert tenant.delivery()["delivered"] is True
    _redeploy(tenant, identity, [secrets[0] | {"value": "wrong"}, secrets[1]])
    assert tenant.delivery()["reason"].endswith("Request failed with status code 401")


def test_an_action_needs_the_right_handler(make):
    tenant = make("action_single")
    tenant.custom_action("exports.onExecuteSendPhoneMessage = async () => {};")
    tenant.ok("POST", "/branding/phone/providers", CUSTOM)
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    assert tenant.delivery()["reason"].endswith("The Action has no onExecuteCustomPhoneProvider")


def _signed(make):
    for number in range(20):
        tenant = make("passwordless_gateway", domain=f"gateway-{number}.eu.auth0.com")
        if "gateway_secret" in tenant.inputs:
            return tenant
    raise AssertionError("no gateway of twenty wants a signed token")


def test_each_sms_connection_has_a_switch_of_its_own(make):
    tenant = _signed(make)
    connection = tenant.ok("GET", "/connections", strategy="sms")[0]
    assert tenant.delivery("passwordless")["path"] == "gateway"
    secret = {"name": "GATEWAY", "value": tenant.inputs["gateway_secret"]}
    url = {"name": "URL", "value": connection["options"]["gateway_url"]}
    identity = tenant.custom_action(SIGNED, secrets=[secret, url])
    tenant.ok("POST", "/branding/phone/providers", CUSTOM)
    own = connection["options"] | {"use_phone_provider": True}
    tenant.ok("PATCH", f"/connections/{connection['id']}", {"options": own})
    assert tenant.delivery("passwordless") == {"path": "upe_custom", "delivered": True, "reason": ""}
    own["use_phone_provider"] = False
    tenant.ok("PATCH", f"/connections/{connection['id']}", {"options": own})
    tenant.ok("PATCH", "/tenants/settings", SWITCH)
    assert tenant.delivery("passwordless")["path"] == "gateway"
    del own["use_phone_provider"]
    tenant.ok("PATCH", f"/connections/{connection['id']}", {"options": own})
    assert tenant.delivery("passwordless")["path"] == "upe_custom"
    _redeploy(tenant, identity, [secret | {"value": "wrong"}, url])
    assert tenant.delivery("passwordless")["reason"].endswith("Request failed with status code 401")


def test_a_connection_nobody_may_use_sends_nothing(make):
    tenant = make("passwordless_twilio")
    tenant.override(connections={"sms": {"enabled_clients": []}})
    assert tenant.delivery("passwordless")["reason"] == "no client may use connection sms"
    assert tenant.delivery("passwordless", connection="other")["path"] == "none"


def test_a_legacy_action_must_be_bound_and_deployed(make):
    tenant = make("action_single")
    name = tenant.ok("GET", "/actions/actions")["actions"][0]["name"]
    tenant.override(undeploy_action=name)
    assert tenant.delivery()["reason"] == f"Action {name} is not deployed"
    tenant.override(unbind="send-phone-message")
    assert tenant.delivery()["reason"] == "no Action is bound to send-phone-message"


def test_the_evaluation_provider_runs_out(make):
    tenant = make("legacy_auth0", guardian={"message_types": ["sms", "voice"]})
    assert tenant.delivery("mfa", "voice")["reason"] == "the evaluation provider makes no calls"
    tenant.override(hidden={"evaluation_messages_left": 0})
    assert tenant.delivery()["reason"] == "the evaluation messages are used up"
