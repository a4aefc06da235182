"""Legacy messages become phone templates that say the same, or are refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.actions.message_templates import (
    DEFAULT_ENROLLMENT,
    MAX_BODY,
    NotificationType,
    translate_connection_template,
    translate_guardian_templates,
)
from phonefleet.actions.refusal_codes import RefusalCode

BY_CHANNEL = (
    '{% if message_type == "voice" %}{% if locale contains "fr" %}Votre code: {{pause}} {{code}}'
    "{% else %}Your code: {{ pause }} {{code}}{% endif %}{% else %}"
    "{{code}} - {{tenant['friendly_name'] | upcase}}{% endif %}"
)


def _codes(result):
    return [reason.code for reason in result.reasons]


def test_messages_never_set_become_auth0s_defaults_with_the_new_variable():
    result = translate_guardian_templates(None, None, delivery_methods=("text",))
    assert [template.type for template in result.templates] == [
        NotificationType.OTP_ENROLL,
        NotificationType.OTP_VERIFY,
    ]
    assert result.templates[0].text == DEFAULT_ENROLLMENT.replace("tenant.friendly_name", "friendly_name")
    assert result.rendered == 20


def test_each_delivery_method_gets_its_own_body_with_the_kind_of_message_fixed():
    result = translate_guardian_templates(BY_CHANNEL, None, delivery_methods=("text", "voice"))
    enroll = result.templates[0]
    assert enroll.text.startswith('{% assign message_type = "sms" %}')
    assert enroll.voice.startswith('{% assign message_type = "voice" %}')
    assert "{{friendly_name | upcase}}" in enroll.text


def test_the_body_for_the_api_holds_only_the_wanted_methods_and_the_sender():
    result = translate_guardian_templates(None, None, delivery_methods=("voice",), sender="+15550001111")
    body = result.templates[1].to_api()
    assert body["type"] == "otp_verify"
    assert set(body["content"]["body"]) == {"voice"}
    assert body["content"]["from"] == "+15550001111"


def test_variables_without_a_counterpart_are_refused_by_name():
    result = translate_guardian_templates(
        "{{code}} {{ requestInfo.lang }}",
        "{{code}} {{ user.nope }} {{ tenant.name }}",
        delivery_methods=("text",),
    )
    assert result.templates == ()
    assert [reason.message for reason in result.reasons] == [
        "otp_enroll: no counterpart for requestInfo.lang",
        "otp_verify: no counterpart for tenant.name, user.nope",
    ]


def test_a_local_variable_of_the_template_is_not_taken_for_an_unknown_one():
    template = "{% assign brand = tenant.friendly_name %}{{ brand }}: {{ code }}"
    result = translate_guardian_templates(template, template, delivery_methods=("text",))
    assert result.templates[0].text == "{% assign brand = friendly_name %}{{ brand }}: {{ code }}"


def test_broken_liquid_is_refused_and_not_raised():
    assert _codes(translate_guardian_templates("{{code", None, delivery_methods=("text",))) == [
        RefusalCode.TEMPLATE_BROKEN
    ]


def test_a_template_that_loses_the_code_is_kept_and_said_so():
    result = translate_guardian_templates("enroll foo", None, delivery_methods=("text",))
    assert result.templates[0].text == "enroll foo"
    assert [warning.code for warning in result.warnings] == [RefusalCode.CODE_NOT_SENT]


@pytest.mark.parametrize(
    ("sender", "messaging_service", "code"),
    [
        ("+15551234567890123", False, RefusalCode.FROM_TOO_LONG),
        ("+15550001111", True, RefusalCode.FROM_WITH_MESSAGING_SERVICE),
    ],
)
def test_a_sender_that_the_api_would_refuse_is_refused_here(sender, messaging_service, code):
    result = translate_guardian_templates(
        None, None, delivery_methods=("text",), sender=sender, messaging_service=messaging_service
    )
    assert _codes(result) == [code]


def test_a_body_longer_than_the_api_allows_is_refused_with_both_numbers():
    result = translate_guardian_templates("{{code}}" + "x" * MAX_BODY, None, delivery_methods=("text",))
    assert _codes(result) == [RefusalCode.TEMPLATE_TOO_LONG]
    assert "20008" in result.reasons[0].message
    assert "20000" in result.reasons[0].message


def test_macros_become_liquid_and_liquid_look_alikes_stay_text():
    result = translate_connection_template("Code @@password@@ of {{brand}} {%x%}", "md_with_macros")
    assert result.templates[0].text == 'Code {{ code }} of {{ "{{" }}brand}} {{ "{%" }}x%}'


def test_a_connections_liquid_names_are_mapped():
    result = translate_connection_template("{{ password }} for {{ application.name }}", "liquid")
    assert result.templates[0].text == "{{ code }} for {{ client.name }}"


def test_an_unknown_macro_and_an_unknown_syntax_are_refused():
    assert _codes(translate_connection_template("@@nope@@ @@password@@", "md_with_macros")) == [
        RefusalCode.UNKNOWN_VARIABLES
    ]
    assert _codes(translate_connection_template("x", "mustache")) == [RefusalCode.UNKNOWN_SYNTAX]


@given(st.text(alphabet="{}%@ abcode.'\"|\\n", max_size=40), st.sampled_from(["liquid", "md_with_macros"]))
def test_any_text_is_either_translated_or_refused(template, syntax):
    result = translate_connection_template(template, syntax)
    assert bool(result.templates) != bool(result.reasons)
