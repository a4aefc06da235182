# ruff: noqa: E501  (JavaScript reads best on one line)
"""Never a false ``verified``: programs that only seem the same differ, and programs that are the same do not."""

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import BODIES, legacy, new

SEND = "await fetch('https://api.example', { method: 'POST', body: JSON.stringify({ to, text }) });"


def adapted(code, event="{ ...event, message_options: options(event) }"):
    """An adapter by hand: the legacy code as a module, fed ``event``, an expression of the new event."""
    return f"""
const legacy = {{ exports: {{}} }};
(function (exports, module) {{
{code}
}}).call(legacy.exports, legacy.exports, legacy);
const options = ({{ notification: n }}) => ({{
  action: n.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication', code: n.code, language: n.locale,
  message_type: n.delivery_method === 'voice' ? 'voice' : 'sms', recipient: n.recipient,
  text: n.delivery_method === 'voice' ? n.as_voice : n.as_text,
}});
const send = legacy.exports.onExecuteSendPhoneMessage;
exports.onExecuteCustomPhoneProvider = async (event, api) => {{
  if (!event.notification.message_type.startsWith('otp_')) {{ api.notification.drop('other'); return; }}
  try {{ return await send({event}, {{ cache: api.cache }}); }} catch (error) {{ api.notification.drop('failed'); }}
}};
"""


EXACT = """{
  message_options: options(event), request: event.request, tenant: { id: event.tenant.id },
  user: (({ login_count, ...rest }) => rest)(event.user), configuration: event.configuration, secrets: event.secrets,
  ...(event.client ? { client: { ...event.client, client_metadata: event.client.metadata } } : {}),
  ...(event.custom_domain ? { custom_domain: event.custom_domain } : {}),
  ...(event.transaction ? { transaction: event.transaction } : {}),
}"""


def verdict(code, **options):
    return verify_translation(code, adapted(code, **options)).result


def test_an_event_sent_whole_differs_by_its_fields():
    code = legacy("await fetch('https://a.example', { method: 'POST', body: JSON.stringify(event) });")
    verification = verify_translation(code, adapted(code, event=EXACT))
    assert verification.result is VerificationResult.DIFFERS
    assert any(reason.code == "removed_fields" for reason in verification.reasons)


def test_new_fields_in_a_sent_event_are_a_difference():
    code = legacy("await fetch('https://a.example', { method: 'POST', body: JSON.stringify(event) });")
    verification = verify_translation(code, adapted(code))
    assert verification.result is VerificationResult.DIFFERS
    assert not any(reason.code == "removed_fields" for reason in verification.reasons)


def test_unchanged_parts_of_the_event_may_be_sent():
    code = legacy(
        "const { language, ...sent } = event.message_options;"
        "await fetch('https://a.example', { method: 'POST', body: JSON.stringify(sent) });"
    )
    assert verdict(code) is VerificationResult.VERIFIED


@pytest.mark.parametrize(
    "probe",
    [
        "'notification' in event",
        "Object.keys(event).length",
        "event.tenant.friendly_name",
        "event.organization && event.organization.id",
        "Object.getOwnPropertyDescriptor(event, 'notification') !== undefined",
        "event.user.login_count",
        "event.connection && event.connection.name",
        "event.user.identities && event.user.identities.length",
        "event.message_options.from",
    ],
)
def test_detecting_the_new_event_is_a_difference(probe):
    code = legacy(f"await fetch('https://a.example', {{ method: 'POST', body: to + text + ({probe}) }});")
    leaking = "{ ...event, message_options: { ...options(event), from: event.notification.from } }"
    assert verdict(code, event=leaking) is VerificationResult.DIFFERS


