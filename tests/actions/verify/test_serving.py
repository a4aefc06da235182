"""The examination of a custom-phone-provider Action: what it does with each kind of message that is needed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from phonefleet.actions.verify.sample_message import Method, Purpose
from phonefleet.actions.verify.serving import Handling, MessageNeed, examine

ACTIONS = Path(__file__).parents[3] / "simulator" / "actions"
MFA = tuple(MessageNeed(purpose, method) for method in Method for purpose in Purpose)
SMS = MessageNeed(Purpose.VERIFY, Method.TEXT, "sms", "sms")
POST = "await fetch('https://x.example/s', {method: 'POST', body: JSON.stringify(event.notification)});"
TO_TESTER = """
const { recipient, code } = event.notification;
await fetch('https://x.example/s', {method: 'POST', body: JSON.stringify({
  to: '+15550001111', text: `for ${recipient}: ${code}`})});
"""
TWO_SERVICES = """
await fetch('https://lookup.example/carrier?number=' + encodeURIComponent(event.notification.recipient));
await fetch('https://counter.example/codes', {method: 'POST', body: event.notification.code});
"""
TWILIO_VERIFY = """
const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_VERIFY_SID } = event.secrets;
const client = require('twilio')(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN);
const { recipient, code } = event.notification;
await client.verify.v2.services(TWILIO_VERIFY_SID).verifications
  .create({ to: recipient.replace(/\\s/g, '').trim(), channel: 'sms', customCode: code });
"""
"""As Auth0's page "Configure a Custom Phone Provider with Twilio Verify" has it."""

BY = "event.notification.delivery_method === 'voice' ? 'call' : 'sms'"
PACKAGES = frozenset({"axios", "twilio"})


def _code(body: str) -> str:
    return f"exports.onExecuteCustomPhoneProvider = async (event, api) => {{{body}}};"


def _handling(code: str, *secrets: str, needs: Iterable[MessageNeed] = (*MFA, SMS)) -> dict[str, Handling]:
    return {str(r.need): r.handling for r in examine(code, frozenset(secrets), PACKAGES, tuple(needs))}


@pytest.mark.parametrize(
    ("code", "secrets"),
    [
        ((ACTIONS / "foreign_provider.js").read_text(), ("SMS_ENDPOINT", "SMS_PASSWORD")),
        ((ACTIONS / "custom_provider.js").read_text(), ("GATEWAY_URL", "GATEWAY_API_KEY")),
        (
            _code(TWILIO_VERIFY.replace("'sms'", BY)),
            ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_VERIFY_SID"),
        ),
        (_code(POST + "throw new Error('after it was sent');"), ()),
        (_code("if (event.user.user_metadata.plan === 'x') {}" + POST), ()),
    ],
    ids=["fetch", "axios", "twilio verify", "throws after sending", "looks something up"],
)
def test_an_action_that_sends_everything(code: str, secrets: tuple[str, ...]) -> None:
    assert set(_handling(code, *secrets).values()) == {Handling.SENDS}


@pytest.mark.parametrize(
    ("code", "handling"),
    [
        (_code(""), Handling.SENDS_NOTHING),
        (_code("console.log(event.notification);"), Handling.SENDS_NOTHING),
        (_code("api.notification.drop('not for us');"), Handling.DROPS),
        (_code("api.notification.retry('later');"), Handling.RETRIES),
        (_code("throw new Error('not configured');"), Handling.THROWS),
        (_code("await fetch(event.secret.SERVICE_URL, {method: 'POST'});"), Handling.THROWS),
        ("exports.onExecuteCustomPhoneProvider = async (event, => {}", Handling.THROWS),
        ("exports.onExecuteSendPhoneMessage = async () => {};", Handling.THROWS),
        ((ACTIONS / "foreign_drops.js").read_text(), Handling.DROPS),
    ],
    ids=[
        *("empty", "logs", "drops", "retries", "throws", "Auth0's own example"),
        *("no JavaScript", "no handler", "other types only"),
    ],
)
def test_an_action_that_sends_nothing(code: str, handling: Handling) -> None:
    assert set(_handling(code, "SMS_PASSWORD", "SERVICE_URL").values()) == {handling}


