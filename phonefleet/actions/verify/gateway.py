"""The verification for a Passwordless gateway: the new Action sends what Auth0 sent, and fails when Auth0 failed.

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

from phonefleet.actions.translation_model import Counterexample, Verification, VerificationResult
from phonefleet.actions.verify.answers import Answer, answer_to
from phonefleet.actions.verify.compare import delivers
from phonefleet.actions.verify.obstacles import obstacles
from phonefleet.actions.verify.programs import Conditions, in_order, run_on
from phonefleet.actions.verify.sample_events import OTHER_TYPES, new_event
from phonefleet.actions.verify.sample_message import Message, Method, Purpose
from phonefleet.actions.verify.secret_values import names_in, stand_ins
from phonefleet.actions.verify.traces import Call, End, Trace
from phonefleet.actions.verify.wire import WireRequest, wire_request

TIMEOUT_MS = 30_000
_SECRET = "GATEWAY_SECRET"  # noqa: S105  the name of a secret


@dataclass(frozen=True, slots=True)
class _Claims:
    subject: str | None
    audience: str | None
    secret_base64: bool


@dataclass(frozen=True, slots=True)
class _Gateway:
    """The settings that the verification's original consists of."""

    url: str
    sender: str | None
    forwards: bool
    claims: _Claims | None
    connection: str

    @classmethod
    def read(cls, text: str) -> _Gateway:
        """Read the settings; raises ValueError with what is wrong."""
        data = json.loads(text)
        url = data.get("gateway_url") if isinstance(data, dict) else None
        if not url:
            raise ValueError("a gateway needs its gateway_url")
        given = data.get("authentication")
        claims = given and _Claims(
            given.get("subject"), given.get("audience"), bool(given.get("secret_base64_encoded"))
        )
        sender, forwards = data.get("sender"), bool(data.get("forward_req_info"))
        return cls(
            data["gateway_url"], sender, forwards, claims or None, str(data.get("connection") or "sms")
        )


@dataclass(frozen=True, slots=True)
class _GatewayCase:
    """One run and all that is needed to judge it."""

    gateway: _Gateway
    message: Message
    event: Mapping[str, Any]
    key: bytes
    trace: Trace


def verify_gateway(
    settings: str, translation: str, messages: Sequence[Message], secret_names: Sequence[str]
) -> Verification:
    """Run the new Action on Passwordless messages and hold each run to the documented request."""
    try:
        gateway = _Gateway.read(settings)
    except (ValueError, AttributeError) as error:
        return Verification(
            VerificationResult.NOT_VERIFIABLE,
            0,
            (f"settings: the gateway's settings cannot be read: {error}",),
        )
    names = {*secret_names, *names_in(translation), _SECRET}
    conditions = Conditions(tuple(stand_ins(names, translation).items()))
    passwordless = tuple(_passwordless(message, spoken=index == 1) for index, message in enumerate(messages))
    return _verify(gateway, translation, passwordless, conditions)


def _passwordless(message: Message, *, spoken: bool) -> Message:
    """All but one are texts: only those reach the gateway, and each plan of answers must be met there."""
    method = Method.VOICE if spoken else Method.TEXT
    return replace(message, kind=replace(message.kind, purpose=Purpose.VERIFY, method=method))


def _event(
    gateway: _Gateway, message: Message, secrets: Mapping[str, str], other: str | None = None
) -> dict[str, Any]:
    connection = {"id": "con_sms", "name": gateway.connection, "strategy": "sms", "metadata": {}}
    return {**new_event(message, secrets, other), "connection": connection}


def _verify(
    gateway: _Gateway, code: str, messages: Sequence[Message], conditions: Conditions
) -> Verification:
    secrets = dict(conditions.secrets)
    runs = [(m, _event(gateway, m, secrets), fresh) for m, fresh in in_order(messages)]
    others = [(messages[0], _event(gateway, messages[0], secrets, other), False) for other in OTHER_TYPES]
    result = run_on(code, [*runs, *others], conditions)
    found = obstacles(result, "translation")
    if found:
        return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(found))
    key = _key(gateway, secrets)
    cases = [
        _GatewayCase(gateway, m, event, key, trace)
        for (m, event, _), trace in zip(runs, result.traces(), strict=False)
    ]
    for case in cases:
        if (reason := _fault(case)) is not None:
            return _differs(case, reason, len(messages))
    for (m, event, _), trace in zip(others, result.traces()[len(runs) :], strict=True):
        if trace.effects() or trace.decided != "drop":
            reason = "a notification without a one-time code must be dropped and nothing sent"
            return _differs(_GatewayCase(gateway, m, event, key, trace), reason, len(messages))
    if any(case.message.kind.answers == "ok" and delivers(case.trace, case.message) for case in cases):
        return Verification(VerificationResult.VERIFIED, len(messages))
    return Verification(VerificationResult.VACUOUS, len(messages), ("vacuous: no message of these goes out",))


def _key(gateway: _Gateway, secrets: Mapping[str, str]) -> bytes:
    own = f"{_SECRET}_{''.join(c if c.isalnum() or c == '_' else '_' for c in gateway.connection).upper()}"
    value = secrets.get(own, secrets[_SECRET])
    decode = gateway.claims is not None and gateway.claims.secret_base64
    return base64.b64decode(value) if decode else value.encode()


