"""Code that runs for other triggers only says nothing about a translation, unless the sender uses it too."""

import pytest

from phonefleet.actions.parse.other_triggers import code_of_other_triggers
from phonefleet.actions.parse.parser import analyze
from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate

SENDER = (
    "exports.onExecuteSendPhoneMessage = async (event) => {{ {before}"
    " await axios.post('https://sms.example', {{ to: event.message_options.recipient,"
    " text: event.message_options.text }}); }};"
)
LOGIN = (
    "exports.onExecutePostLogin = async (event, api) => { if (await risk(event)) api.access.deny('no'); };"
)
HELPERS = {
    "declared": "async function risk(event) { return (await axios.get('https://risk.example')).data.bad; }",
    "assigned": "const risk = async (event) => (await axios.get('https://risk.example')).data.bad;",
    "recursive": "async function risk(event, n) { return n > 3 ? axios.get('https://risk.example') : risk(event, 4); }",
    "indirect": "const inner = () => axios.get('https://risk.example'); function risk(event) { return inner(); }",
}


def _source(helper: str, before: str = "") -> str:
    return f"const axios = require('axios');\n{HELPERS[helper]}\n{LOGIN}\n{SENDER.format(before=before)}\n"


def _elsewhere(code: str) -> str:
    flow = analyze(ActionSource("both", code), parse(code)).flow
    return " ".join(flow.program.text(node) for node in code_of_other_triggers(flow))


@pytest.mark.parametrize("helper", HELPERS)
def test_helpers_of_another_trigger_do_not_decide(helper):
    code = _source(helper)
    assert "https://risk.example" in _elsewhere(code)
    made = translate(ActionSource("both", code))
    assert made.adapter.result is VerificationResult.VERIFIED, made.adapter.verification.reasons


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize(
    "before",
    [
        "if (event.user.identities[0].provider === 'never-' + event.user.name) await risk(event);",
        "const other = { risk }; if (event.request.ip === '::' + event.user.name + '!') await other.risk(event);",
    ],
)
def test_a_helper_that_the_sender_may_use_decides(helper, before):
    code = _source(helper, before)
    assert "https://risk.example" not in _elsewhere(code)
    made = translate(ActionSource("both", code))
    assert made.adapter.result is not VerificationResult.VERIFIED


def test_a_sender_alone_has_no_code_for_others():
    assert _elsewhere("const axios = require('axios');\n" + SENDER.format(before="")) == ""
