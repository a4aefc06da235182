"""A recorded outbound call as the HTTP request that goes over the wire, whichever client made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonefleet.actions.verify.traces import Call


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
    """The request that ``call`` makes, or None for a client whose requests are not understood here."""
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
        case "https" | "http", [*_, dict(options), str(body)]:
            return _from_options(_node_url(call), options, body)
        case _:
            return None


def _from_options(url: str, options: Mapping[str, Any], body: Any) -> WireRequest:
    headers = {name.lower(): _text(value) for name, value in _headers(options.get("headers")).items()}
    as_json = isinstance(body, (dict, list)) and not (isinstance(body, dict) and "$params" in body)
    if as_json:
        headers.setdefault("content-type", "application/json")
    text = json.dumps(body, ensure_ascii=False) if as_json else _text(body)
    return WireRequest(str(options.get("method", "GET")).upper(), url, headers, text)


def _headers(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    inner = value.get("$headers", value)
    return {name: part for name, part in inner.items() if name not in ("$class", "common")}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case {"$url": str(text)} | {"$params": str(text)}:
            return text
        case _:
            return str(value)


def _node_url(call: Call) -> str:
    first = call.args[0]
    if isinstance(first, str):
        return first
    host = first.get("hostname") or first.get("host")
    port = f":{first['port']}" if first.get("port") not in (None, 443, 80, "443", "80") else ""
    return f"{call.path}://{host}{port}{first.get('path', '/')}"