@pytest.mark.parametrize(
    ("probe", "changed"),
    [
        ("arguments.length", "send({event})"),
        ("typeof this", "send.call(globalThis.Object, {event}, api)"),
        ("arguments[1] === undefined", "send({event})"),
    ],
)
def test_handlers_are_called_as_auth0_calls_them(probe, changed):
    code = f"""exports.onExecuteSendPhoneMessage = async function (event) {{
      const to = event.message_options.recipient;
      await fetch('https://a.example', {{ method: 'POST', body: to + event.message_options.text + ({probe}) }});
    }};"""
    right = adapted(code)
    assert verify_translation(code, right).result is VerificationResult.VERIFIED
    event = "{ ...event, message_options: options(event) }"
    call = f"send({event}, {{ cache: api.cache }})"
    assert call in right
    wrong = right.replace(call, changed.replace("{event}", event))
    assert verify_translation(code, wrong).result is VerificationResult.DIFFERS


def test_strict_mode_breaks_sloppy_code_and_is_noticed():
    code = legacy(f"count = (globalThis.count || 0) + 1; {SEND}")
    assert verdict(code) is VerificationResult.VERIFIED
    assert verify_translation(code, "'use strict';" + adapted(code)).result is VerificationResult.DIFFERS


def test_code_in_sloppy_mode_may_use_with_and_callee():
    body = f"const f = function (n) {{ return n ? arguments.callee(n - 1) : 'x'; }}; f(2); with ({{ extra: 1 }}) {{ count = extra; }} {SEND}"
    code = legacy(body)
    assert verdict(code) is VerificationResult.VERIFIED


@pytest.mark.parametrize(
    "thrown",
    [
        "undefined",
        "null",
        "'text'",
        "42",
        "{ toString() { throw 1; } }",
        "Symbol('x')",
        "new (class E extends Error {})('x')",
    ],
)
def test_anything_may_be_thrown(thrown):
    code = legacy(f"{SEND} throw {thrown};")
    assert verify_translation(code, adapted(code)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(code, adapted(code).replace("api.notification.drop('failed')", "")).result
        is VerificationResult.DIFFERS
    )


def test_failures_after_the_return_are_compared():
    body = f"{SEND} setTimeout(() => {{ throw new Error(%s); }}, 10);"
    assert verify_translation(legacy(body % "'a'"), new(body % "'a'")).result is VerificationResult.VERIFIED
    assert verify_translation(legacy(body % "'a'"), new(body % "'b'")).result is VerificationResult.DIFFERS


def test_state_between_events_is_compared():
    top = "let seen = 0;\n"
    body = "seen += 1; await fetch('https://a.example', { method: 'POST', body: to + text + (seen > 15 ? 'late' : '') });"
    assert verify_translation(legacy(body, top), new(body, top)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(body, top), new(body.replace("15", "16"), top)).result
        is VerificationResult.DIFFERS
    )


def test_a_new_container_is_compared_too():
    top = "let first = true;\n"
    body = "if (first && %s) await fetch('https://a.example/cold', { method: 'POST', body: to }); first = false; await fetch('https://a.example', { method: 'POST', body: to + text });"
    right = body % "spoken"
    assert verify_translation(legacy(right, top), new(right, top)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(right, top), new(body % "false", top)).result is VerificationResult.DIFFERS
    )


def test_programs_leave_nothing_behind():
    leaving = legacy(
        f"globalThis.leak = 'leaked'; String.prototype.leak = () => 'leaked'; Object.prototype.leak2 = 'leaked'; {SEND}"
    )
    looking = "await fetch('https://a.example', { method: 'POST', body: to + text + globalThis.leak + typeof ''.leak + ({}).leak2 });"
    for _ in range(2):
        assert verify_translation(leaving, adapted(leaving)).result is VerificationResult.VERIFIED
        assert verify_translation(legacy(looking), new(looking)).result is VerificationResult.VERIFIED
        assert (
            verify_translation(legacy(looking), new(looking.replace("globalThis.leak", "undefined"))).result
            is VerificationResult.VERIFIED
        )


