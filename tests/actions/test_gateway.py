"""Gateways and merged Actions: secrets by name only; MFA and Passwordless are distinguished or refused."""

import json
import re

import pytest

from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.reason_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.former_senders import (
    GATEWAY_SECRET,
    GatewayAuthentication,
    GatewaySettings,
    PasswordlessRoute,
    TwilioRoute,
)
from phonefleet.actions.translate.gateway_action import gateway_action, gateway_mapping
from phonefleet.actions.translate.merged_source import merged_action
from phonefleet.actions.translation_model import (
    ActionSource,
    NpmPackage,
    OriginalKind,
    Translation,
    VerificationResult,
)
from phonefleet.actions.verify.merged import verify_merged
from phonefleet.actions.verify.verifier import verify_translation

SIGNED = GatewaySettings(
    "https://sms.example/send",
    "+15550001111",
    forward_req_info=True,
    authentication=GatewayAuthentication("urn:Auth0", "urn:gateway", secret_base64_encoded=True),
)
GATEWAY = GatewaySettings("https://sms.example/send", "+15550001111")
LEGACY = ActionSource(
    "mfa",
    "exports.onExecuteSendPhoneMessage = async (event) => {"
    "  const r = await fetch(event.secrets.URL, { method: 'POST',"
    " body: event.message_options.recipient + event.message_options.text });"
    "  if (!r.ok) throw new Error('no');"
    "};",
    dependencies=(NpmPackage("axios", "1.7.2"),),
    secret_names=("URL",),
)


def test_the_shared_secret_is_named_not_written():
    translation = gateway_action(SIGNED)
    assert translation.secret_names == (GATEWAY_SECRET,)
    assert "event.secrets[settings.secret]" in translation.code


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("authenticated", [True, False])
@pytest.mark.parametrize("sender", ["+15550001111", None])
def test_the_action_sends_what_auth0_sent(forward, encoded, authenticated, sender):
    authentication = GatewayAuthentication("urn:Auth0", "urn:gateway", encoded) if authenticated else None
    settings = GatewaySettings("https://sms.example/send", sender, forward, authentication)
    verification = _verify_gateway(settings, gateway_action(settings).code)
    assert (verification.result, verification.reasons) == (VerificationResult.VERIFIED, verification.reasons)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("body: event.notification.as_text", "body: event.notification.as_voice"),
        ("request.sender = settings.sender", "request.from = settings.sender"),
        ("'user-agent': userAgent", "user_agent: userAgent"),
        ("response.status !== 200", "!response.ok"),
        ("'base64') : secret", "'utf8') : secret"),
        ("aud: audience", "audience"),
        ("15000);", "30000);"),
        ("15000);", "3000);"),
        ("'Content-Type': 'application/json'", "Accept: 'application/json'"),
        ("`Bearer ${", "`${"),
        ("method: 'POST'", "method: 'PUT'"),
        ("await phonefleetGateway(", "phonefleetGateway("),
    ],
)
def test_a_broken_gateway_action_is_never_verified(old, new):
    settings = SIGNED
    code = gateway_action(settings).code
    assert old in code, f"the source no longer has {old} to break"
    assert _verify_gateway(settings, code.replace(old, new, 1)).result is VerificationResult.DIFFERS


def _verify_gateway(settings, code):
    return verify_translation(
        json.dumps(settings.to_json()),
        code,
        secret_names=(GATEWAY_SECRET,),
        mode=OriginalKind.GATEWAY,
    )


@pytest.mark.parametrize("mfa", [LEGACY, TwilioRoute("AC1", "+15550002222")])
def test_a_merged_action_names_every_secret_once(mfa):
    second = TwilioRoute("AC2", None, "MG2", "TWILIO_2")
    routes = [PasswordlessRoute("sms", SIGNED), PasswordlessRoute("sms-2", second)]
    made = merged_action(mfa, routes, sms_users_have_phone_mfa=False)
    assert isinstance(made, Translation)
    assert parse(made.code).error_line is None
    assert "GATEWAY_SECRET_SMS" in made.secret_names
    assert "TWILIO_2" in made.secret_names
    assert len(set(made.secret_names)) == len(made.secret_names)
    assert re.findall(r"/\*\{\{\w+\}\}\*/", made.code) == []


def test_legacy_code_cannot_read_gateway_secrets():
    made = merged_action(LEGACY, [PasswordlessRoute("sms", SIGNED)], sms_users_have_phone_mfa=False)
    assert '!["GATEWAY_SECRET"].includes(name)' in made.code


def test_indistinguishable_senders_are_not_merged():
    refusal = merged_action(LEGACY, [PasswordlessRoute("sms", GATEWAY)], sms_users_have_phone_mfa=True)
    assert [reason.code for reason in refusal.reasons] == [RefusalCode.MFA_PASSWORDLESS_INDISTINGUISHABLE]


def test_unknown_overlap_is_flagged():
    made = merged_action(LEGACY, [PasswordlessRoute("sms", GATEWAY)])
    assert FlagCode.MFA_PASSWORDLESS_AMBIGUOUS in [flag.code for flag in made.flags]


def test_a_merge_needs_a_connection_and_senders():
    assert merged_action(LEGACY, []).reasons[0].code == RefusalCode.NOTHING_TO_MERGE
    refusal = merged_action(TwilioRoute("AC1"), [PasswordlessRoute("sms", GATEWAY)])
    assert refusal.reasons[0].code == RefusalCode.GATEWAY_INCOMPLETE


def test_an_unreadable_mfa_action_refuses_the_merge():
    refusal = merged_action(ActionSource("x", "import a from 'b'"), [PasswordlessRoute("sms", GATEWAY)])
    assert refusal.reasons[0].code == RefusalCode.ESM_SYNTAX


def test_mfa_in_a_merged_action_is_verified():
    made = merged_action(LEGACY, [PasswordlessRoute("sms", SIGNED)], sms_users_have_phone_mfa=False)
    verification = verify_merged(LEGACY, [PasswordlessRoute("sms", SIGNED)], made)
    assert (verification.result, verification.reasons) == (VerificationResult.VERIFIED, verification.reasons)


def test_a_senders_text_is_never_read_as_a_note():
    rows = {
        row.legacy: row for row in gateway_mapping(GatewaySettings("https://a.example", "ACME (US), Inc"))
    }
    assert (rows["sender"].new, rows["sender"].note) == ("the connection's from: 'ACME (US), Inc'", "")
    assert rows["body"].new == "event.notification.as_text"
    assert rows["body"].note