def _differs(case: _GatewayCase, reason: str, events: int) -> Verification:
    example = Counterexample(
        legacy_event="null",
        new_event=json.dumps(case.event, ensure_ascii=False, indent=2),
        answer=case.message.kind.answers,
        original=_expected_lines(case),
        translation=case.trace.lines(),
        difference=reason,
    )
    return Verification(VerificationResult.DIFFERS, events, (f"differs: {reason}",), example)


def _expected_lines(case: _GatewayCase) -> tuple[str, ...]:
    if case.message.kind.method is Method.VOICE:
        return ("nothing is sent", "0 ms failed: a gateway sends text only")
    body = json.dumps(_expected_body(case), ensure_ascii=False)
    at, good = _expected_end(answer_to(case.message.kind.answers, 0))
    return (f"0 ms POST {case.gateway.url} {body}", f"{at} ms {'delivered' if good else 'failed'}")


# ---- what the request must be --------------------------------------------------------------------------------------


def _expected_body(case: _GatewayCase) -> dict[str, Any]:
    made: dict[str, Any] = {"recipient": case.message.recipient, "body": case.message.text}
    if case.gateway.sender:
        made["sender"] = case.gateway.sender
    if case.gateway.forwards:
        request = case.event["request"]
        made["req"] = {"ip": request["ip"]}
        if "user_agent" in request:
            made["req"]["user-agent"] = request["user_agent"]
    return made


def _expected_end(answer: Answer) -> tuple[int, bool]:
    if answer.status is None and answer.error is None:
        return TIMEOUT_MS, False
    return answer.as_job(0)["after"], answer.status == 200


def _fault(case: _GatewayCase) -> str | None:
    calls = case.trace.effects()
    if case.message.kind.method is Method.VOICE:
        return (
            None
            if not calls and case.trace.outcome is End.FAILED
            else "a voice message must fail with nothing sent"
        )
    if len(calls) != 1 or calls[0].op != "send":
        return f"the gateway is called once; this Action makes {len(calls)} calls"
    request = wire_request(calls[0])
    if request is None:
        return f"the request that {calls[0].path} makes is not understood"
    return _request_fault(case, calls[0], request) or _end_fault(case)


def _request_fault(case: _GatewayCase, call: Call, request: WireRequest) -> str | None:
    if (call.at, request.method, request.url) != (0, "POST", case.gateway.url):
        return (
            f"POST {case.gateway.url} is due at 0 ms; {request.method} {request.url} goes out at {call.at} ms"
        )
    if request.json_body() != _expected_body(case):
        return f"the body must be {json.dumps(_expected_body(case), ensure_ascii=False)}"
    if not request.headers.get("content-type", "").startswith("application/json"):
        return "the content type must be application/json"
    return _token_fault(case, request.headers.get("authorization"))


def _token_fault(case: _GatewayCase, header: str | None) -> str | None:
    claims = case.gateway.claims
    if claims is None:
        return None if header is None else "there is no authentication, yet an Authorization header is sent"
    if header is None or not header.startswith("Bearer ") or header.count(".") != 2:
        return "a bearer JWT must be sent"
    head, payload, signature = header.removeprefix("Bearer ").split(".")
    return _claims_fault(case, claims, head, payload) or _signature_fault(
        case, f"{head}.{payload}", signature
    )


def _claims_fault(case: _GatewayCase, claims: _Claims, head: str, payload: str) -> str | None:
    sent_head, sent = _decoded(head), _decoded(payload)
    if not isinstance(sent_head, dict) or sent_head.get("alg") != "HS256":
        return "the token must be signed by HS256"
    wanted = {"sub": claims.subject, "aud": claims.audience}
    timed = {"iat", "exp", "nbf"}
    if not isinstance(sent, dict) or {k: v for k, v in sent.items() if k not in timed} != {
        k: v for k, v in wanted.items() if v is not None
    }:
        return f"the token must carry {json.dumps(wanted)} and no other claims; it carries {json.dumps(sent)}"
    if sent.get("iat", case.message.start_ms // 1000) != case.message.start_ms // 1000:
        return "the token's iat must be the time of the call"
    return None


def _decoded(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def _signature_fault(case: _GatewayCase, text: str, signature: str) -> str | None:
    wanted = [base64.b64encode(case.key).decode(), text, signature]
    made = [call for call in case.trace.calls if call.op == "hmac" and call.path == "sha256"]
    return (
        None
        if any(call.args == wanted for call in made)
        else "the token must be signed with the shared secret"
    )


def _end_fault(case: _GatewayCase) -> str | None:
    at, good = _expected_end(answer_to(case.message.kind.answers, 0))
    outcome = End.RETURNED if good else End.FAILED
    if case.trace.outcome is not outcome or case.trace.at != at:
        return f"this must end as {outcome} at {at} ms; it ends as {case.trace.outcome} at {case.trace.at} ms"
    if case.trace.end == "threw":
        return "a failure must be told by api.notification.drop or retry, not thrown"
    if case.trace.decided == "retry" and not answer_to(case.message.kind.answers, 0).surely_unsent:
        return "a retry is asked for though the message may have been sent"
    return None