def test_clock_readers_are_run_with_two_clocks():
    body = "if (new Date().getUTCHours() < 7) throw new Error('quiet hours'); await fetch('https://a.example', { method: 'POST', body: to + text + Date.now() });"
    verification = verify_translation(legacy(body), new(body))
    assert verification.result is VerificationResult.VERIFIED
    assert any("the clock" in reason.message for reason in verification.reasons)
    for wrong in ("< 6", "<= 7", "< 8"):
        assert (
            verify_translation(legacy(body), new(body.replace("< 7", wrong))).result
            is VerificationResult.DIFFERS
        )


def test_random_numbers_are_compared_one_by_one():
    body = "const { randomUUID } = require('crypto'); await fetch('https://a.example', { method: 'POST', body: to + text + randomUUID() + Math.random() });"
    verification = verify_translation(legacy(body), new(body))
    assert verification.result is VerificationResult.VERIFIED
    assert any("randomness" in reason.message for reason in verification.reasons)
    assert (
        verify_translation(
            legacy(body), new(body.replace("text + randomUUID()", "text + Math.random() + randomUUID()"))
        ).result
        is VerificationResult.DIFFERS
    )


def test_a_constant_equal_to_the_clock_differs():
    body = "await fetch('https://a.example', { method: 'POST', body: to + text + %s });"
    assert (
        verify_translation(legacy(body % "new Date().getUTCFullYear()"), new(body % "2026")).result
        is VerificationResult.VERIFIED
    )  # the same in this year
    assert (
        verify_translation(legacy(body % "new Date().getUTCDate()"), new(body % "15")).result
        is VerificationResult.DIFFERS
    )


VACUOUS = {
    "nothing": "",
    "a log": "console.log(to, text);",
    "telemetry": "await fetch('https://http-intake.logs.datadoghq.com/v1', { method: 'POST', body: to + text + code });",
    "recipient alone": "await fetch('https://a.example', { method: 'POST', body: to });",
    "text alone": "await fetch('https://a.example', { method: 'POST', body: text });",
    "always throws": "throw new Error('not set up');",
    "a cache": "api.cache.set(to, text);",
    "a digest": "const d = require('crypto').createHash('sha256').update(to + text).digest('hex'); await fetch('https://a.example', { method: 'POST', body: d });",
    "a client that is only built": "require('twilio')('AC1', 't');",
    "sent to nobody": "const { messages } = require('twilio')('AC1', 't'); await messages.create({ to: '+1555', body: text });",
}


@pytest.mark.parametrize("name", VACUOUS)
def test_what_delivers_nothing_is_vacuous(name):
    assert verify_translation(legacy(VACUOUS[name]), new(VACUOUS[name])).result is VerificationResult.VACUOUS


DELIVERED = {
    "in the address": "await fetch(`https://a.example/?to=${encodeURIComponent(to)}&text=${encodeURIComponent(text)}`);",
    "in base64": "await fetch('https://a.example', { method: 'POST', body: Buffer.from(JSON.stringify({ to, text })).toString('base64') });",
    "without the plus": "await fetch('https://a.example', { method: 'POST', body: JSON.stringify({ to: to.slice(1), code }) });",
    "in a form": "await fetch('https://a.example', { method: 'POST', body: new URLSearchParams({ to, text }) });",
    "in XML": "await fetch('https://a.example', { method: 'POST', body: `<to>${to}</to><text>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')}</text>` });",
    "in bytes": "await fetch('https://a.example', { method: 'POST', body: Buffer.from(to + text) });",
    "as two calls": "await fetch('https://a.example/contacts', { method: 'POST', body: to }); await fetch('https://a.example/messages', { method: 'POST', body: code });",
    "through an unknown parser": "const n = require('libphonenumber-js').parse(to); await fetch('https://a.example', { method: 'POST', body: `${n.format('E.164')} ${text}` });",
    "in JSON within JSON": "await fetch('https://a.example', { method: 'POST', body: JSON.stringify({ inner: JSON.stringify({ to, text }) }) });",
}


