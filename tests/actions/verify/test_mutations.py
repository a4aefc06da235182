# ruff: noqa: E501  (JavaScript reads best on one line)
"""Every broken translation is detected: each row breaks the correct one in one way."""

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import BODIES, RICH, legacy, new

MUTATIONS = {
    "text and voice swapped": ("spoken ? n.as_voice : n.as_text", "spoken ? n.as_text : n.as_voice"),
    "voice sent as text": ("n.delivery_method === 'voice'", "n.delivery_method === 'sms'"),
    "method and purpose crossed": ("n.delivery_method === 'voice'", "n.message_type === 'voice'"),
    "purposes swapped": ("=== 'otp_enroll' ? 'enroll' : 'verify'", "=== 'otp_verify' ? 'enroll' : 'verify'"),
    "a header dropped": ("'X-Other': event.secrets.OTHER_KEY", ""),
    "two secrets mixed up": ("Bearer ${event.secrets.API_KEY}", "Bearer ${event.secrets.OTHER_KEY}"),
    "the default header dropped": ("headers: { 'X-Tenant': event.tenant.id }", "headers: {}"),
    "another tenant field": ("'X-Tenant': event.tenant.id", "'X-Tenant': event.tenant.friendly_name"),
    "locale taken for language": ("event.request.language || 'en'", "n.locale || 'en'"),
    "the code left out": ("{ to, text, code,", "{ to, text,"),
    "recipient without plus": ("const { recipient: to, code } = n", "const to = n.recipient.slice(1), code = n.code"),
    "a lost await on the send": ("await client.post", "client.post"),
    "a lost await on the log": ("await fetch('https://log", "fetch('https://log"),
    "a lost await on the pause": ("await new Promise((resolve) => setTimeout", "new Promise((resolve) => setTimeout"),
    "a longer pause": ("setTimeout(resolve, 100)", "setTimeout(resolve, 101)"),
    "one attempt less": ("? 2 : 1;", "? 1 : 1;"),
    "an attempt more": ("? 2 : 1;", "? 3 : 1;"),
    "failures swallowed": ("api.notification.drop(String(error && error.message));", ""),
    "failures retried": ("api.notification.drop(String(error", "api.notification.retry(String(error"),
    "dropped though sent": ("        return;\n      } catch (error) {", "        api.notification.drop('x'); return;\n      } catch (error) {"),
    "drop torn off its object": ("api.notification.drop(String(error && error.message));", "const { drop } = api.notification; try { drop('x'); } catch {}"),
    "sent twice": ("        count += 1;", "        count += 1; await client.post('/messages', { to, text });"),
    "no guard for the other types": ("if (n.message_type !== 'otp_enroll' && n.message_type !== 'otp_verify')", "if (false)"),
    "the guard returns without dropping": ("    api.notification.drop('no one-time code');\n", ""),
    "enrolment unguarded away": ("n.message_type !== 'otp_enroll' && n.message_type", "n.message_type"),
    "state moved into the handler": ("  const n = event.notification;", "  const n = event.notification; let count = 0;"),
    "another address": ("'/calls' : '/messages'", "'/call' : '/messages'"),
    "another verb": ("client.post(", "client.put("),
    "another client": ("const axios = require('axios');", "const axios = require('axios'); require('got');"),
    "user field of the wrong name": ("who: event.user.user_id", "who: event.user.id"),
    "a missing optional field made a text": ("event.request.language || 'en'", "String(event.request.language)"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_translation_differs(name):
    old, changed = MUTATIONS[name]
    right = new(*RICH)
    assert right.count(old) >= 1
    verification = verify_translation(legacy(*RICH), right.replace(old, changed, 1))
    assert verification.result is VerificationResult.DIFFERS, verification
    assert verification.reasons


def test_a_counterexample_is_a_small_event():
    verification = verify_translation(
        legacy(*RICH), new(*RICH).replace("'X-Other': event.secrets.OTHER_KEY", "")
    )
    example = verification.counterexample
    assert example.answer == "ok"
    assert "X-Other" in example.difference
    assert '"client"' not in example.new_event  # left out, as the difference does not need it
    assert any("axios" in line for line in example.original)
    assert any("axios" in line for line in example.translation)
    assert '"message_options"' in example.legacy_event
    assert '"notification"' in example.new_event


@pytest.mark.parametrize(
    "name", [name for name in BODIES if name not in ("sent and not awaited", "sent after returning")]
)
def test_every_client_shows_another_message(name):
    right = new(BODIES[name])
    swapped = right.replace("spoken ? n.as_voice : n.as_text", "n.as_text + ' '").replace(
        "code } = n", "locale: code } = n"
    )
    assert verify_translation(legacy(BODIES[name]), swapped).result is VerificationResult.DIFFERS
    elsewhere = right.replace("const { recipient: to, code } = n", "const { code } = n, to = n.from")
    assert verify_translation(legacy(BODIES[name]), elsewhere).result is VerificationResult.DIFFERS


@pytest.mark.parametrize("name", ["sent and not awaited", "sent after returning"])
def test_calls_after_the_return_are_compared(name):
    right = new(BODIES[name])
    broken = right.replace("{ to, text }", "{ to, text: text + '!' }")
    assert verify_translation(legacy(BODIES[name]), broken).result is VerificationResult.DIFFERS
    waited = (
        right.replace("fetch('https", "await fetch('https")
        if name == "sent and not awaited"
        else right.replace(", 50)", ", 60)")
    )
    assert verify_translation(legacy(BODIES[name]), waited).result is VerificationResult.DIFFERS
