"""Compare two runs of the same message, and check whether anything reached the recipient."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from phonefleet.actions.parse.node_modules import only_computes
from phonefleet.actions.verify.answers import answer_to
from phonefleet.actions.verify.sample_message import Message, Method
from phonefleet.actions.verify.traces import Call, Trace, strings_in

TELEMETRY = re.compile(
    r"datadog|sentry|newrelic|nr-data|segment\.(io|com)|analytics|mixpanel|amplitude|logtail|loggly|splunk|sumologic"
    r"|posthog|bugsnag|rollbar|honeycomb|elastic-apm|logz\.io|papertrail|winston|pino|bunyan|loglevel|papertrailapp"
    r"|betterstack|litesoc|opentelemetry",
    re.IGNORECASE,
)
"""Services that receive telemetry, not messages: what is sent there reaches no recipient."""
_MODULE = re.compile(r"^(?:new )?((?:@[\w.-]+/)?[\w-]+)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_CALLS = b',"calls":['  # inside a text its quotes are escaped
_DROP = re.compile(
    rb',?\{"t":\d+,"op":"verdict","path":"api\.notification\.drop","args":\["(?:[^"\\]|\\.)*"\]\}\]\}'
)


def difference(original: Trace, translation: Trace, plan: str) -> str | None:
    """The first difference of two runs, for people; ``None`` if they do the same."""
    mine, theirs = original.effects(), translation.effects()
    for index, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if (one.op, one.path) != (other.op, other.path):
            return (
                f"action {index + 1} is {one.op} {one.path} in the original, {other.op} {other.path} in the "
                "translation"
            )
        if one.at != other.at:
            return f"{one.op} {one.path} happens at {one.at} ms in the original, at {other.at} ms in the translation"
        if one.args != other.args and canonical(one.args) != canonical(other.args):
            return f"{one.op} {one.path} has other contents: {_first_difference(one.args, other.args)}"
    if len(mine) != len(theirs):
        longer, who = (mine, "original") if len(mine) > len(theirs) else (theirs, "translation")
        extra = longer[min(len(mine), len(theirs))]
        return f"only the {who} continues with {extra.op} {extra.path} at {extra.at} ms"
    return _ends_differ(original, translation, plan)


def dropped_alike(original: bytes, translation: bytes) -> bool:
    """Whether two runs, as they were written, are a throw and a drop after the same calls at the same time.

    Most runs that are not byte for byte the same are; the others are parsed and compared.
    """
    mine, _, my_calls = original.partition(_CALLS)
    theirs, _, their_calls = translation.partition(_CALLS)
    if not mine.startswith(b'{"end":"threw"') or not theirs.startswith(b'{"end":"returned","error":null'):
        return False
    ending = mine[mine.rindex(b'"at":') :].replace(b'"decided":null', b'"decided":"drop"')
    common = my_calls[:-2]
    return (
        ending == theirs[theirs.rindex(b'"at":') :]
        and their_calls.startswith(common)
        and _DROP.fullmatch(their_calls, len(common)) is not None
    )


def canonical(value: Any) -> Any:
    """Contents with JSON texts parsed, so that the order of keys in a body is no difference."""
    if isinstance(value, dict):
        return {key: canonical(part) for key, part in value.items()}
    if isinstance(value, list):
        return [canonical(part) for part in value]
    if isinstance(value, str) and value[:1] in "{[" and value:
        try:
            return {"$json": canonical(json.loads(value))}
        except (ValueError, RecursionError):
            return value
    return value


def _first_difference(one: Any, other: Any, path: str = "") -> str:
    one, other = (
        (_opened(one), _opened(other)) if isinstance(one, str) and isinstance(other, str) else (one, other)
    )
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                return _first_difference(one.get(key), other.get(key), f"{path}.{key}" if path else key)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return _first_difference(left, right, f"{path}[{index}]")
    return f"{path or 'the value'} is {_short(one)} against {_short(other)}"


def _opened(text: str) -> Any:
    parsed = canonical(text)
    return parsed["$json"] if isinstance(parsed, dict) else text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True) if value is not None else "missing"
    return text if len(text) <= 160 else text[:157] + "…"


def _ends_differ(original: Trace, translation: Trace, plan: str) -> str | None:
    if original.outcome is not translation.outcome:
        return f"the original {_ending(original)}, the translation {_ending(translation)}"
    if original.at != translation.at:
        return f"the original ends at {original.at} ms, the translation at {translation.at} ms"
    if original.loop != translation.loop:
        return "only one of the two keeps timers running without end"
    if translation.end == "threw":
        return f"the translation {_ending(translation)} where it must call api.notification.drop or retry"
    # Auth0 runs a retried notification again, up to 5 times: only a message that was certainly not sent may be retried.
    for call in translation.calls if translation.decided == "retry" else ():
        if call.number is not None and not answer_to(plan, call.number).surely_unsent:
            return f"the translation requests a retry although {call.path} at {call.at} ms may have sent the message"
    return None


def _ending(trace: Trace) -> str:
    if trace.end == "threw" and trace.error:
        return f"throws {': '.join(trace.error)}"
    if trace.decided:
        return f"calls api.notification.{trace.decided}"
    return {"returned": "returns normally", "pending": "never settles"}.get(trace.end, trace.end)


# ---- was anything sent? ------------------------------------------------------------------------------------------


def delivers(trace: Trace, message: Message) -> bool:
    """Whether a run sent the recipient, and the code or the text."""
    sent = [
        view
        for call in trace.calls
        if _may_deliver(call)
        for view in views(strings_in([call.path, call.args]))
    ]
    return _mentions(sent, recipient_forms(message)) and _mentions(sent, content_forms(message))


def messages_sent(trace: Trace, message: Message) -> int:
    """How many calls of a run may each have delivered the code or the text."""
    forms = content_forms(message)
    return sum(
        _may_deliver(call) and _mentions(list(views(strings_in([call.path, call.args]))), forms)
        for call in trace.calls
    )


def _may_deliver(call: Call) -> bool:
    """Whether a call may send a message; writing into an instance of a package's class may prepare one."""
    written = call.op == "set" and call.path.startswith("new ")
    if not (written or call.op in ("send", "call", "new")) or call.path.startswith(("api.", "process.")):
        return False
    module = _MODULE.match(call.path)
    if (module is not None and only_computes(module[1])) or TELEMETRY.search(call.path):
        return False
    addresses = (
        text
        for text in strings_in(call.args)
        if text.startswith(("http://", "https://")) or text.endswith(".com")
    )
    return not TELEMETRY.search(" ".join(addresses))