@pytest.mark.parametrize("name", DELIVERED)
def test_what_is_delivered_in_any_usual_form_counts(name):
    assert (
        verify_translation(legacy(DELIVERED[name]), new(DELIVERED[name])).result
        is VerificationResult.VERIFIED
    )


def test_failing_alike_is_no_verification():
    body = "const x = undefined; x.send(to, text);"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VACUOUS


def test_secrets_read_indirectly_exist():
    body = "const name = ['API', 'KEY'].join('_'); await fetch('https://a.example', { method: 'POST', body: to + text + event.secrets[name] });"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(body), new(body.replace("'KEY'", "'KEY2'"))).result
        is VerificationResult.DIFFERS
    )


def test_unnamed_secrets_do_not_exist():
    body = "if (event.secrets.EXTRA) throw new Error('set'); await fetch('https://a.example', { method: 'POST', body: to + text + event.secrets.KEY });"
    assert (
        verify_translation(legacy(body), new(body), secret_names=["KEY"]).result
        is VerificationResult.VERIFIED
    )
    guessed = verify_translation(legacy(body), new(body))
    assert guessed.result is VerificationResult.VERIFIED
    assert "assumes: no secret EXTRA, else nothing is sent" in map(str, guessed.reasons)


def test_other_types_may_be_handled_on_request():
    translation = new(SEND).replace(
        "api.notification.drop('no one-time code');",
        "await fetch('https://a.example', { method: 'POST', body: n.recipient });",
    )
    assert verify_translation(legacy(SEND), translation).result is VerificationResult.DIFFERS
    assert (
        verify_translation(legacy(SEND), translation, drops_other_types=False).result
        is VerificationResult.VERIFIED
    )


def test_key_order_in_a_body_is_no_difference():
    assert (
        verify_translation(legacy(SEND), new(SEND.replace("{ to, text }", "{ text, to }"))).result
        is VerificationResult.VERIFIED
    )
    assert (
        verify_translation(legacy(SEND), new(SEND.replace("{ to, text }", "{ to, text: [text] }"))).result
        is VerificationResult.DIFFERS
    )


@pytest.mark.parametrize("name", ["fetch", "twilio", "axios"])
def test_verifying_twice_gives_the_same_result(name):
    first = verify_translation(legacy(BODIES[name]), new(BODIES[name]))
    assert first == verify_translation(legacy(BODIES[name]), new(BODIES[name]))


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        ("event.user.user_metadata?.vip", "event.user.app_metadata?.vip"),
        ("(event.client && event.client.metadata.brand) || 'acme'", "'acme'"),
        (
            "event.request.language ?? event.user.user_metadata?.lang ?? 'en'",
            "event.request.language ?? 'en'",
        ),
        ("event.configuration.REGION", "event.configuration.region"),
        ("(event.user.app_metadata || {}).plan === true", "false"),
    ],
)
def test_looked_up_keys_exist_in_some_events(read, wrong):
    body = "await fetch('https://a.example', {{ method: 'POST', body: to + text + ({}) }});"
    assert (
        verify_translation(legacy(body.format(read)), new(body.format(read))).result
        is VerificationResult.VERIFIED
    )
    assert (
        verify_translation(legacy(body.format(read)), new(body.format(wrong))).result
        is VerificationResult.DIFFERS
    )


THROWS = "await fetch('https://a.example', { method: 'POST', body: to + text }); throw new Error(text);"


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        ("body: to + text", "body: text + to"),
        ("throw new", "await fetch('https://b.example'); throw new"),
        ("throw new", "await new Promise((go) => setTimeout(go, 1)); throw new"),
        ("throw new Error(text)", "return"),
        ("await fetch", "return; await fetch"),
    ],
)
def test_runs_that_throw_are_compared(whole, broken):
    assert verify_translation(legacy(THROWS), new(THROWS)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(THROWS), new(THROWS.replace(whole, broken))).result
        is VerificationResult.DIFFERS
    )
