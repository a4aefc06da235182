"""Stop a run on SIGINT or SIGTERM: writes in hand are finished, no other begins, and the run can be continued.

Ctrl-C sends SIGINT, Prefect's cancellation and a machine that shuts down send SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.client.schemas.objects import State
from prefect.states import Cancelled

from flows.observers import current_observer
from tasks.run_context import Progress

P = ParamSpec("P")
R = TypeVar("R")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"


class Stop:
    """Whether and by which signal a flow was asked to stop.

    Attributes:
        signal: the signal; None as long as there was none.
    """

    signal: signal.Signals | None = None


def stoppable(flow: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let signals stop the function of a flow; its flow run is then `Cancelled`.

    Calling the flow raises `prefect.exceptions.CancelledRun` then.
    """

    @wraps(flow)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        with _stopped_by_signals(current_observer()) as stop:
            try:
                return await flow(*args, **kwargs)
            except asyncio.CancelledError:
                if stop.signal is None:
                    raise
                return _cancelled(stop.signal)

    return run


def _cancelled(by: signal.Signals) -> State[Any]:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
    return Cancelled(message=f"stopped by {by.name}; start the flow with the same parameters to continue")


@contextmanager
def _stopped_by_signals(progress: Progress) -> Iterator[Stop]:
    """Cancel the current task on the first signal, and end the process on the second.

    Prefect's own handler of SIGTERM is replaced meanwhile: it raises wherever the event loop is, which would cut off
    writes in hand.
    """
    stop = Stop()
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def on_signal(number: signal.Signals) -> None:
        stop.signal = number
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, _end)
        progress.say("stopping after the writes in hand; a second signal ends the process at once")
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


def _end(number: int, _frame: object) -> None:
    """End at once. What was being written has an open intent in the ledger, and the next run settles it."""
    if sys.stderr.isatty():
        sys.stderr.write(_SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(128 + number)
