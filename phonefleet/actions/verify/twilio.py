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

from phonefleet.actions.translation_model import Counterexample, Verification, VerificationResult
from phonefleet.actions.verify.answers import Answer, answer_to
from phonefleet.actions.verify.compare import delivers
from phonefleet.actions.verify.gateway import TIMEOUT_MS
from phonefleet.actions.verify.obstacles import obstacles
from phonefleet.actions.verify.programs import Conditions, in_order, run_on
from phonefleet.actions.verify.sample_events import OTHER_TYPES, new_event
from phonefleet.actions.verify.sample_message import Message, Method, Purpose
from phonefleet.actions.verify.secret_values import names_in, stand_ins
from phonefleet.actions.verify.traces import Call, End, Trace
from phonefleet.actions.verify.wire import WireRequest, wire_request

_ACCOUNTS = "https://api.twilio.com/2010-04-01/Accounts"


@dataclass(frozen=True, slots=True)
class ExpectedTwilio:
    """An account as a sender; ``secret_name`` names the secret with its AuthToken. ``speaks``: calls are placed too."""

    sid: str
    sender: str | None
    messaging_service_sid: str | None
    secret_name: str
    speaks: bool


@dataclass(frozen=True, slots=True)
class _TwilioCase:
    sender: ExpectedTwilio
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
        return self.spoken and (not self.sender.speaks or not self.sender.sender)


def verify_twilio(
    sender: ExpectedTwilio, translation: str, messages: Sequence[Message], secret_names: Sequence[str]
) -> Verification:
    """Run the Action on the messages and hold each run to Twilio's documented request."""
    names = {*secret_names, *names_in(translation), sender.secret_name}
    secrets = stand_ins(names, translation)
    runs = [(m, new_event(m, secrets), fresh) for m, fresh in in_order(messages)]
    others = [(messages[0], new_event(messages[0], secrets, other), False) for other in OTHER_TYPES]
    result = run_on(translation, [*runs, *others], Conditions(tuple(secrets.items())))
    found = obstacles(result, "translation")
    if found:
        return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(found))
    traces = result.traces()
    token = secrets[sender.secret_name]
    cases = [_TwilioCase(sender, m, e, token, t) for (m, e, _), t in zip(runs, traces, strict=False)]
    for case in cases:
        if (reason := _fault(case)) is not None:
            return _differs(case, reason, len(messages))
    for (m, e, _), trace in zip(others, traces[len(runs) :], strict=True):
        if trace.effects() or trace.decided != "drop":
            reason = "a notification without a one-time code must be dropped and nothing sent"
            return _differs(_TwilioCase(sender, m, e, token, trace), reason, len(messages))
    if any(case.message.kind.answers == "ok" and delivers(case.trace, case.message) for case in cases):
        return Verification(VerificationResult.VERIFIED, len(messages))
    return Verification(VerificationResult.VACUOUS, len(messages), ("vacuous: no message of these goes out",))


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


def _differs(case: _TwilioCase, reason: str, events: int) -> Verification:
    at, good = _expected_end(case, answer_to(case.message.kind.answers, 0))
    due = ("nothing is sent",) if case.nothing_due else (f"0 ms POST {_url(case)} {json.dumps(_form(case))}",)
    example = Counterexample(
        legacy_event="null",
        new_event=json.dumps(case.event, ensure_ascii=False, indent=2),
        answer=case.message.kind.answers,
        original=(*due, f"{at} ms {'delivered' if good else 'failed'}"),
        translation=case.trace.lines(),
        difference=reason,
    )
    return Verification(VerificationResult.DIFFERS, events, (f"differs: {reason}",), example)


def _url(case: _TwilioCase) -> str:
    return f"{_ACCOUNTS}/{case.sender.sid}/{'Calls' if case.spoken else 'Messages'}.json"


def _form(case: _TwilioCase) -> dict[str, str]:
    made = {"To": case.message.recipient}
    if not case.spoken and case.sender.messaging_service_sid:
        made["MessagingServiceSid"] = case.sender.messaging_service_sid
    elif case.sender.sender:
        made["From"] = case.sender.sender
    if not case.spoken:
        return {**made, "Body": case.message.text}
    said = case.message.voice.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {**made, "Twiml": f"<Response><Say>{said}</Say></Response>"}


def _expected_end(case: _TwilioCase, answer: Answer) -> tuple[int, bool]:
    if case.nothing_due:
        return 0, False
    if answer.status is None and answer.error is None:
        return TIMEOUT_MS, False
    return answer.as_job(0)["after"], answer.status is not None and 200 <= answer.status < 300


def _fault(case: _TwilioCase) -> str | None:
    calls = case.trace.effects()
    if case.nothing_due:
        return "a call cannot be placed here, so nothing may be sent" if calls else _end_fault(case)
    if len(calls) != 1 or calls[0].op != "send":
        return f"Twilio is called once; this Action makes {len(calls)} calls"
    request = wire_request(calls[0])
    if request is None:
        return f"the request that {calls[0].path} makes is not understood"
    return _request_fault(case, calls[0], request) or _end_fault(case)


def _request_fault(case: _TwilioCase, call: Call, request: WireRequest) -> str | None:
    if (call.at, request.method, request.url) != (0, "POST", _url(case)):
        return f"POST {_url(case)} is due at 0 ms; {request.method} {request.url} goes out at {call.at} ms"
    if sorted(parse_qsl(request.body, keep_blank_values=True)) != sorted(_form(case).items()):
        return f"the form must be {json.dumps(_form(case), ensure_ascii=False)}"
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "the content type must be application/x-www-form-urlencoded"
    basic = base64.b64encode(f"{case.sender.sid}:{case.token}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {basic}":
        return "the request must be authenticated by account SID and AuthToken"
    return None


def _end_fault(case: _TwilioCase) -> str | None:
    answer = answer_to(case.message.kind.answers, 0)
    at, good = _expected_end(case, answer)
    outcome = End.RETURNED if good else End.FAILED
    if case.trace.outcome is not outcome or case.trace.at != at:
        return f"this must end as {outcome} at {at} ms; it ends as {case.trace.outcome} at {case.trace.at} ms"
    if case.trace.end == "threw":
        return "a failure must be told by api.notification.drop or retry, not thrown"
    if case.trace.decided == "retry" and not answer.surely_unsent:
        return "a retry is asked for though the message may have been sent"
    return None
