"""What the network answers in a run: a plan with an answer for every outbound call, in order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_UNSENT = frozenset({"ECONNREFUSED", "ENOTFOUND", 429})
"""Answers after which the message was certainly not sent, so that a retry cannot send it twice."""

_RICH = {
    "id": "f3b1c0de",
    "sid": "SM5f0e1d2c3b4a59687766554433221100",
    "status": "queued",
    "success": True,
    "ok": True,
    "code": 0,
    "message": "accepted",
    "access_token": "stand-in-access-token",
    "token_type": "Bearer",
    "expires_in": 3600,
    "request_id": "0c7a1b52",
    "message_id": "0c7a1b52",
    "messages": [{"status": "0", "message-id": "0c7a1b52", "to": "stand-in", "messageId": "0c7a1b52"}],
    "data": {"id": "f3b1c0de", "status": "queued", "messages": [{"status": "SUCCESS"}]},
    "results": [{"status": "ok", "id": "f3b1c0de"}],
}
_QUEUED, _DELIVERED = '"status": "queued"', '"status": "delivered"'
_DELIVERED_AFTER = 3
_FAILURE = {
    "error": {"message": "refused by the gateway", "type": "invalid_request", "code": "21211"},
    "code": 21211,
    "message": "refused by the gateway",
    "status": "failed",
    "success": False,
    "errors": [{"code": "21211", "message": "refused by the gateway", "detail": "refused by the gateway"}],
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a status with a body, an error code of the operating system, or (neither) silence."""

    status: int | None = None
    error: str | None = None
    body: str = ""
    content_type: str = "application/json; charset=utf-8"

    @property
    def surely_unsent(self) -> bool:
        """Whether the call that got this answer certainly delivered nothing."""
        return self.status in _UNSENT or self.error in _UNSENT

    def as_job(self, position: int) -> dict[str, Any]:
        """The answer as the runtime reads it; later calls take longer, so that a changed order becomes visible."""
        after = 130 + 40 * position
        if self.error is not None:
            return {"error": self.error, "after": after}
        if self.status is None:
            return {}
        headers = {"content-type": self.content_type, "x-request-id": f"answer-{position}"}
        if self.status == 429:
            headers["retry-after"] = "2"
        # A program that polls for a message's status finally sees it delivered.
        delivered = position >= _DELIVERED_AFTER
        body = self.body.replace(_QUEUED, _DELIVERED) if delivered else self.body
        return {"status": self.status, "headers": headers, "body": body, "after": after}


def _reply(status: int) -> Answer:
    return Answer(status=status, body=json.dumps(_RICH if status < 400 else _FAILURE))


_OK, _CREATED, _BAD, _BUSY, _BROKEN = (_reply(status) for status in (200, 201, 400, 429, 500))
_UNKNOWN = _reply(401)
_INSIDE = Answer(status=200, body=json.dumps(_FAILURE))
_EMPTY = Answer(status=204)
_TEXT = Answer(status=200, body="OK", content_type="text/plain")
_REFUSED, _RESET = Answer(error="ECONNREFUSED"), Answer(error="ECONNRESET")
_NEVER = Answer()

PLANS: dict[str, tuple[Answer, ...]] = {
    "ok": (_OK,),
    "ok (201)": (_CREATED,),
    "ok (empty)": (_EMPTY,),
    "ok (text)": (_TEXT,),
    "400": (_BAD,),
    "429": (_BUSY,),
    "500": (_BROKEN,),
    "network error (refused)": (_REFUSED,),
    "network error (reset)": (_RESET,),
    "never": (_NEVER,),
    "200 with an error body": (_INSIDE,),
    "429, then ok": (_BUSY, _OK),
    "401, then ok": (_UNKNOWN, _OK),
    "500, then ok": (_BROKEN, _OK),
    "network error, then ok": (_RESET, _OK),
    "ok, then 400": (_OK, _BAD),
    "ok, then 429": (_OK, _BUSY),
    "ok, then 500": (_OK, _BROKEN),
    "ok, then network error (refused)": (_OK, _REFUSED),
    "ok, then never": (_OK, _NEVER),
    "ok, then 200 with an error body": (_OK, _INSIDE, _OK),
}
"""Every plan by its name; the last answer of a plan repeats for all further calls."""


def starts_ok(name: str) -> bool:
    """Whether the first answer of the named plan is a success."""
    return PLANS[name][0] in (_OK, _CREATED, _EMPTY, _TEXT)


def plan_as_job(name: str, calls: int = 8) -> list[dict[str, Any]]:
    """The answers of the named plan to the first ``calls`` outbound calls."""
    plan = PLANS[name]
    return [plan[min(i, len(plan) - 1)].as_job(i) for i in range(calls)]


def answer_to(name: str, call: int) -> Answer:
    """The answer that the outbound call number ``call`` (from 0) gets."""
    plan = PLANS[name]
    return plan[min(call, len(plan) - 1)]
