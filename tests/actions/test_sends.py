"""Calls that only compute are not outbound calls; other calls of modules may be."""

import pytest

from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.parse.sends import makes_one_call, sends
from phonefleet.actions.translation_model import ActionSource

COMPUTING = [
    "const _ = require('lodash'); {} _.get(event, 'message_options.recipient');",
    "const get = require('lodash/get'); {} get(event, 'message_options.recipient');",
    "const { pick } = require('lodash'); {} pick(event.user, 'name');",
    "const crypto = require('crypto'); {} crypto.createHash('sha256').update('x').digest('hex');",
    "{} require('moment')().format('YYYY');",
    "const { parsePhoneNumber } = require('libphonenumber-js'); {} parsePhoneNumber('+1');",
]


def flow_of(text):
    before, _, inside = text.partition("{}")
    code = f"{before}\nexports.onExecuteSendPhoneMessage = async (event) => {{ {inside} }};"
    return parse_action(ActionSource("a", code)).flow


@pytest.mark.parametrize("text", COMPUTING)
def test_computing_is_not_sending(text):
    assert sends(flow_of(text)) == ()
    assert makes_one_call(flow_of(text + " await fetch('https://a.example');"))


@pytest.mark.parametrize(
    "text",
    [
        "const https = require('https'); {} https.get('https://a.example');",
        "const sdk = require('some-sms-sdk'); {} sdk.get('https://a.example');",
    ],
)
def test_everything_else_may_send(text):
    assert len(sends(flow_of(text))) == 1
    assert not makes_one_call(flow_of(text + " await fetch('https://a.example');"))
