"""A translation broken in any of these ways is never verified."""

import pytest

from phonefleet.actions.translation_model import OriginalKind, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.verifier import verify_translation

from .cases import load

CORPUS = load()
SEND = "return await phonefleetSend(phonefleetEvent(event), phonefleetApi(api));"
GUARD = "if (type !== 'otp_enroll' && type !== 'otp_verify')"

# What is broken, the Action, the strategy, the text to replace and what by.
MUTATIONS = [
    ("text and voice swapped", "fetch_json", "adapter", "spoken ? notification.as_voice : notification.as_text",
     "spoken ? notification.as_text : notification.as_voice"),
    ("text and voice swapped", "fetch_json", "rewrite", "? event.notification.as_voice : event.notification.as_text",
     "? event.notification.as_text : event.notification.as_voice"),
    ("always the text", "twilio_basic", "adapter", "spoken ? notification.as_voice : notification.as_text",
     "notification.as_text"),
    ("sms and voice swapped", "switch_channel", "adapter", "spoken ? 'voice' : 'sms'", "spoken ? 'sms' : 'voice'"),
    ("delivery method passed on unmapped", "switch_channel", "rewrite", "? 'voice' : 'sms'", "? 'voice' : 'text'"),
    ("purposes swapped", "switch_channel", "adapter", "? 'enrollment' : 'second-factor-authentication'",
     "? 'second-factor-authentication' : 'enrollment'"),
    ("purpose taken by name from the wrong field", "switch_channel", "rewrite",
     "event.notification.message_type === 'otp_enroll' ? 'enrol'",
     "event.notification.delivery_method === 'otp_enroll' ? 'enrol'"),
    ("code for recipient", "twilio_verify", "adapter", "recipient: notification.recipient",
     "recipient: notification.code"),
    ("sender for recipient", "twilio_basic", "rewrite", "event.notification.recipient", "event.notification.from"),
    ("code lost", "twilio_verify", "adapter", "code: notification.code,", ""),
    ("header dropped", "axios_post_headers", "rewrite", "Authorization: `Bearer ${event.secrets.API_KEY}`, ", ""),
    ("timeout dropped", "axios_post_headers", "rewrite", ", timeout: 5000", ""),
    ("credentials changed", "sns_v3", "rewrite", "secretAccessKey: event.secrets.SECRET_KEY", "secretAccessKey: ''"),
    ("await lost", "axios_post_headers", "rewrite", "await axios.post", "axios.post"),
    ("await lost in the try", "axios_instance", "adapter", "return await phonefleetSend", "return phonefleetSend"),
    ("await lost in the try", "axios_instance", "rewrite", "return await send(event, api)", "return send(event, api)"),
    ("guard lost", "twilio_basic", "adapter", GUARD, "if (false)"),
    ("guard lost", "twilio_basic", "rewrite", "if (!/^otp_(enroll|verify)$/.test(event.notification.message_type))",
     "if (false)"),
    ("guard too wide", "twilio_basic", "adapter", GUARD, "if (type !== 'otp_verify')"),
    ("other types dropped without a word", "twilio_basic", "adapter", "return phonefleetOther(event, api);", "return;"),
    ("failure swallowed", "axios_instance", "adapter", "    phonefleetFailed(error, api);\n", ""),
    ("failure retried", "axios_instance", "adapter", "api.notification.drop(phonefleetReason(error))",
     "api.notification.retry(phonefleetReason(error))"),
    ("method torn off its object", "axios_instance", "adapter", "api.notification.drop(phonefleetReason(error))",
     "(0, api.notification.drop)(phonefleetReason(error))"),
    ("sent twice", "twilio_basic", "adapter", SEND,
     SEND.replace("return ", "") + " " + SEND),
    ("new event leaks", "never_set", "adapter", "const legacy = {", "const legacy = { ...event,"),
    ("new user leaks", "never_set", "adapter", '"username"', '"username", "login_count"'),
    ("application lost", "profile_and_client", "adapter", ', "name"]', "]"),
    ("language lost", "language_fallbacks", "adapter", '"language", ', ""),
    ("strict mode", "sloppy_mode", "adapter", "// custom-phone-provider", "'use strict'; // custom-phone-provider"),
    ("state lost between runs", "state_between_runs", "rewrite", "sent += 1", "sent = 1"),
    ("late", "twilio_basic", "adapter", SEND, "await new Promise((done) => setTimeout(done, 1000)); " + SEND),
    ("cache lost", "api_cache", "adapter", "set: (...args) => api.cache.set(...args)", "set: () => undefined"),
    ("status no longer checked", "fetch_json", "rewrite", "!response.ok", "false"),
    ("other module", "axios_post_headers", "rewrite", "require('axios')", "require('got')"),
    ("one of two calls", "fan_out", "rewrite", "['https://a.example', 'https://b.example']", "['https://a.example']"),
    ("order of calls", "fan_out", "rewrite", "['https://a.example', 'https://b.example']",
     "['https://b.example', 'https://a.example']"),
    ("fallback lost", "two_providers", "rewrite", "await client.messages.create(", "void ("),
    ("field dropped from the event", "correlation", "adapter", "if (event.transaction) legacy", "if (false) legacy"),
    ("field dropped from the event", "profile_and_client", "adapter", '"given_name", ', ""),
    ("field dropped from the event", "optional_request", "adapter", '"hostname", ', ""),
    ("field dropped from the event", "optional_request", "adapter", ', "user_agent"]', "]"),
    ("optional field always present", "optional_request", "adapter", "  return legacy;",
     "  legacy.request.hostname = legacy.request.hostname || 'login.example'; return legacy;"),
    ("optional field always present", "optional_request", "adapter", "  return legacy;",
     "  legacy.request.language = legacy.request.language || 'en'; return legacy;"),
    ("optional field always present", "profile_and_client", "adapter", "if (event.client) {",
     "event.client = event.client || { name: 'App', metadata: {} }; {"),
    ("optional field always present", "correlation", "rewrite", "event.transaction?.correlation_id",
     "(event.transaction?.correlation_id || 'none')"),
    ("optional field always present", "optional_request", "rewrite", "request.language", "(request.language || 'en')"),
    ("write into a temporary", "event_written", "adapter", "message_options: message,",
     "get message_options() { return { ...message }; },"),
    ("write into a temporary", "message_written", "adapter", "message_options: message,",
     "get message_options() { return { ...message }; },"),
    ("second send after a refusal", "axios_instance", "adapter", "    phonefleetFailed(error, api);\n",
     "    phonefleetFailed(error, api);\n    if (error.response) " + SEND.replace("return ", "") + "\n"),
    ("second send after a refusal", "axios_post_headers", "rewrite", "return await send(event, api)",
     "return await send(event, api).catch(() => send(event, api))"),
    ("second send after a refusal", "fetch_json", "adapter", SEND,
     SEND.replace("return await", "const first =").replace(";", ".catch((error) => error); if (await first) ", 1)
     + SEND + " else return first;"),
    ("retry count", "retry_loop", "rewrite", "attempt === 3", "attempt === 2"),
]  # fmt: skip


def _case(mutation):
    what, name, strategy, *_ = mutation
    return pytest.param(*mutation, id=f"{name}-{strategy}-{what.replace(' ', '_')}")


@pytest.mark.parametrize(
    ("what", "name", "strategy", "old", "new"), [_case(mutation) for mutation in MUTATIONS]
)
def test_a_broken_translation_is_caught(what, name, strategy, old, new):
    source = CORPUS[name].source
    translation = getattr(translate(source, verify=False), strategy).translation
    assert old in translation.code, f"{what}: the translation no longer has the text to break"
    verification = verify_translation(
        source.code,
        translation.code.replace(old, new, 1),
        secret_names=translation.secret_names,
        mode=OriginalKind.ACTION,
    )
    assert verification.result is VerificationResult.DIFFERS, (what, verification.reasons)
    assert verification.counterexample is not None or verification.reasons[0].code == "syntax"


def test_at_least_a_dozen_different_ways_are_tried():
    assert len({mutation[0] for mutation in MUTATIONS}) >= 12
