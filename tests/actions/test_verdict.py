"""Carrying an Action over: what is made, what is refused, and that nothing is raised."""

import time

import pytest

from phonefleet.actions.adapter import OnError
from phonefleet.actions.model import ActionSource, Dependency, ProofResult, Refusal
from phonefleet.actions.reasons import FlagCode, ReasonCode
from phonefleet.actions.verdict import bound_action, carry

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
    made = carry(source, prove=False).adapter.translation
    assert set(made.secret_names) == {"EXTRA", "TWILIO_SID", "TWILIO_TOKEN", "TWILIO_FROM"}
    assert any("TWILIO_FROM" in decision for decision in made.decisions)


def test_dependencies_keep_their_versions_and_an_old_runtime_is_raised_with_a_note():
    source = ActionSource("x", ONE_CALL.code, dependencies=(Dependency("axios", "1.2.3"),), runtime="node16")
    carried = carry(source, prove=False)
    assert carried.adapter.translation.dependencies == source.dependencies
    assert carried.adapter.translation.runtime == "node22"
    assert FlagCode.RUNTIME_RAISED in [flag.code for flag in carried.flags]
    assert any("node16" in decision for decision in carried.adapter.translation.decisions)


def test_the_mapping_table_has_each_field_once_with_its_crossed_place():
    rows = {
        row.legacy: row.new
        for row in carry(CORPUS["switch_channel"].source, prove=False).adapter.translation.mapping
    }
    assert "notification.delivery_method" in rows["event.message_options.message_type"]
    assert "notification.message_type" in rows["event.message_options.action"]


def test_other_types_can_be_given_to_a_function():
    carried = carry(ONE_CALL, other_types=TEMPLATE)
    assert TEMPLATE in carried.adapter.translation.code
    assert carried.adapter.result is ProofResult.PROVED
    assert carried.rewrite.result is ProofResult.PROVED


@pytest.mark.parametrize("text", ["", "1", "f(); (event) => {}", "(event) => {", "});evil();(", "a, b"])
def test_a_handler_of_other_types_must_be_one_function(text):
    carried = carry(ONE_CALL, other_types=text, prove=False)
    assert carried.adapter.refusal.reasons[0].code == ReasonCode.BAD_OTHER_TYPES


def test_a_retry_is_only_offered_to_code_that_makes_one_call():
    one = carry(ONE_CALL, on_error=OnError.RETRY_UNSENT)
    assert "api.notification.retry" in one.adapter.translation.code
    assert one.adapter.result is ProofResult.PROVED
    many = carry(CORPUS["two_providers"].source, on_error=OnError.RETRY_UNSENT, prove=False)
    loop = carry(CORPUS["retry_loop"].source, on_error=OnError.RETRY_UNSENT, prove=False)
    assert "api.notification.retry" not in many.adapter.translation.code + loop.adapter.translation.code


def test_several_bound_actions_are_refused_and_one_is_taken():
    assert bound_action([ONE_CALL]) is ONE_CALL
    refusal = bound_action([ONE_CALL, CORPUS["helpers"].source])
    assert isinstance(refusal, Refusal)
    assert refusal.reasons[0].code == ReasonCode.SEVERAL_ACTIONS
    assert "one, helpers" in refusal.reasons[0].message


def test_an_unproved_translation_is_not_called_proved():
    carried = carry(ONE_CALL, prove=False)
    assert carried.adapter.result is ProofResult.NOT_PROVABLE
    assert carried.best is None


def test_the_adapter_is_preferred_when_both_are_proved():
    carried = carry(ONE_CALL)
    assert carried.best is carried.adapter


@pytest.mark.parametrize(
    "code", ["", "x" * 200_000, "(" * 50_000, "`${" * 3000, "\x00", "a\ud800", "/*", "'"]
)
def test_hostile_text_gets_a_verdict_in_good_time(code):
    began = time.monotonic()
    carried = carry(ActionSource("x", code))
    assert carried.adapter.result is ProofResult.REFUSED
    assert time.monotonic() - began < 20


def test_a_title_cannot_break_out_of_its_comment():
    name = "x\n*/ evil(); /* \u2028 alert()"
    code = carry(ActionSource(name, ONE_CALL.code), prove=False).adapter.translation.code
    assert "evil" in code.splitlines()[0]
    assert "\u2028" not in code
