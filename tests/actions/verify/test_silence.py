# ruff: noqa: E501  (JavaScript reads best on one line)
"""An original that sends nothing: vacuous where no input delivers, else the reason that hides the message."""

import pytest

from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import legacy, new

SEND = "await fetch('https://a.example', { method: 'POST', body: to + text });"
SECRET = "const { SecretsManager } = require('@aws-sdk/client-secrets-manager'); const { SecretString } = await new SecretsManager({}).getSecretValue({ SecretId: 'sms' }); const { url } = JSON.parse(SecretString);"
LEFT_OPEN = {
    "a condition on a digest": (
        f"if (require('crypto').createHash('md5').update(event.user.user_id).digest('hex').endsWith('beef')) {{ {SEND} }}",
        "unreached",
    ),
    "an error before the send": (f"event.user.nothing.here(); {SEND}", "always_throws"),
    "an opaque answer as text": (f"{SECRET} {SEND}", "opaque"),
    "an opaque answer as number": (
        f"const r = await require('some-sdk').balance(); if (r.credits > 3) {{ {SEND} }}",
        "opaque",
    ),
    "a loop that waits": (f"const end = Date.now() + 9; while (Date.now() < end) {{}} {SEND}", "unsupported"),
    "a loop on another clock": (
        f"const end = performance.now() + 9; while (performance.now() < end) {{}} {SEND}",
        "unsupported",
    ),
    "a method without a model": (f"Buffer.from('ab').hexSlice(0, 1); {SEND}", "unsupported"),
}


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_a_hidden_message_is_not_vacuous(name):
    body, code = LEFT_OPEN[name]
    verification = verify_translation(legacy(body), new(body))
    assert verification.result is VerificationResult.NOT_VERIFIABLE
    assert verification.reasons[0].code == code


@pytest.mark.parametrize("body", ["throw new Error('not set up yet');", "const x = undefined; x.y = 1;"])
def test_the_error_of_every_run_is_printed(body):
    verification = verify_translation(legacy(body), new(body))
    assert verification.result is VerificationResult.VACUOUS
    codes = [str(reason.code) for reason in verification.reasons]
    assert codes[:2] == ["vacuous", "always_throws"]
    assert (
        "not set up yet" in verification.reasons[1].message or "TypeError" in verification.reasons[1].message
    )


def test_four_conditions_that_let_a_message_out_are_solved():
    body = f"if (event.client?.name === 'Alpha' && event.request.geoip.countryCode === 'FR' && event.tenant.id === 'acme' && event.secrets.MODE === 'live') {{ {SEND} }}"
    right = verify_translation(legacy(body), new(body))
    assert right.result is VerificationResult.VERIFIED
    assert any(reason.code == "assumes" and "'Alpha'" in reason.message for reason in right.reasons)
    wrong = verify_translation(legacy(body), new(body.replace("to + text", "to + code")))
    assert wrong.result is VerificationResult.DIFFERS


def test_an_actions_module_is_recorded():
    body = "const { format } = require('actions:format-helper'); await fetch('https://a.example', { method: 'POST', body: to + format(text) });"
    verification = verify_translation(legacy(body), new(body))
    assert verification.result is VerificationResult.VERIFIED
    assert [reason.code for reason in verification.reasons] == ["actions_module"]
    assert "assumed" in verification.reasons[0].message
    assert (
        verify_translation(legacy(body), new(body.replace("format(text)", "format(code)"))).result
        is VerificationResult.DIFFERS
    )


METHOD = "if (event.request.method !== 'POST') throw new Error('odd');"


@pytest.mark.parametrize(
    ("more", "optional"),
    [
        ("", ("event.request.method",)),
        ("if (event.message_options.language) event.user.name = event.message_options.language;", ()),
    ],
)
def test_the_method_alone_may_be_accepted_by_name(more, optional):
    code = f"exports.onExecuteSendPhoneMessage = async (event) => {{ const {{ recipient: to, text }} = event.message_options; {METHOD} {more} await fetch('https://a.example', {{ method: 'POST', body: to + text + event.user.name }}); }};"
    adapter = translate(ActionSource("method", code)).adapter
    assert adapter.result is VerificationResult.DIFFERS
    assert adapter.verification.optional == optional
    assert (adapter.reasons[0].code == "optional_field") == bool(optional)
