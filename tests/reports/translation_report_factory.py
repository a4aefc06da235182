"""Accounts of carried Actions that look like real ones, a few shared by the whole fleet."""

from __future__ import annotations

from collections.abc import Callable

from phonefleet.model.action_report import (
    ReportCounterexample,
    ReportFlag,
    ReportMapping,
    ReportPackage,
    TranslationReport,
)

Pen = Callable[[str], str]

SOURCE = """const axios = require("axios");

exports.onExecuteSendPhoneMessage = async (event, api) => {
  const url = "https://sms.acme.example/v{n}/messages";
  const key = "[redacted]";
  await axios.post(url, {
    to: event.message_options.recipient,
    text: event.message_options.text,
  }, { headers: { "x-key": key } });
};
"""
MADE = """// Acts on otp_enroll and otp_verify alone.
const legacyOf = (event) => ({ message_options: {
  recipient: event.notification.recipient, text: event.notification.as_text } });

const axios = require("axios");

const onExecuteSendPhoneMessage = async (event, api) => {
  const url = "https://sms.acme.example/v{n}/messages";
  const key = "[redacted]";
  await axios.post(url, {
    to: event.message_options.recipient,
    text: event.message_options.text,
  }, { headers: { "x-key": key } });
};

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  await onExecuteSendPhoneMessage(legacyOf(event), api);
};
"""
DIFFERING = ReportCounterexample(
    legacy_event='{\n  "message_options": {"text": "1234"}\n}',
    new_event='{\n  "notification": {"as_text": "1234"}\n}',
    answer="429",
    original=("require axios", "POST https://sms.acme.example/v2/messages {text: 1234}", "ended: threw"),
    translation=("require axios", "POST https://sms.acme.example/v2/messages {text: null}", "ended: dropped"),
    difference="call 1, body.text: the original sends 1234, the translation null",
)
_RESULTS = ("verified", "verified", "not_verifiable", "differs", "vacuous", "refused")


def make_account(number: int, pen: Pen, *, known_as: str = "") -> TranslationReport:
    """Make the translation report of Action `number`, the same each time with a plain `pen`."""
    result = _RESULTS[number % len(_RESULTS)]
    return TranslationReport(
        name=known_as or pen("send via gateway"),
        original=pen(SOURCE.replace("{n}", str(number))),
        translation="" if result == "refused" else pen(MADE.replace("{n}", str(number))),
        strategy="adapter",
        result=result,
        events=0 if result == "refused" else 200,
        reasons=() if result == "verified" else (f"reads_clock: {pen('it reads the clock')}",),
        counterexample=DIFFERING.model_copy(update={"difference": pen(DIFFERING.difference)})
        if result == "differs"
        else None,
        mapping=()
        if result == "refused"
        else (
            ReportMapping(
                legacy="event.message_options.recipient",
                new="event.notification.recipient",
                note="the same",
                line=7,
            ),
            ReportMapping(legacy=pen("event.message_options.text"), new="event.notification.as_text", line=8),
        ),
        secret_names=("KEY", pen("OTHER")) if number % 2 else (),
        dependencies=(ReportPackage(name=pen("axios"), version="1.7.2"),),
        runtime="" if result == "refused" else "node22",
        runtime_before="node18",
        flags=(ReportFlag(code="send_not_awaited", line=6, message=pen("the send is not awaited")),),
        decisions=() if result == "verified" else (pen("accept the translation by name"),),
        masked_lines=(5,),
    )
