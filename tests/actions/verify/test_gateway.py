# ruff: noqa: E501  (JavaScript reads best on one line)
"""A gateway's new Action sends the same requests as Auth0."""

import json

import pytest

from phonefleet.actions.translation_model import OriginalKind, VerificationResult
from phonefleet.actions.verify.verifier import verify_translation

URL = "https://gateway.example/sms"
RIGHT = """
const crypto = require('crypto');
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const n = event.notification;
  if (!n.message_type.startsWith('otp_') || n.delivery_method !== 'text') return api.notification.drop('not served');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = part({ typ: 'JWT', alg: 'HS256' }) + '.' + part({ sub: 'phonefleet', aud: 'urn:gateway', iat: Math.floor(Date.now() / 1000) });
  const key = Buffer.from(event.secrets.GATEWAY_SECRET, 'base64');
  const token = signed + '.' + crypto.createHmac('sha256', key).update(signed).digest('base64url');
  try {
    const response = await fetch('https://gateway.example/sms', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ sender: '+1555', recipient: n.recipient, body: n.as_text, req: { ip: event.request.ip, 'user-agent': event.request.user_agent } }),
      signal: AbortSignal.timeout(15000),
    });
    if (response.status !== 200) throw new Error(String(response.status));
  } catch (error) { api.notification.drop(error.message); }
};
"""
SETTINGS = {
    "gateway_url": URL,
    "sender": "+1555",
    "forward_req_info": True,
    "connection": "sms",
    "authentication": {"subject": "phonefleet", "audience": "urn:gateway", "secret_base64_encoded": True},
}
MUTATIONS = {
    "another address": ("'https://gateway.example/sms'", "'https://gateway.example/'"),
    "another verb": ("method: 'POST'", "method: 'PUT'"),
    "another recipient": ("recipient: n.recipient", "recipient: n.from"),
    "the spoken text": ("body: n.as_text", "body: n.as_voice"),
    "no sender": ("sender: '+1555', ", ""),
    "one field more": ("sender: '+1555', ", "sender: '+1555', code: n.code, "),
    "no req": (", req: { ip: event.request.ip, 'user-agent': event.request.user_agent }", ""),
    "req with another name": ("'user-agent':", "user_agent:"),
    "no authorization": (", authorization: `Bearer ${token}`", ""),
    "another scheme": ("`Bearer ${token}`", "`Basic ${token}`"),
    "another subject": ("sub: 'phonefleet'", "sub: 'x'"),
    "another audience": ("aud: 'urn:gateway'", "aud: 'x'"),
    "one claim more": ("aud: 'urn:gateway'", "aud: 'urn:gateway', iss: 'x'"),
    "the secret not decoded": (", 'base64')", ")"),
    "another secret": ("secrets.GATEWAY_SECRET", "secrets.OTHER_SECRET"),
    "another algorithm": ("'sha256'", "'sha512'"),
    "another time": ("Date.now() / 1000)", "Date.now() / 1000) + 60"),
    "any success accepted": ("response.status !== 200", "!response.ok"),
    "a shorter limit": ("15000", "10000"),
    "no limit": (", \n      signal: AbortSignal.timeout(15000)", ""),
    "failures swallowed": ("api.notification.drop(error.message);", ""),
    "failures retried": ("api.notification.drop(error.message)", "api.notification.retry(error.message)"),
    "voice sent as text": (" || n.delivery_method !== 'text'", ""),
    "other types sent": ("!n.message_type.startsWith('otp_') || ", ""),
    "sent twice": ("    if (response.status !== 200)", "    await fetch('https://gateway.example/sms');\n    if (response.status !== 200)"),
    "another content type": ("'application/json'", "'text/plain'"),
}  # fmt: skip


def gateway(code, **changes):
    return verify_translation(
        json.dumps({**SETTINGS, **changes}),
        code,
        mode=OriginalKind.GATEWAY,
        secret_names=["GATEWAY_SECRET", "OTHER_SECRET"],
    )


def test_a_right_gateway_action_is_verified():
    verification = gateway(RIGHT)
    assert verification.result is VerificationResult.VERIFIED, verification
    assert verification.events == 20


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_gateway_action_differs(name):
    old, changed = MUTATIONS[name]
    if name == "no limit":
        old = "      signal: AbortSignal.timeout(15000),\n"
    assert old in RIGHT
    verification = gateway(RIGHT.replace(old, changed.replace(", \n", "")))
    assert verification.result is VerificationResult.DIFFERS, verification
    assert verification.counterexample.difference
    assert verification.counterexample.original


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": None},
        {"forward_req_info": False},
        {"authentication": None},
        {"gateway_url": "https://other.example"},
        {"authentication": {**SETTINGS["authentication"], "secret_base64_encoded": False}},
        {"authentication": {"audience": "urn:gateway", "secret_base64_encoded": True}},
    ],
)
def test_the_settings_decide_what_is_right(changes):
    assert gateway(RIGHT, **changes).result is VerificationResult.DIFFERS


@pytest.mark.parametrize("settings", ["", "[]", "{}", "null", '{"gateway_url": 5, "authentication": 7}'])
def test_invalid_settings_are_not_verifiable(settings):
    verification = verify_translation(settings, RIGHT, mode=OriginalKind.GATEWAY)
    assert verification.result is VerificationResult.NOT_VERIFIABLE
    assert verification.reasons[0].code == "settings"


def test_a_gateway_action_that_hangs_is_not_verifiable():
    assert (
        gateway("exports.onExecuteCustomPhoneProvider = () => { for (;;) {} };").result
        is VerificationResult.NOT_VERIFIABLE
    )


@pytest.mark.parametrize(
    "send",
    [
        "const { status } = await require('axios').post('https://gateway.example/sms', body, { headers, timeout: 15000, validateStatus: () => true });",
        "const { statusCode: status } = await require('got').post('https://gateway.example/sms', { json: body, headers, timeout: { request: 15000 }, throwHttpErrors: false });",
        "const { statusCode: status } = await require('undici').request('https://gateway.example/sms', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body), headersTimeout: 15000 });",
    ],
)
def test_any_usual_client_may_make_the_request(send):
    start = RIGHT.index("    const response")
    end = RIGHT.index("    if (response.status")
    headers = "const headers = { authorization: `Bearer ${token}` };"
    body = "const body = { sender: '+1555', recipient: n.recipient, body: n.as_text, req: { ip: event.request.ip, 'user-agent': event.request.user_agent } };"
    code = f"{RIGHT[:start]}{headers} {body} {send}\n{RIGHT[end:]}".replace("response.status", "status")
    verification = gateway(code)
    assert verification.result is VerificationResult.VERIFIED, verification
