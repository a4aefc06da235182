"""Verify an Action that calls Twilio itself: the documented request, and failure where Twilio fails.

The reference is Twilio's own description of creating a message or a call: ``POST`` to the account's ``Messages.json``
or ``Calls.json``, a form with ``To``, ``From`` or ``MessagingServiceSid``, ``Body`` or ``Twiml``, and basic
authentication by account SID and AuthToken. Any answer but 2xx is a failure, and so are 30 seconds without one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translate.former_senders import TIMEOUT_MS, TwilioRoute
from phonefleet.actions.translation_model import (
    Counterexample,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.answers import answer_to
from phonefleet.actions.verify.compare import delivers
from phonefleet.actions.verify.obstacles import obstacles
from phonefleet.actions.verify.programs import Conditions, in_order, run_on
from phonefleet.actions.verify.sample_events import OTHER_TYPES, new_event
from phonefleet.actions.verify.sample_message import Message, Method, Purpose
from phonefleet.actions.verify.secret_values import names_in, stand_ins
from phonefleet.actions.verify.traces import Trace
from phonefleet.actions.verify.wire import end_fault, wire_request

_ACCOUNTS = "https://api.twilio.com/2010-04-01/Accounts"


@dataclass(frozen=True, slots=True)
class _TwilioCase:
    """One run and what is needed to check it."""

    route: TwilioRoute
    calls: bool
    message: Message
    event: Mapping[str, Any]
    token: str
    trace: Trace

    @property
    def spoken(self) -> bool:
        return self.message.kind.method is Method.VOICE

    @property
    def nothing_due(self) -> bool:
        """Whether this message cannot be sent: a call where none is placed, or without a number to call from."""
        return self.spoken and (not self.calls or not self.route.sender)

    @property
    def url(self) -> str:
        return f"{_ACCOUNTS}/{self.route.sid}/{'Calls' if self.spoken else 'Messages'}.json"

    @property
    def form(self) -> dict[str, str]:
        form = {"To": self.message.recipient}
        if not self.spoken and self.route.messaging_service_sid:
            form["MessagingServiceSid"] = self.route.messaging_service_sid
        elif self.route.sender:
            form["From"] = self.route.sender
        if not self.spoken:
            return {**form, "Body": self.message.text}
        said = self.message.voice.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {**form, "Twiml": f"<Response><Say>{said}</Say></Response>"}

    @property
    def expected_end(self) -> tuple[int, bool]:
        """When the run must end, in milliseconds, and whether as a success."""
        answer = answer_to(self.message.kind.answers, 0)
        if self.nothing_due:
            return 0, False
        if answer.status is None and answer.error is None:
            return TIMEOUT_MS, False
        return answer.as_job(0)["after"], answer.status is not None and 200 <= answer.status < 300


def verify_twilio(
    route: TwilioRoute,
    translation: str,
    messages: Sequence[Message],
    secret_names: Sequence[str],
    *,
    calls: bool,
) -> Verification:
    """Run the Action on the messages and compare each run with Twilio's documented request.

    Args:
        route: the account and its sender.
        translation: the Action.
        messages: what to send.
        secret_names: the secrets of the Action.
        calls: whether the Action also places calls.
    """
    secrets = stand_ins({*secret_names, *names_in(translation), route.secret_name}, translation)
    runs = [(m, new_event(m, secrets), fresh) for m, fresh in in_order(messages)]
    others = [(messages[0], new_event(messages[0], secrets, other), False) for other in OTHER_TYPES]
    result = run_on(translation, [*runs, *others], Conditions(tuple(secrets.items())))
    reasons = obstacles(result, "translation")
    if reasons:
        return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(reasons))
    traces = result.traces()
    token = secrets[route.secret_name]
    cases = [_TwilioCase(route, calls, m, e, token, t) for (m, e, _), t in zip(runs, traces, strict=False)]
    for case in cases:
        if (fault := _fault(case)) is not None:
            return _differs(case, fault, len(messages))
    for (m, e, _), trace in zip(others, traces[len(runs) :], strict=True):
        if trace.effects() or trace.decided != "drop":
            fault = "a notification without a one-time code must be dropped and nothing sent"
            return _differs(_TwilioCase(route, calls, m, e, token, trace), fault, len(messages))
    if any(case.message.kind.answers == "ok" and delivers(case.trace, case.message) for case in cases):
        return Verification(VerificationResult.VERIFIED, len(messages))
    reason = TranslationReason(VerificationCode.VACUOUS, "none of these messages is sent")
    return Verification(VerificationResult.VACUOUS, len(messages), (reason,))


def passwordless(messages: Sequence[Message], connection: str) -> tuple[Message, ...]:
    """The messages as the SMS connection of that name sends them: verifications, texts but for one."""
    marked = {"id": "con_sms", "name": connection, "strategy": "sms", "metadata": {}}
    return tuple(
        replace(
            m,
            kind=replace(m.kind, purpose=Purpose.VERIFY, method=Method.VOICE if i == 1 else Method.TEXT),
            connection=marked,
        )
        for i, m in enumerate(messages)
    )


def _differs(case: _TwilioCase, fault: str, events: int) -> Verification:
    at, good = case.expected_end
    due = "nothing is sent" if case.nothing_due else f"0 ms POST {case.url} {json.dumps(case.form)}"
    example = Counterexample(
        legacy_event="null",
        new_event=json.dumps(case.event, ensure_ascii=False, indent=2),
        answer=case.message.kind.answers,
        original=(due, f"{at} ms {'delivered' if good else 'failed'}"),
        translation=case.trace.lines(),
        difference=fault,
    )
    reason = TranslationReason(VerificationCode.DIFFERS, fault)
    return Verification(VerificationResult.DIFFERS, events, (reason,), example)


def _fault(case: _TwilioCase) -> str | None:
    """The first difference from the documented request, for people."""
    calls = case.trace.effects()
    at, good = case.expected_end
    if case.nothing_due:
        if calls:
            return "a call cannot be placed here, so nothing may be sent"
        return end_fault(case.trace, case.message, at, good)
    if len(calls) != 1 or calls[0].op != "send":
        return f"Twilio is called once; this Action makes {len(calls)} calls"
    call = calls[0]
    request = wire_request(call)
    if request is None:
        return f"the request that {call.path} makes is not understood"
    if (call.at, request.method, request.url) != (0, "POST", case.url):
        return f"POST {case.url} is due at 0 ms; {request.method} {request.url} is sent at {call.at} ms"
    if sorted(parse_qsl(request.body, keep_blank_values=True)) != sorted(case.form.items()):
        return f"the form must be {json.dumps(case.form, ensure_ascii=False)}"
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "the content type must be application/x-www-form-urlencoded"
    basic = base64.b64encode(f"{case.route.sid}:{case.token}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {basic}":
        return "the request must be authenticated by account SID and AuthToken"
    return end_fault(case.trace, case.message, at, good)
