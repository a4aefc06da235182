"""Legacy messages become phone templates with the same text, or are refused with the reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonefleet.actions.message_templates import (
    DEFAULT_ENROLLMENT,
    MAX_BODY,
    LegacyMessage,
    translate_message,
)
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.model.message_texts import MessagePlane, NotificationType

ENROLL, VERIFY = NotificationType.OTP_ENROLL, NotificationType.OTP_VERIFY
BY_CHANNEL = (
    '{% if message_type == "voice" %}{% if locale contains "fr" %}Votre code: {{pause}} {{code}}'
    "{% else %}Your code: {{ pause }} {{code}}{% endif %}{% else %}"
    "{{code}} - {{tenant['friendly_name'] | upcase}}{% endif %}"
)


def mfa(template, method="text", kind=ENROLL):
    return translate_message(kind, method, LegacyMessage(MessagePlane.MFA, template))


def passwordless(template, syntax="liquid"):
    return translate_message(VERIFY, "text", LegacyMessage(MessagePlane.PASSWORDLESS, template, syntax))


def codes(result):
    return [reason.code for reason in result.reasons]


def test_auth0s_legacy_default_keeps_its_words():
    result = mfa(DEFAULT_ENROLLMENT)
    assert result.text == DEFAULT_ENROLLMENT.replace("tenant.friendly_name", "friendly_name")
    assert result.rendered == 10


def test_each_delivery_method_gets_its_own_body():
    text, voice = mfa(BY_CHANNEL), mfa(BY_CHANNEL, "voice")
    assert text.text.startswith('{% assign message_type = "sms" %}')
    assert voice.text.startswith('{% assign message_type = "voice" %}')
    assert "{{friendly_name | upcase}}" in text.text


def test_unknown_variables_are_refused_by_name():
    assert [r.message for r in mfa("{{code}} {{ requestInfo.lang }}").reasons] == [
        "otp_enroll: no counterpart for requestInfo.lang"
    ]
    assert [r.message for r in mfa("{{code}} {{ user.nope }} {{ tenant.name }}", kind=VERIFY).reasons] == [
        "otp_verify: no counterpart for tenant.name, user.nope"
    ]


def test_local_variables_are_not_unknown():
    template = "{% assign brand = tenant.friendly_name %}{{ brand }}: {{ code }}"
    assert mfa(template).text == "{% assign brand = friendly_name %}{{ brand }}: {{ code }}"


def test_broken_liquid_is_refused_and_not_raised():
    assert codes(mfa("{{code")) == [RefusalCode.TEMPLATE_BROKEN]


def test_a_template_without_the_code_is_warned_about():
    result = mfa("enroll foo")
    assert result.text == "enroll foo"
    assert [warning.code for warning in result.warnings] == [RefusalCode.CODE_NOT_SENT]


def test_too_long_bodies_are_refused():
    result = mfa("{{code}}" + "x" * MAX_BODY)
    assert codes(result) == [RefusalCode.TEMPLATE_TOO_LONG]
    assert "20008" in result.reasons[0].message
    assert "20000" in result.reasons[0].message


def test_macros_become_liquid():
    result = passwordless("Code @@password@@ of {{brand}} {%x%}", "md_with_macros")
    assert result.text == 'Code {{ code }} of {{ "{{" }}brand}} {{ "{%" }}x%}'


@pytest.mark.parametrize(
    ("legacy", "new"),
    [
        ("{{ password }} for {{ application.name }}", "{{ code }} for {{ application.name }}"),
        ("{{ code }} {{ application.clientID }}", "{{ code }} {{ client.clientID }}"),
        ("{{ code }} {{ application['client_metadata'].brand }}", None),
        (
            "{{ code }} to {{ phone_number | slice: -4, 4 }}",
            "{{ code }} to {{ user.phone_number | slice: -4, 4 }}",
        ),
    ],
)
def test_a_connections_liquid_names_are_mapped(legacy, new):
    result = passwordless(legacy)
    assert not result.reasons
    assert result.text == (new or legacy.replace("['client_metadata']", ".client_metadata"))


@pytest.mark.parametrize("variable", ["request_language", "friendly_name", "client.client_id"])
def test_undocumented_variables_are_refused(variable):
    result = passwordless(f"{{{{ code }}}} {{{{ {variable} }}}}")
    assert [reason.message for reason in result.reasons] == [f"otp_verify: no counterpart for {variable}"]


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("{% capture x %}{{ code }}{% endcapture %}{{ x }}", "tag capture"),
        ("{{ code | base64_encode }} {{ code | squish }}", "filter base64_encode, filter squish"),
        ("{% for i in (1..3) %}{% break %}{% endfor %}{{ code }}", "tag break"),
        ("{% include 'code' %}", "tag include, which reads a file"),
    ],
)
def test_liquid_that_auth0_does_not_list_is_refused(template, named):
    result = mfa(template)
    assert codes(result) == [RefusalCode.UNSUPPORTED_LIQUID]
    assert result.reasons[0].message == f"otp_enroll: phone templates do not support {named}"


def test_unknown_macros_and_syntaxes_are_refused():
    assert codes(passwordless("@@nope@@ @@password@@", "md_with_macros")) == [RefusalCode.UNKNOWN_VARIABLES]
    assert codes(passwordless("x", "mustache")) == [RefusalCode.UNKNOWN_SYNTAX]


@settings(deadline=None)
@given(st.text(alphabet="{}%@ abcode.'\"|\\n", max_size=40), st.sampled_from(["liquid", "md_with_macros"]))
def test_any_text_is_either_translated_or_refused(template, syntax):
    result = passwordless(template, syntax)
    assert bool(result.rendered) != bool(result.reasons)
