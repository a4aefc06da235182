"""Carrying an Action over: what is made, what is refused, and that nothing is raised."""

import time

import pytest

from phonefleet.actions.refusal_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.adapter import OnError
from phonefleet.actions.translation_model import (
    ActionSource,
    NpmPackage,
    TranslationRefusal,
    VerificationResult,
)
from phonefleet.actions.translator import bound_action, translate

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


def test_the_manifest_lists_secrets_read_and_secrets_known():
    source = ActionSource("x", CORPUS["twilio_basic"].source.code, secret_names=("EXTRA",))
    made = translate(source, verify=False).adapter.translation
    assert set(made.secret_names) == {"EXTRA", "TWILIO_SID", "TWILIO_TOKEN", "TWILIO_FROM"}
    assert any("TWILIO_FROM" in decision for decision in made.decisions)


def test_dependencies_keep_their_versions_and_an_old_runtime_is_raised_with_a_note():
    source = ActionSource("x", ONE_CALL.code, dependencies=(NpmPackage("axios", "1.2.3"),), runtime="node16")
    carried = translate(source, verify=False)
    assert carried.adapter.translation.dependencies == source.dependencies
    assert carried.adapter.translation.runtime == "node22"
    assert FlagCode.RUNTIME_RAISED in [flag.code for flag in carried.flags]
    assert any("node16" in decision for decision in carried.adapter.translation.decisions)


def test_the_mapping_table_has_each_field_once_with_its_crossed_place():
    rows = {
        row.legacy: row.new
        for row in translate(CORPUS["switch_channel"].source, verify=False).adapter.translation.mapping
    }
    assert "notification.delivery_method" in rows["event.message_options.message_type"]
    assert "notification.message_type" in rows["event.message_options.action"]


def test_other_types_can_be_given_to_a_function():
    carried = translate(ONE_CALL, other_types=TEMPLATE)
    assert TEMPLATE in carried.adapter.translation.code
    assert carried.adapter.result is VerificationResult.VERIFIED
    assert carried.rewrite.result is VerificationResult.VERIFIED


@pytest.mark.parametrize("text", ["", "1", "f(); (event) => {}", "(event) => {", "});evil();(", "a, b"])
def test_a_handler_of_other_types_must_be_one_function(text):
    carried = translate(ONE_CALL, other_types=text, verify=False)
    assert carried.adapter.refusal.reasons[0].code == RefusalCode.BAD_OTHER_TYPES


def test_a_retry_is_only_offered_to_code_that_makes_one_call():
    one = translate(ONE_CALL, on_error=OnError.RETRY_UNSENT)
    assert "api.notification.retry" in one.adapter.translation.code
    assert one.adapter.result is VerificationResult.VERIFIED
    many = translate(CORPUS["two_providers"].source, on_error=OnError.RETRY_UNSENT, verify=False)
    loop = translate(CORPUS["retry_loop"].source, on_error=OnError.RETRY_UNSENT, verify=False)
    assert "api.notification.retry" not in many.adapter.translation.code + loop.adapter.translation.code


def test_several_bound_actions_are_refused_and_one_is_taken():
    assert bound_action([ONE_CALL]) is ONE_CALL
    refusal = bound_action([ONE_CALL, CORPUS["helpers"].source])
    assert isinstance(refusal, TranslationRefusal)
    assert refusal.reasons[0].code == RefusalCode.SEVERAL_ACTIONS
    assert "one, helpers" in refusal.reasons[0].message


def test_an_unverified_translation_is_not_called_verified():
    carried = translate(ONE_CALL, verify=False)
    assert carried.adapter.result is VerificationResult.NOT_VERIFIABLE
    assert carried.best is None


def test_the_adapter_is_preferred_when_both_are_verified():
    carried = translate(ONE_CALL)
    assert carried.best is carried.adapter


@pytest.mark.parametrize(
    "code", ["", "x" * 200_000, "(" * 50_000, "`${" * 3000, "\x00", "a\ud800", "/*", "'"]
)
def test_hostile_text_gets_a_verdict_in_good_time(code):
    began = time.monotonic()
    carried = translate(ActionSource("x", code))
    assert carried.adapter.result is VerificationResult.REFUSED
    assert time.monotonic() - began < 20


def test_a_title_cannot_break_out_of_its_comment():
    name = "x\n*/ evil(); /* \u2028 alert()"
    code = translate(ActionSource(name, ONE_CALL.code), verify=False).adapter.translation.code
    assert "evil" in code.splitlines()[0]
    assert "\u2028" not in code