def _mentions(views_: list[str], forms: tuple[str, ...]) -> bool:
    return any(form in view for view in views_ for form in forms)


def recipient_forms(message: Message) -> tuple[str, ...]:
    """The recipient with and without the plus and the dashes, as gateways expect it."""
    plain = message.recipient.replace("-", "")
    return (message.recipient, message.recipient.removeprefix("+"), plain, plain.removeprefix("+"))


def content_forms(message: Message) -> tuple[str, ...]:
    """The code, whole or spelled out, or the text."""
    text = message.text if message.kind.method is Method.TEXT else message.voice
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    spelled = tuple(mark.join(message.code) for mark in (" ", ". ", ", ", "-", "... ", ",", ". . "))
    return (message.code, text, escaped, *spelled)


def views(texts: Iterable[str]) -> Iterator[str]:
    """Each text as it is, percent-decoded, JSON-decoded and base64-decoded."""
    for text in texts:
        yield text
        if "%" in text or "+" in text:
            yield unquote_plus(text)
        if "\\" in text:
            try:
                yield json.dumps(json.loads(text), ensure_ascii=False)
            except (ValueError, RecursionError):
                yield text.replace('\\"', '"').replace("\\n", "\n")
        for part in _BASE64.findall(text):
            plain = part.rstrip("=").replace("-", "+").replace("_", "/")
            with suppress(binascii.Error, ValueError):
                yield base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
