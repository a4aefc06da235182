"""Doubt an Action whose runs sent the code: did the user get it, in time, and as a call where a call is needed?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from phonefleet.actions.parse.node_modules import is_builtin, package
from phonefleet.actions.verify.compare import (
    canonical,
    content_forms,
    delivers,
    recipient_forms,
    views,
)
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import Call, ProgramRun, Trace, strings_in

TRIGGER_MS = 20_000
"""One execution of a trigger ends after 20 s (Auth0 documentation, "Actions Limitations")."""
_BETWEEN_VALUES = re.compile(r'[&?=<>/;,|\r\n"]')


def doubt_of(trace: Trace, message: Message) -> str:
    """Say why a run in which recipient and content went out may not serve the user; empty if nothing says so.

    The text continues a sentence that begins with `it`.
    """
    in_time = replace(trace, calls=tuple(call for call in trace.calls if call.at < TRIGGER_MS))
    if not delivers(in_time, message):
        return f"sends only after {TRIGGER_MS // 1000} s, when Auth0 has ended it"
    single = [call for call in in_time.calls if delivers(replace(trace, calls=(call,)), message)]
    if sum(call.op == "send" for call in single) > 1:
        return f"sends {len(single)} requests with the recipient and the code or text"
    if not single:
        return "sends no single request with both the recipient and the code or text"
    if not any(_is_addressed(call, message) for call in single):
        return "names the recipient only inside the text that it sends, so that may go to another number"
    if trace.decided == "retry":
        return "requests a retry after it sent the message, so that users may get it several times"
    return ""


def _is_addressed(call: Call, message: Message) -> bool:
    """Whether some value of a request names the recipient and is not part of the message's words."""
    numbers, content = recipient_forms(message), content_forms(message)
    return any(
        any(number in value for number in numbers) and not any(form in value for form in content)
        for view in views(strings_in([call.path, canonical(call.args)]))
        for value in _BETWEEN_VALUES.split(view)
    )


def missing_packages(run: ProgramRun, packages: frozenset[str]) -> tuple[str, ...]:
    """Return the npm packages that the program loads and the Action does not have."""
    traces: Iterable[Trace] = (
        *(load.trace for load in run.loads if load.trace is not None),
        *run.traces(),
    )
    loaded = {module for trace in traces for module in trace.loads()}
    return tuple(sorted({package(m) for m in loaded if not is_builtin(m) and package(m) not in packages}))


def does_the_same(one: Trace, other: Trace) -> bool:
    """Whether two runs make the same calls with the same contents."""
    return [(c.op, c.path, canonical(c.args)) for c in one.effects()] == [
        (c.op, c.path, canonical(c.args)) for c in other.effects()
    ]
