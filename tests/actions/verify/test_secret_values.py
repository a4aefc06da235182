"""A secret's stand-in has the form that its use needs, by the words of its name and by how a run uses it."""
# ruff: noqa: E501  (JavaScript reads best on one line)

import json
import time

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify.secret_values import Form, form_of, stand_in, stand_ins
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import legacy, new


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("SMS_API_URL", Form.ADDRESS),
        ("smsApiUrl", Form.ADDRESS),
        ("BASEURL", Form.ADDRESS),
        ("SECURITY_TOKEN", Form.KEY),
        ("ACCOUNT", Form.KEY),
        ("ACCOUNT_KEY", Form.KEY),
        ("RETRY_COUNT", Form.NUMBER),
        ("SUPPORT_KEY", Form.KEY),
        ("SMTP_PORT", Form.NUMBER),
        ("THROTTLE_KEY", Form.KEY),
        ("TWILIO_ACCOUNT_SID", Form.ACCOUNT),
        ("TwilioMessagingServiceSid", Form.SENDERS),
        ("VERIFY_SID", Form.SERVICE),
        ("GATEWAY_HOST", Form.HOST),
        ("FROM_NUMBER", Form.PHONE),
        ("PLATFORM_KEY", Form.KEY),
        ("GATEWAY_SECRET_SMS", Form.GATEWAY_KEY),
    ],
)
def test_the_words_of_a_name_give_the_form(name, form):
    assert form_of(name) is form


def test_no_two_names_have_the_same_value():
    names = ["A", "B", "A_URL", "B_URL", "A_SID", "B_SID", "a", "A_FROM", "B_FROM"]
    assert len(set(stand_ins(names).values())) == len(names)


def test_json_secrets_have_the_keys_that_are_read():
    code = "const conf = JSON.parse(event.secrets.CONF); use(conf.url, conf.key);"
    value = json.loads(stand_in("CONF", code))
    assert value["url"].startswith("https://")
    assert value["key"] != value["url"]


SENDS = "{ method: 'POST', body: JSON.stringify({ to, text }) }"


@pytest.mark.parametrize(
    "body",
    [
        f"await fetch(event.secrets.PROVIDER, {SENDS});",
        f"const base = event.secrets.THING; await fetch(`${{base}}/send`, {SENDS});",
        f"await fetch(new URL('/send', event.secrets.THING), {SENDS});",
        "await require('twilio')(event.secrets.USER, event.secrets.PASS).messages.create({ to, body: text, from: '+15005550006' });",
        f"const c = event.secrets.CHANNEL || 'sms'; if (!['sms', 'wa'].includes(c)) throw new Error(c); await fetch('https://a.example', {SENDS});",
        f"if (event.secrets.PROVIDER !== 'acme') throw new Error('no provider'); await fetch('https://a.example', {SENDS});",
        f"if (!to.startsWith('+358')) throw new Error('country'); await fetch('https://a.example', {SENDS});",
        f"if (!/^\\+46/.test(to)) throw new Error('country'); await fetch('https://a.example', {SENDS});",
        f"const s = {{ Portal: 'P' }}[event.client && event.client.name]; if (!s) throw new Error('app'); await fetch('https://a.example', {SENDS});",
    ],
)
def test_values_the_code_compares_with_are_tried(body):
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED
    other = body.replace("{ to, text }", "{ to, text: text + '.' }").replace("body: text", "body: text + '.'")
    assert verify_translation(legacy(body), new(other)).result is VerificationResult.DIFFERS


def test_configuration_used_as_an_address_is_one():
    body = f"const {{ GATEWAY }} = event.configuration; await fetch(`${{GATEWAY}}/send`, {SENDS});"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED


def test_unnamed_secrets_exist_only_if_allowed():
    body = f"if (!event.secrets['FROM_' + 'US']) throw new Error('none'); await fetch('https://a.example', {SENDS});"
    assert (
        verify_translation(legacy(body), new(body), secret_names=["KEY"]).result is VerificationResult.VACUOUS
    )
    assert (
        verify_translation(legacy(body), new(body), secret_names=["KEY"], more_secrets=True).result
        is VerificationResult.VERIFIED
    )


def test_a_verification_lists_its_assumptions():
    body = f"if (event.secrets.MODE !== 'live') return; await fetch('https://a.example', {SENDS});"
    reasons = verify_translation(legacy(body), new(body)).reasons
    assert "assumes: secret MODE = 'live', else nothing is sent" in map(str, reasons)


def test_code_that_never_sends_stays_vacuous():
    body = "if (event.secrets.MODE === 'live') console.log(to, text);"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VACUOUS


def test_assumptions_hide_no_difference():
    body = (
        f"if (event.secrets.MODE !== 'live') {{ console.log(await (await fetch('https://audit.example')).text()); return; }} "
        f"await fetch('https://a.example', {SENDS});"
    )
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(body), new(body.replace("audit", "other"))).result
        is VerificationResult.DIFFERS
    )


def test_two_conditions_together_are_found():
    body = (
        f"if (event.secrets.MODE !== 'live') return; if (event.secrets.BY !== 'acme') throw new Error('by'); "
        f"await fetch('https://a.example', {SENDS});"
    )
    reasons = verify_translation(legacy(body), new(body)).reasons
    assert {
        "assumes: secret MODE = 'live', else nothing is sent",
        "assumes: secret BY = 'acme', else nothing is sent",
    } <= set(map(str, reasons))


def test_a_hanging_trial_ends_the_search():
    body = "if (event.secrets.MODE === 'spin') for (;;) {} if (event.secrets.MODE === 'x') console.log('x');"
    started = time.monotonic()
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VACUOUS
    assert time.monotonic() - started < 10
