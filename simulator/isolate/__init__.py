"""Run an Action's code: one V8 isolate for each execution, with virtual time.

The isolate has no network and no clock. A function answers its requests, and the time that
its answers take is counted without waiting for it, so that the 20 seconds of a trigger (Auth0 documentation,
"Actions Limitations") cost nothing to simulate. Code that does not return is ended after a second of
real time and counts as one that ran out of time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from py_mini_racer import JSEvalException, JSTimeoutException, MiniRacer

Json = dict[str, Any]
LIMIT_SECONDS = 20.0
"""How long one execution of a trigger may take."""
STUCK_SECONDS = 1.0
"""Real seconds after which code that does not return is ended."""
HEAP_BYTES = 128 * 2**20
_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """A request that an Action sent; ``at``: seconds since its start."""

    method: str
    url: str
    headers: dict[str, str]
    body: str
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request of an Action.

    Attributes:
        seconds: how long it takes.
        error: the connection fails with this message instead.
    """

    status: int = 200
    body: str = ""
    seconds: float = 0.1
    error: str = ""


World = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Execution:
    """What an Action did.

    Attributes:
        seconds: how long it took, in virtual time.
        error: name, message and stack of what it threw; None when it ended by itself.
        error_class: ``action_error`` or ``action_timeout``, as tenant logs have it; empty without an error.
        dropped: the reason it gave to ``api.notification.drop``.
        retried: the reason it gave to ``api.notification.retry``.
    """

    seconds: float
    error: Json | None = None
    error_class: str = ""
    dropped: str | None = None
    retried: str | None = None


@lru_cache(maxsize=4)
def _source(name: str) -> str:
    return files(__name__).joinpath(f"{name}.js").read_text(encoding="utf-8")


_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="isolate")
"""V8 runs in a thread outside the server's event loop, one Action at a time."""


def execute(code: str, handler: str, event: Json, world: World, epoch: float) -> Execution:
    """Run ``handler`` of ``code`` with ``event``.

    Args:
        code: the Action's code.
        handler: name of the exported function.
        event: what it is called with.
        world: answers the requests it sends.
        epoch: the time its clock starts at, in epoch seconds.
    """
    return _THREAD.submit(_execute, code, handler, event, world, epoch).result()


def _execute(code: str, handler: str, event: Json, world: World, epoch: float) -> Execution:
    with closing(MiniRacer()) as racer:
        racer.set_hard_memory_limit(HEAP_BYTES)
        runtime = _source("runtime").replace("__EPOCH_MS__", str(int(epoch * 1000)))
        program = (runtime, _source("modules"), f"const __code = {json.dumps(code)};", _source("driver"), "1")
        try:
            _eval(racer, "\n".join(program))
            _eval(racer, f"__start({json.dumps(handler)}, {json.dumps(event)}); 1")
            return _until_settled(racer, world)
        except JSTimeoutException:
            # The ended code reports its end once more; an isolate that is closed before that complains.
            with suppress(JSTimeoutException, JSEvalException):
                _eval(racer, "1")
            return _timeout()
        except JSEvalException as error:
            text = str(error)
            return Execution(0.0, {"name": "Error", "message": text, "stack": text}, "action_error")


def _eval(racer: MiniRacer, source: str) -> Any:
    return racer.eval(source, timeout_sec=STUCK_SECONDS)


def _until_settled(racer: MiniRacer, world: World) -> Execution:
    """Answer requests and advance time until the handler ends or its time is up."""
    for _ in range(_STEPS):
        for item in json.loads(_eval(racer, "__pending()")):
            _hand_over(racer, item, world)
        state = json.loads(_eval(racer, "__state()"))
        if state["settled"]:
            return _outcome(state)
        if not _eval(racer, f"__step({LIMIT_SECONDS * 1000:.0f})"):
            break
    return _timeout()


def _hand_over(racer: MiniRacer, item: Json, world: World) -> None:
    request = Request(item["method"], item["url"], item["headers"], item["body"], item["at"] / 1000)
    answer = world(request)
    message: Json = {"status": answer.status, "body": answer.body, "headers": {}}
    message |= {"milliseconds": answer.seconds * 1000}
    if answer.error:
        message |= {"error": answer.error, "code": "ECONNREFUSED"}
    _eval(racer, f"__answer({item['id']}, {json.dumps(json.dumps(message))}); 1")


def _timeout() -> Execution:
    message = f"The Action did not end within {LIMIT_SECONDS:.0f} seconds"
    return Execution(
        LIMIT_SECONDS, {"name": "TimeoutError", "message": message, "stack": message}, "action_timeout"
    )


def _outcome(state: Json) -> Execution:
    reasons = {call["kind"]: call["reason"] for call in state["calls"]}
    return Execution(
        seconds=state["milliseconds"] / 1000,
        error=state["error"],
        error_class="action_error" if state["error"] else "",
        dropped=reasons.get("drop"),
        retried=reasons.get("retry"),
    )
