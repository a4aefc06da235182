"""A merged Action is verified only if it sends MFA and each connection's messages as before."""

from dataclasses import replace

import pytest

from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translate.former_senders import (
    GatewayAuthentication,
    GatewaySettings,
    PasswordlessRoute,
    TwilioRoute,
)
from phonefleet.actions.translate.merged_source import merged_action
from phonefleet.actions.translation_model import ActionSource, NpmPackage, VerificationResult
from phonefleet.actions.verify.merged import verify_merged

ACTION = ActionSource(
    "sms",
    """
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  await axios.post(event.secrets.SMS_URL, {
    to: event.message_options.recipient, text: event.message_options.text, via: event.message_options.message_type,
  }, { headers: { 'x-key': event.secrets.SMS_KEY } });
};
""",
    dependencies=(NpmPackage("axios", "1.7.2"),),
)
TWILIO = TwilioRoute("AC" + "1" * 32, sender="+15005550006")
BY_SERVICE = TwilioRoute("AC" + "2" * 32, messaging_service_sid="MG" + "2" * 32, secret_name="OTHER_TOKEN")
GATEWAY = GatewaySettings("https://gateway.example/sms", sender="ACME", forward_req_info=True)
SIGNED = replace(GATEWAY, authentication=GatewayAuthentication("sub", "aud", secret_base64_encoded=True))


def made_of(mfa, *routes):
    made = merged_action(mfa, routes, sms_users_have_phone_mfa=False)
    return made, lambda code: verify_merged(mfa, routes, replace(made, code=code))


@pytest.mark.parametrize("mfa", [ACTION, TWILIO, BY_SERVICE], ids=["action", "twilio", "service"])
@pytest.mark.parametrize(
    "routes",
    [
        (PasswordlessRoute("sms", GATEWAY),),
        (PasswordlessRoute("sms", SIGNED),),
        (PasswordlessRoute("sms", BY_SERVICE),),
        (PasswordlessRoute("sms", SIGNED), PasswordlessRoute("sms-two", SIGNED)),
        (PasswordlessRoute("sms", TWILIO), PasswordlessRoute("sms-two", GATEWAY)),
    ],
    ids=["gateway", "signed", "twilio", "two", "both"],
)
def test_each_combination_is_verified(mfa, routes):
    made, verification = made_of(mfa, *routes)
    found = verification(made.code)
    assert (found.result, found.events) == (VerificationResult.VERIFIED, 20 * (1 + len(routes))), (
        found.reasons
    )


BREAKS = [
    ("=== 'otp_verify' && Boolean(connection)", "=== 'otp_enroll' && Boolean(connection)"),
    ("notification.message_type === 'otp_verify' && Boolean(connection)", "Boolean(connection)"),
    ("connection.strategy === 'sms'", "connection.strategy === 'email'"),
    ("? phonefleetPasswordless(event) :", "? phonefleetMfa(event, api) :"),
    ("return await (phonefleet", "return (phonefleet"),
    ("body: event.notification.as_text", "body: event.notification.as_voice"),
    ("request.sender = settings.sender", "request.from = settings.sender"),
    ("if (response.status !== 200)", "if (response.status > 299)"),
    ("spoken ? notification.as_voice : notification.as_text", "notification.as_text"),
    ("if (event.notification.delivery_method !== 'text')", "if (false)"),
    ("type !== 'otp_enroll' && type !== 'otp_verify'", "type === 'nothing'"),
]  # fmt: skip


@pytest.mark.parametrize(("whole", "broken"), BREAKS)
def test_each_break_of_either_plane_is_caught(whole, broken):
    made, verification = made_of(ACTION, PasswordlessRoute("sms", SIGNED))
    assert whole in made.code
    found = verification(made.code.replace(whole, broken))
    assert found.result is VerificationResult.DIFFERS, found.reasons
    assert found.counterexample is not None


TWILIO_BREAKS = [
    ("else form.append('Body', text)", "else form.append('Body', voice)"),
    ("Basic ${Buffer", "Bearer ${Buffer"),
    ("response.status > 299", "response.status > 499"),
    ("spoken ? 'Calls' : 'Messages'", "'Messages'"),
    ("event.secrets[settings.secret]", "event.secrets.TWILIO_AUTH_TOKEN + '.'"),
    ("setTimeout(() => controller.abort(new Error('no answer within 15 seconds')), 15000)", "0"),
    ("phonefleetXml(voice)", "voice"),
]


@pytest.mark.parametrize(("whole", "broken"), TWILIO_BREAKS)
def test_each_break_of_twilios_request_is_caught(whole, broken):
    made, verification = made_of(TWILIO, PasswordlessRoute("sms", GATEWAY))
    assert whole in made.code
    assert verification(made.code.replace(whole, broken)).result is VerificationResult.DIFFERS


def test_reasons_name_their_part_of_the_merge():
    stops = replace(ACTION, code=ACTION.code.replace("await axios", "process.exit(1);\n  await axios"))
    made, verification = made_of(stops, PasswordlessRoute("sms", GATEWAY))
    found = verification(made.code)
    assert found.result is VerificationResult.NOT_VERIFIABLE
    assert str(found.reasons[0]).startswith("unbounded: MFA: ")


def test_an_action_that_sends_nothing_is_vacuous():
    silent = replace(ACTION, code="exports.onExecuteSendPhoneMessage = async () => {};")
    made, verification = made_of(silent, PasswordlessRoute("sms", GATEWAY))
    assert verification(made.code).result is VerificationResult.VACUOUS


def test_code_that_no_message_runs_is_in_doubt():
    made, verification = made_of(ACTION, PasswordlessRoute("sms", GATEWAY))
    veto = made.code.replace("  switch (name) {", "  if (event.tenant.id === 'x') return;\n  switch (name) {")
    found = verification(veto)
    assert (found.result, found.reasons[0].code) == (
        VerificationResult.NOT_VERIFIABLE,
        VerificationCode.UNREACHED,
    )