@pytest.mark.parametrize(
    "code",
    [
        (ACTIONS / "foreign_unclear.js").read_text(),
        _code("if (!event.notification.recipient.startsWith('+49')) return;" + POST),
        _code("if (event.secrets.MODE !== 'live') return;" + POST),
        _code("if (event.client.metadata.sms !== 'yes') return;" + POST),
        _code("if (!event.request.user_agent) throw new Error('no browser');" + POST),
        _code(POST + POST),
        _code("const t = await (await fetch('https://x.example/t')).json(); if (!t.jwt) throw 1;" + POST),
        _code("const q = require('some-queue'); q.add(event.notification.code);"),
        _code("while (true) {}"),
        _code(POST.replace("'https://x.example/s'", "'https://x.example/' + event.secrets.ABSENT")),
        _code(POST + "/* " + "x" * 400_000 + " */"),
        _code("await new Promise(done => setTimeout(done, 25_000));" + POST),
        _code(POST + "api.notification.retry('to be sure');"),
        _code("if (event.notification.recipient.startsWith('+33')) return;" + POST),
        _code("if (event.notification.locale === 'pt-BR') api.notification.drop('?'); else " + POST),
        _code("if (event.client.name === 'Old Shop') throw new Error('retired');" + POST),
        _code("if (new Date().getUTCHours() % 12 > 4) return;" + POST),
        _code(TO_TESTER),
        _code(TWO_SERVICES),
        "const send = require('superagent-like');" + _code(POST),
    ],
    ids=[
        *("no recipient", "one country", "a secret's value", "metadata", "some events", "twice", "a token"),
        *("unknown package", "endless", "absent secret", "too large", "too late", "sent and retried"),
        *("not one country", "not one locale", "not one client", "hours", "to a tester", "two services"),
        "not its package",
    ],
)
def test_an_action_of_which_the_runs_show_too_little(code: str) -> None:
    found = examine(code, frozenset({"SMS_PASSWORD", "MODE"}), PACKAGES, (*MFA, SMS))
    assert {r.handling for r in found} == {Handling.UNKNOWN}
    assert all(r.detail for r in found)


def test_a_text_in_place_of_a_call_is_doubted() -> None:
    # Auth0's example for Twilio Verify has a fixed channel: users who wait for a call get a text.
    secrets = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_VERIFY_SID")
    assert _handling(_code(TWILIO_VERIFY), *secrets, needs=MFA) == {
        "otp_enroll by text": "sends",
        "otp_verify by text": "sends",
        "otp_enroll by voice": "unknown",
        "otp_verify by voice": "unknown",
    }


def test_a_package_that_the_action_lacks_is_doubted() -> None:
    code = "const axios = require('axios');" + _code(
        "await axios.post('https://x.example', event.notification);"
    )
    assert [r.handling for r in examine(code, frozenset(), frozenset({"axios"}), (MFA[0],))] == ["sends"]
    (found,) = examine(code, frozenset(), frozenset(), (MFA[0],))
    assert (found.handling, "axios" in found.detail) == (Handling.UNKNOWN, True)


def test_each_kind_of_message_is_examined_alone() -> None:
    by_text = _code("if (event.notification.delivery_method !== 'text') return;" + POST)
    assert _handling(by_text, needs=MFA) == {
        "otp_enroll by text": "sends",
        "otp_verify by text": "sends",
        "otp_enroll by voice": "sends_nothing",
        "otp_verify by voice": "sends_nothing",
    }
    enrolls = _code(
        "if (event.notification.message_type !== 'otp_enroll') { api.notification.drop(''); return; }"
    )
    assert _handling(enrolls.replace("};", POST + "};")) == {
        "otp_enroll by text": "sends",
        "otp_verify by text": "drops",
        "otp_enroll by voice": "sends",
        "otp_verify by voice": "drops",
        "otp_verify by text of connection sms": "drops",
    }


def test_a_connection_is_examined_with_its_own_events() -> None:
    code = _code("if (event.connection && event.connection.strategy === 'sms') return;" + POST)
    found = _handling(code, needs=(MFA[0], SMS))
    assert found == {"otp_enroll by text": "sends", str(SMS): "sends_nothing"}


def test_what_is_said_holds_no_key_of_the_code() -> None:
    key = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    code = _code(f"const key = '{key}'; throw new Error('refused ' + key);")
    (found,) = examine(code, frozenset(), PACKAGES, (MFA[0],))
    assert found.handling is Handling.THROWS
    assert key not in found.detail
