"""Translating an Action: what is translated, what is refused, and that nothing is raised."""

import time
from dataclasses import replace

import pytest

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.reason_codes import FlagCode, RefusalCode, VerificationCode
from phonefleet.actions.translate.adapter import OnError, adapter_code
from phonefleet.actions.translation_model import (
    ActionSource,
    NpmPackage,
    VerificationResult,
)
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.verifier import verify_on_messages, verify_translation

from .cases import load

CORPUS = load()
ONE_CALL = ActionSource(
    "one",
    "exports.onExecuteSendPhoneMessage = async (event) => {"
    " const r = await fetch(event.secrets.URL, { method: 'POST',"
    " body: event.message_options.recipient + event.message_options.text });"
    " if (!r.ok) throw new Error('no'); };",
)
TEMPLATE = "(event, api) => { if (event.secrets.NEVER) api.notification.drop('x'); }"


def test_secrets_read_and_secrets_known_are_listed():
    source = ActionSource("x", CORPUS["twilio_basic"].source.code, secret_names=("EXTRA",))
    made = translate(source, verify=False).adapter.translation
    assert set(made.secret_names) == {"EXTRA", "TWILIO_SID", "TWILIO_TOKEN", "TWILIO_FROM"}
    assert any("TWILIO_FROM" in decision for decision in made.decisions)


def test_versions_are_kept_and_old_runtimes_raised():
    source = ActionSource("x", ONE_CALL.code, dependencies=(NpmPackage("axios", "1.2.3"),), runtime="node16")
    translated = translate(source, verify=False)
    assert translated.adapter.translation.dependencies == source.dependencies
    assert translated.adapter.translation.runtime == "node22"
    assert FlagCode.RUNTIME_RAISED in [flag.code for flag in translated.flags]
    assert any("node16" in decision for decision in translated.adapter.translation.decisions)


def test_the_mapping_crosses_the_two_fields():
    rows = {
        row.legacy: row.new
        for row in translate(CORPUS["switch_channel"].source, verify=False).adapter.translation.mapping
    }
    assert "notification.delivery_method" in rows["event.message_options.message_type"]
    assert "notification.message_type" in rows["event.message_options.action"]


def test_other_types_can_be_given_to_a_function():
    translated = translate(ONE_CALL, other_types=TEMPLATE)
    assert TEMPLATE in translated.adapter.translation.code
    assert translated.adapter.result is VerificationResult.VERIFIED
    assert translated.rewrite.result is VerificationResult.VERIFIED


@pytest.mark.parametrize("text", ["", "1", "f(); (event) => {}", "(event) => {", "});evil();(", "a, b"])
def test_a_handler_of_other_types_must_be_one_function(text):
    translated = translate(ONE_CALL, other_types=text, verify=False)
    assert translated.adapter.refusal.reasons[0].code == RefusalCode.BAD_OTHER_TYPES


def test_only_code_with_one_call_may_retry():
    one = translate(ONE_CALL, on_error=OnError.RETRY_UNSENT)
    assert "api.notification.retry" in one.adapter.translation.code
    assert one.adapter.result is VerificationResult.VERIFIED
    many = translate(CORPUS["two_providers"].source, on_error=OnError.RETRY_UNSENT, verify=False)
    loop = translate(CORPUS["retry_loop"].source, on_error=OnError.RETRY_UNSENT, verify=False)
    assert "api.notification.retry" not in many.adapter.translation.code + loop.adapter.translation.code


def test_unverified_translations_are_never_best():
    translated = translate(ONE_CALL, verify=False)
    assert translated.adapter.result is VerificationResult.NOT_VERIFIABLE
    assert translated.best is None


def test_a_verified_adapter_is_preferred():
    translated = translate(ONE_CALL)
    assert translated.best is translated.adapter


@pytest.mark.parametrize(
    "code", ["", "x" * 200_000, "(" * 50_000, "`${" * 3000, "\x00", "a\ud800", "/*", "'"]
)
def test_hostile_text_gets_a_result_in_time(code):
    began = time.monotonic()
    translated = translate(ActionSource("x", code))
    assert translated.adapter.result is VerificationResult.REFUSED
    assert time.monotonic() - began < 20


def test_a_title_cannot_break_out_of_its_comment():
    name = "x\n*/ evil(); /* \u2028 alert()"
    code = translate(ActionSource(name, ONE_CALL.code), verify=False).adapter.translation.code
    assert "evil" in code.splitlines()[0]
    assert "\u2028" not in code


def test_a_handler_of_other_types_need_not_run():
    """The handler's own branches are the operator's; everything else is checked as without one."""
    handler = "async (event, api) => { if (event.tenant.id === 'x') return; api.notification.drop('no'); }"
    translated = translate(ONE_CALL, other_types=handler)
    assert translated.adapter.result is VerificationResult.VERIFIED
    code = translated.adapter.translation.code
    veto = code.replace("  try {", "  if (event.tenant.id === 'y') return;\n  try {", 1)
    found = verify_translation(ONE_CALL.code, veto, other_code=handler, drops_other_types=False)
    assert found.reasons[0].code is VerificationCode.UNREACHED


def test_an_unsafe_retry_keeps_the_version():
    """Only runs show that the second call makes a retry unsafe; the adapter that drops is for the same event."""
    code = """
exports.onExecuteSendPhoneMessage = async (event) => {
  const { token } = await (await fetch(event.secrets.TOKEN_URL)).json();
  const body = JSON.stringify({ token, to: event.recipient, text: event.text });
  await fetch(event.secrets.SMS_URL, { method: 'POST', body });
};
"""
    source = ActionSource("flat", code, trigger_version=TriggerVersion.V1)
    translated = translate(source, on_error=OnError.RETRY_UNSENT)
    assert translated.adapter.result is VerificationResult.VERIFIED
    assert "notification.retry" not in translated.adapter.translation.code


def test_any_key_of_metadata_is_kept():
    """JSON may hold a key of this name, which an assignment would take for the prototype."""
    code = ONE_CALL.code.replace(
        "event.message_options.text", "event.message_options.text + Object.keys(event.user.user_metadata)"
    )
    messages = tuple(
        replace(m, user={**m.user, "user_metadata": {"__proto__": {"a": 1}, "b": 2}}) for m in corpus(6, 0)
    )
    found = verify_on_messages(code, adapter_code("keys", code), messages)
    assert found.result is VerificationResult.VERIFIED
