"""What a run sends over the wire, for every client, and how it must end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonefleet.actions.verify.answers import answer_to
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import Call, End, Trace


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request: names of headers in lower case, the body as text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    def json_body(self) -> Any:
        """The body as JSON data, or None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def wire_request(call: Call) -> WireRequest | None:
    """The request that ``call`` makes, or None for a client that is not supported here."""
    match call.path, call.args:
        case (
            ("fetch" | "undici.fetch" | "undici.request" | "node-fetch" | "cross-fetch" | "got"),
            [url, dict(options)],
        ):
            return _from_options(_text(url), options, options.get("body", options.get("json")))
        case "axios", [dict(config)]:
            return _from_options(
                str(config.get("baseURL", "")) + _text(config.get("url")), config, config.get("data")
            )
        case "https" | "http", [str(url), *_, dict(options), str(body)]:
            return _from_options(url, options, body)
        case "https" | "http", [dict(target), *_, str(body)]:
            options = call.args[-2]
            host = target.get("hostname") or target.get("host")
            port = f":{target['port']}" if target.get("port") not in (None, 443, 80, "443", "80") else ""
            url = f"{call.path}://{host}{port}{target.get('path', '/')}"
            return _from_options(url, options, body) if isinstance(options, dict) else None
        case _:
            return None


def _from_options(url: str, options: Mapping[str, Any], body: Any) -> WireRequest:
    given = options.get("headers")
    given = given.get("$headers", given) if isinstance(given, dict) else {}
    headers = {
        name.lower(): _text(value) for name, value in given.items() if name not in ("$class", "common")
    }
    as_json = isinstance(body, (dict, list)) and not (isinstance(body, dict) and "$params" in body)
    if as_json:
        headers.setdefault("content-type", "application/json")
    text = json.dumps(body, ensure_ascii=False) if as_json else _text(body)
    return WireRequest(str(options.get("method", "GET")).upper(), url, headers, text)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case {"$url": str(text)} | {"$params": str(text)}:
            return text
        case _:
            return str(value)


def end_fault(trace: Trace, message: Message, at: int, good: bool) -> str | None:
    """How a run's end differs from success (``good``) or failure ``at`` a time, for people."""
    outcome = End.RETURNED if good else End.FAILED
    if trace.outcome is not outcome or trace.at != at:
        return f"this must end as {outcome} at {at} ms; it ends as {trace.outcome} at {trace.at} ms"
    if trace.end == "threw":
        return "a failure must be reported by api.notification.drop or retry, not thrown"
    if trace.decided == "retry" and not answer_to(message.kind.answers, 0).surely_unsent:
        return "a retry is requested though the message may have been sent"
    return None
