"""Legacy messages become phone templates with the same text, or are refused with the reason."""

from hypothesis import given
from hypothesis import strategies as st

from phonefleet.actions.message_templates import (
    DEFAULT_ENROLLMENT,
    MAX_BODY,
    NotificationType,
    translate_connection_template,
    translate_guardian_templates,
)
from phonefleet.actions.reason_codes import RefusalCode

BY_CHANNEL = (
    '{% if message_type == "voice" %}{% if locale contains "fr" %}Votre code: {{pause}} {{code}}'
    "{% else %}Your code: {{ pause }} {{code}}{% endif %}{% else %}"
    "{{code}} - {{tenant['friendly_name'] | upcase}}{% endif %}"
)


def _codes(result):
    return [reason.code for reason in result.reasons]


def test_unset_messages_become_auth0s_defaults():
    result = translate_guardian_templates(None, None, delivery_methods=("text",))
    assert [template.type for template in result.templates] == [
        NotificationType.OTP_ENROLL,
        NotificationType.OTP_VERIFY,
    ]
    assert result.templates[0].text == DEFAULT_ENROLLMENT.replace("tenant.friendly_name", "friendly_name")
    assert result.rendered == 20


def test_each_delivery_method_gets_its_own_body():
    result = translate_guardian_templates(BY_CHANNEL, None, delivery_methods=("text", "voice"))
    enroll = result.templates[0]
    assert enroll.text.startswith('{% assign message_type = "sms" %}')
    assert enroll.voice.startswith('{% assign message_type = "voice" %}')
    assert "{{friendly_name | upcase}}" in enroll.text


def test_unknown_variables_are_refused_by_name():
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


def test_local_variables_are_not_unknown():
    template = "{% assign brand = tenant.friendly_name %}{{ brand }}: {{ code }}"
    result = translate_guardian_templates(template, template, delivery_methods=("text",))
    assert result.templates[0].text == "{% assign brand = friendly_name %}{{ brand }}: {{ code }}"


def test_broken_liquid_is_refused_and_not_raised():
    assert _codes(translate_guardian_templates("{{code", None, delivery_methods=("text",))) == [
        RefusalCode.TEMPLATE_BROKEN
    ]


def test_a_template_without_the_code_is_warned_about():
    result = translate_guardian_templates("enroll foo", None, delivery_methods=("text",))
    assert result.templates[0].text == "enroll foo"
    assert [warning.code for warning in result.warnings] == [RefusalCode.CODE_NOT_SENT]


def test_too_long_bodies_are_refused():
    result = translate_guardian_templates("{{code}}" + "x" * MAX_BODY, None, delivery_methods=("text",))
    assert _codes(result) == [RefusalCode.TEMPLATE_TOO_LONG]
    assert "20008" in result.reasons[0].message
    assert "20000" in result.reasons[0].message


def test_macros_become_liquid():
    result = translate_connection_template("Code @@password@@ of {{brand}} {%x%}", "md_with_macros")
    assert result.templates[0].text == 'Code {{ code }} of {{ "{{" }}brand}} {{ "{%" }}x%}'


def test_a_connections_liquid_names_are_mapped():
    result = translate_connection_template("{{ password }} for {{ application.name }}", "liquid")
    assert result.templates[0].text == "{{ code }} for {{ client.name }}"


def test_unknown_macros_and_syntaxes_are_refused():
    assert _codes(translate_connection_template("@@nope@@ @@password@@", "md_with_macros")) == [
        RefusalCode.UNKNOWN_VARIABLES
    ]
    assert _codes(translate_connection_template("x", "mustache")) == [RefusalCode.UNKNOWN_SYNTAX]


@given(st.text(alphabet="{}%@ abcode.'\"|\\n", max_size=40), st.sampled_from(["liquid", "md_with_macros"]))
def test_any_text_is_either_translated_or_refused(template, syntax):
    result = translate_connection_template(template, syntax)
    assert bool(result.templates) != bool(result.reasons)
