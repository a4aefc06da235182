"""Do two runs of the same message do the same? And did anything reach the recipient at all?"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
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
"""Places that receive what happened, not messages: what goes there reaches no recipient."""
_MODULE = re.compile(r"^(?:new )?((?:@[\w.-]+/)?[\w-]+)")


_CALLS = b',"calls":['  # inside a text its quotes are escaped
_DROP = re.compile(
    rb',?\{"t":\d+,"op":"verdict","path":"api\.notification\.drop","args":\["(?:[^"\\]|\\.)*"\]\}\]\}'
)


def difference(original: Trace, translation: Trace, plan: str) -> str | None:
    """Where two runs part, in a sentence, or None when they do the same."""
    return _calls_differ(original, translation) or _ends_differ(original, translation, plan)


def dropped_alike(original: bytes, translation: bytes) -> bool:
    """Whether two runs, as they were written, are a throw and a drop after the same calls at the same time.

    Most runs that are not written alike are; the others are read and compared.
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


def _calls_differ(original: Trace, translation: Trace) -> str | None:
    mine, theirs = original.effects(), translation.effects()
    for index, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if not _same_call(one, other):
            return _describe(index, one, other)
    if len(mine) == len(theirs):
        return None
    extra = (mine if len(mine) > len(theirs) else theirs)[min(len(mine), len(theirs))]
    who = "original" if len(mine) > len(theirs) else "translation"
    return f"only the {who} goes on to {extra.op} {extra.path} at {extra.at} ms"


def _describe(index: int, one: Call, other: Call) -> str:
    if (one.op, one.path) != (other.op, other.path):
        return f"action {index + 1} is {one.op} {one.path} in the original, {other.op} {other.path} in the translation"
    if one.at != other.at:
        return (
            f"{one.op} {one.path} happens at {one.at} ms in the original, at {other.at} ms in the translation"
        )
    return f"{one.op} {one.path} has other contents: {_first_difference(one.args, other.args)}"


def _same_call(one: Call, other: Call) -> bool:
    if (one.at, one.op, one.path) != (other.at, other.op, other.path):
        return False
    return bool(one.args == other.args or canonical(one.args) == canonical(other.args))


def canonical(value: Any) -> Any:
    """Contents with JSON texts read, so that the order of keys in a body is no difference."""
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
    read = canonical(text)
    return read["$json"] if isinstance(read, dict) else text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True) if value is not None else "missing"
    return text if len(text) <= 160 else text[:157] + "…"


def _ends_differ(original: Trace, translation: Trace, plan: str) -> str | None:
    mine, theirs = original.outcome, translation.outcome
    if mine is not theirs:
        return f"the original {_ending(original)}, the translation {_ending(translation)}"
    if original.at != translation.at:
        return f"the original ends at {original.at} ms, the translation at {translation.at} ms"
    if original.loop != translation.loop:
        return "only one of the two keeps timers running without end"
    if translation.end == "threw":
        return f"the translation {_ending(translation)} where it must call api.notification.drop or retry"
    return _careless_retry(translation, plan) if translation.decided == "retry" else None


def _ending(trace: Trace) -> str:
    if trace.end == "threw" and trace.error:
        return f"throws {': '.join(trace.error)}"
    if trace.decided:
        return f"calls api.notification.{trace.decided}"
    return {"returned": "returns normally", "pending": "never settles"}.get(trace.end, trace.end)


def _careless_retry(trace: Trace, plan: str) -> str | None:
    """Auth0 runs a retried notification again, up to 5 times: only what surely did not go out may be retried."""
    for call in trace.calls:
        if call.number is not None and not answer_to(plan, call.number).surely_unsent:
            return f"the translation asks for a retry although {call.path} at {call.at} ms may have sent the message"
    return None


# ---- did anything go out? ----------------------------------------------------------------------------------------


def delivers(trace: Trace, message: Message) -> bool:
    """Whether the recipient, and the code or the text, stand in what went out in this run."""
    sent = [view for call in _going_out(trace.calls) for view in views(strings_in([call.path, call.args]))]
    return _mentions(sent, recipient_forms(message)) and _mentions(sent, content_forms(message))


def _going_out(calls: Iterable[Call]) -> Iterator[Call]:
    """Calls, and what is written into an instance of a package's class to be sent by a call after it."""
    for call in calls:
        written = call.op == "set" and call.path.startswith("new ")
        if (
            not (written or call.op in ("send", "call", "new"))
            or call.path.startswith(("api.", "process."))
            or _computes(call.path)
        ):
            continue
        if not TELEMETRY.search(call.path) and not TELEMETRY.search(_target(call.args)):
            yield call


def _computes(path: str) -> bool:
    """Whether a recorded call is one into a package that sends nothing."""
    module = _MODULE.match(path)
    return module is not None and only_computes(module[1])


def _target(args: Any) -> str:
    """The address of a call: the first texts that look like one."""
    return " ".join(
        text for text in strings_in(args) if text.startswith(("http://", "https://")) or text.endswith(".com")
    )


def _mentions(views_: list[str], forms: tuple[str, ...]) -> bool:
    return any(form in view for view in views_ for form in forms)


def recipient_forms(message: Message) -> tuple[str, ...]:
    """The recipient as gateways want it: with and without the plus."""
    return (message.recipient, message.recipient.removeprefix("+"))


def content_forms(message: Message) -> tuple[str, ...]:
    """The code, whole or spelled out, or the text."""
    text = message.text if message.kind.method is Method.TEXT else message.voice
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    spelled = tuple(mark.join(message.code) for mark in (" ", ". ", ", ", "-", "... ", ",", ". . "))
    return (message.code, text, escaped, *spelled)


def views(texts: Iterable[str]) -> Iterator[str]:
    """Each text as it stands, percent-decoded, JSON-decoded and base64-decoded."""
    for text in texts:
        yield text
        if "%" in text or "+" in text:
            yield unquote_plus(text)
        if "\\" in text:
            yield from _json_view(text)
        yield from _base64_views(text)


def _json_view(text: str) -> Iterator[str]:
    try:
        yield json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        yield text.replace('\\"', '"').replace("\\n", "\n")


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def _base64_views(text: str) -> Iterator[str]:
    for part in _BASE64.findall(text):
        try:
            plain = part.rstrip("=").replace("-", "+").replace("_", "/")
            yield base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
