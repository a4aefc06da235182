"""The report of an Action has everything a person needs, and none of the secrets pasted into its code."""

import pytest

from phonefleet.actions.embedded_secrets import MASK, Mask
from phonefleet.actions.report_builder import report_of_attempt
from phonefleet.actions.translation_model import ActionSource, NpmPackage
from phonefleet.actions.translator import translate
from phonefleet.model.action_report import TranslationReport
from phonefleet.secrets.patterns import find_secret_like

TWILIO_TOKEN = "0f3a" + "9c1b7d" * 4 + "55e1"
PASTED = f"""
// old key: api_key = "{TWILIO_TOKEN[::-1]}"
const client = require('twilio')('AC{"0" * 32}', '{TWILIO_TOKEN}');
const headers = {{ 'X-Api-Key': `pk-{TWILIO_TOKEN[:12]}`, authorization: 'Basic dXNlcjpwYXNzdzByZA==' }};
const password = 'S3cr3t!x';
exports.onExecuteSendPhoneMessage = async (event) => {{
  await client.messages.create({{ to: event.message_options.recipient, body: event.message_options.text,
    from: '+15005550006', messagingServiceSid: 'MG{"1a" * 16}', secret_name: 'TWILIO_AUTH_TOKEN' }});
}};
"""


@pytest.fixture(scope="module")
def report():
    source = ActionSource("sms", PASTED, dependencies=(NpmPackage("twilio", "4.1.0"),), runtime="node18")
    translated = translate(source, events=4)
    return report_of_attempt(source, translated.adapter, translated.flags)


@pytest.mark.parametrize(
    "secret", [TWILIO_TOKEN, TWILIO_TOKEN[::-1], TWILIO_TOKEN[:12], "dXNlcjpwYXNzdzByZA", "S3cr3t!x"]
)
def test_no_pasted_secret_is_left_anywhere(report, secret):
    assert secret in PASTED
    assert secret not in report.model_dump_json()


def test_what_is_no_secret_stays_readable(report):
    for public in ("+15005550006", "MG" + "1a" * 16, "TWILIO_AUTH_TOKEN", "AC" + "0" * 32):
        assert public in report.original
    assert report.original.count("\n") == PASTED.count("\n")
    assert report.masked_lines == (2, 3, 4, 5)


def test_the_reports_search_for_secrets_finds_nothing(report):
    assert find_secret_like(report.original) == []
    assert find_secret_like(report.translation) == []


def test_it_holds_what_a_person_must_know(report):
    assert (report.result, report.strategy, report.events) == ("verified", "adapter", 4)
    assert (report.runtime_before, report.runtime) == ("node18", "node22")
    assert [(d.name, d.version) for d in report.dependencies] == [("twilio", "4.1.0")]
    rows = {row.legacy: (row.new, row.line) for row in report.mapping}
    assert rows["event.message_options.recipient"] == ("event.notification.recipient", 7)
    assert "runtime_raised" in {flag.code for flag in report.flags}
    assert TranslationReport.model_validate_json(report.model_dump_json()) == report


def test_a_refused_action_has_reasons_only():
    source = ActionSource("half", "exports.onExecuteSendPhoneMessage = async (event) => {")
    refused = report_of_attempt(source, translate(source).adapter)
    assert refused.result == "refused"
    assert refused.translation == ""
    assert refused.reasons[0].startswith("syntax_error")


def test_a_counterexample_is_masked_like_the_source():
    assert Mask.of(f"call('{TWILIO_TOKEN}')").hide(f"0 ms send {TWILIO_TOKEN}") == f"0 ms send {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "const url = 'https://api.vendor1.example.com/v2/messages/2024-01-01';",
        "const id = '123e4567-e89b-12d3-a456-426614174000';",
        "const h = { 'Content-Type': 'application/json', 'X-Vendor-Version': '2023-10-16' };",
        "const token = event.secrets.API_TOKEN_2; const secretName = 'API_TOKEN_2';",
        "throw new Error('the token 1 is missing, ask the 2nd team');",
    ],
)
def test_ordinary_code_is_left_alone(text):
    assert Mask.of(text).hide(text) == text
