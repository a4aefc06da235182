"""Verify the Action for a Passwordless gateway: it must send what Auth0 sent, and fail where Auth0 failed.

The reference is not a program but Auth0's documented request (page "Set Up Custom SMS Gateway for Passwordless
Connections"): ``POST {recipient, body, sender, req?}``, a bearer JWT with ``sub`` and ``aud`` signed with the
shared secret, 30 seconds, and any status but 200 is a failure.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translate.former_senders import (
    GATEWAY_SECRET,
    TIMEOUT_MS,
    GatewayAuthentication,
    GatewaySettings,
)
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
from phonefleet.actions.verify.traces import End, Trace
from phonefleet.actions.verify.wire import end_fault, wire_request

_TIME_CLAIMS = frozenset({"iat", "exp", "nbf"})


@dataclass(frozen=True, slots=True)
class _GatewayCase:
    """One run and what is needed to check it."""

    gateway: GatewaySettings
    message: Message
    event: Mapping[str, Any]
    key: bytes
    trace: Trace

    @property
    def expected_body(self) -> dict[str, Any]:
        """The body that Auth0 sent for this message."""
        body: dict[str, Any] = {"recipient": self.message.recipient, "body": self.message.text}
        if self.gateway.sender:
            body["sender"] = self.gateway.sender
        if self.gateway.forward_req_info:
            request = self.event["request"]
            body["req"] = {"ip": request["ip"]}
            if "user_agent" in request:
                body["req"]["user-agent"] = request["user_agent"]
        return body

    @property
    def expected_end(self) -> tuple[int, bool]:
        """When the run must end, in milliseconds, and whether as a success."""
        answer = answer_to(self.message.kind.answers, 0)
        if answer.status is None and answer.error is None:
            return TIMEOUT_MS, False
        return answer.as_job(0)["after"], answer.status == 200


def verify_gateway(
    settings: str, translation: str, messages: Sequence[Message], secret_names: Sequence[str]
) -> Verification:
    """Run the new Action on Passwordless messages and compare each run with the documented request.

    Args:
        settings: the JSON text of ``GatewaySettings``.
        translation: the new Action.
        messages: the messages to send; all but one are texts, because only texts reach the gateway.
        secret_names: the secrets of the Action.
    """
    try:
        gateway = _parse_settings(settings)
    except (ValueError, AttributeError) as error:
        message = f"the gateway's settings cannot be parsed: {error}"
        reason = TranslationReason(VerificationCode.SETTINGS, message)
        return Verification(VerificationResult.NOT_VERIFIABLE, 0, (reason,))
    secrets = stand_ins({*secret_names, *names_in(translation), GATEWAY_SECRET}, translation)
    passwordless = [
        replace(
            message,
            kind=replace(
                message.kind, purpose=Purpose.VERIFY, method=Method.VOICE if index == 1 else Method.TEXT
            ),
        )
        for index, message in enumerate(messages)
    ]
    return _verify(gateway, translation, passwordless, secrets)


def _parse_settings(text: str) -> GatewaySettings:
    data = json.loads(text)
    if not isinstance(data, dict) or not data.get("gateway_url"):
        raise ValueError("a gateway needs its gateway_url")
    claims = data.get("authentication")
    return GatewaySettings(
        gateway_url=data["gateway_url"],
        sender=data.get("sender"),
        forward_req_info=bool(data.get("forward_req_info")),
        authentication=GatewayAuthentication(
            claims.get("subject"), claims.get("audience"), bool(claims.get("secret_base64_encoded"))
        )
        if claims
        else None,
        connection=str(data.get("connection") or "sms"),
    )


def _verify(
    gateway: GatewaySettings, code: str, messages: Sequence[Message], secrets: Mapping[str, str]
) -> Verification:
    connection = {"id": "con_sms", "name": gateway.connection, "strategy": "sms", "metadata": {}}

    def event(message: Message, other: str | None = None) -> dict[str, Any]:
        return {**new_event(message, secrets, other), "connection": connection}

    runs = [(message, event(message), fresh) for message, fresh in in_order(messages)]
    others = [(messages[0], event(messages[0], other), False) for other in OTHER_TYPES]
    result = run_on(code, [*runs, *others], Conditions(tuple(secrets.items())))
    reasons = obstacles(result, "translation")
    if reasons:
        return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(reasons))
    own = "".join(c if c.isalnum() or c == "_" else "_" for c in gateway.connection).upper()
    shared = secrets.get(f"{GATEWAY_SECRET}_{own}", secrets[GATEWAY_SECRET])
    decode = gateway.authentication is not None and gateway.authentication.secret_base64_encoded
    key = base64.b64decode(shared) if decode else shared.encode()
    traces = result.traces()
    cases = [_GatewayCase(gateway, m, e, key, trace) for (m, e, _), trace in zip(runs, traces, strict=False)]
    for case in cases:
        if (fault := _fault(case)) is not None:
            return _differs(case, fault, len(messages))
    for (m, e, _), trace in zip(others, traces[len(runs) :], strict=True):
        if trace.effects() or trace.decided != "drop":
            fault = "a notification without a one-time code must be dropped and nothing sent"
            return _differs(_GatewayCase(gateway, m, e, key, trace), fault, len(messages))
    if any(case.message.kind.answers == "ok" and delivers(case.trace, case.message) for case in cases):
        return Verification(VerificationResult.VERIFIED, len(messages))
    reason = TranslationReason(VerificationCode.VACUOUS, "none of these messages is sent")
    return Verification(VerificationResult.VACUOUS, len(messages), (reason,))


def _differs(case: _GatewayCase, fault: str, events: int) -> Verification:
    if case.message.kind.method is Method.VOICE:
        expected: tuple[str, ...] = ("nothing is sent", "0 ms failed: a gateway sends text only")
    else:
        at, good = case.expected_end
        body = json.dumps(case.expected_body, ensure_ascii=False)
        expected = (
            f"0 ms POST {case.gateway.gateway_url} {body}",
            f"{at} ms {'delivered' if good else 'failed'}",
        )
    example = Counterexample(
        legacy_event="null",
        new_event=json.dumps(case.event, ensure_ascii=False, indent=2),
        answer=case.message.kind.answers,
        original=expected,
        translation=case.trace.lines(),
        difference=fault,
    )
    reason = TranslationReason(VerificationCode.DIFFERS, fault)
    return Verification(VerificationResult.DIFFERS, events, (reason,), example)


# ---- what the request must be ------------------------------------------------------------------------------------


def _fault(case: _GatewayCase) -> str | None:
    """The first difference from the documented request, for people."""
    calls = case.trace.effects()
    if case.message.kind.method is Method.VOICE:
        failed = not calls and case.trace.outcome is End.FAILED
        return None if failed else "a voice message must fail with nothing sent"
    if len(calls) != 1 or calls[0].op != "send":
        return f"the gateway is called once; this Action makes {len(calls)} calls"
    call, url = calls[0], case.gateway.gateway_url
    request = wire_request(call)
    if request is None:
        return f"the request that {call.path} makes is not understood"
    if (call.at, request.method, request.url) != (0, "POST", url):
        return f"POST {url} is due at 0 ms; {request.method} {request.url} is sent at {call.at} ms"
    if request.json_body() != case.expected_body:
        return f"the body must be {json.dumps(case.expected_body, ensure_ascii=False)}"
    if not request.headers.get("content-type", "").startswith("application/json"):
        return "the content type must be application/json"
    at, good = case.expected_end
    return _token_fault(case, request.headers.get("authorization")) or end_fault(
        case.trace, case.message, at, good
    )


def _token_fault(case: _GatewayCase, header: str | None) -> str | None:
    claims = case.gateway.authentication
    if claims is None:
        return None if header is None else "there is no authentication, but an Authorization header is sent"
    if header is None or not header.startswith("Bearer ") or header.count(".") != 2:
        return "a bearer JWT must be sent"
    head, payload, signature = header.removeprefix("Bearer ").split(".")
    sent_head, sent = _decoded(head), _decoded(payload)
    if not isinstance(sent_head, dict) or sent_head.get("alg") != "HS256":
        return "the token must be signed by HS256"
    expected = {"sub": claims.subject, "aud": claims.audience}
    if not isinstance(sent, dict) or {k: v for k, v in sent.items() if k not in _TIME_CLAIMS} != {
        k: v for k, v in expected.items() if v is not None
    }:
        return (
            f"the token must have the claims {json.dumps(expected)} and no others; it has {json.dumps(sent)}"
        )
    if sent.get("iat", case.message.start_ms // 1000) != case.message.start_ms // 1000:
        return "the token's iat must be the time of the call"
    signed = [base64.b64encode(case.key).decode(), f"{head}.{payload}", signature]
    digests = (call.args for call in case.trace.calls if call.op == "hmac" and call.path == "sha256")
    return None if signed in digests else "the token must be signed with the shared secret"


def _decoded(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
