"""Stop a run: writes in hand are finished, no other begins, and the run can be continued.

Ctrl-C sends SIGINT. A worker that is asked to cancel a run, or to end, sends SIGTERM, as does a machine that shuts
down; Prefect kills the process 30 s later. A run without a worker, such as one of the command line, gets no signal when
it is cancelled in Prefect's user interface: it asks the server for its state.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Cancelled

from flows.flow_end import note_end
from flows.observers import current_observer
from flows.prefect_calls import REFUSALS, asking_prefect
from tasks.run_context import Progress

P = ParamSpec("P")
R = TypeVar("R")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STATE_READ_EVERY_SECONDS = 2.0
_WATCH_SECONDS = 5.0
"""How long a request for the state may take to end once it is cancelled."""
_SHOW_CURSOR = "\x1b[?25h"


class Stop:
    """Whether and by what a flow was asked to stop.

    Attributes:
        reason: such as the signal's name; empty as long as it was not asked.
    """

    reason: str = ""


def stoppable(flow: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let signals and Prefect's cancellation stop the function of a flow; its flow run is then `Cancelled`.

    Calling the flow raises `prefect.exceptions.CancelledRun` then.
    """

    @wraps(flow)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        async with _stopped_on_request(current_observer()) as stop:
            try:
                value: Any = await flow(*args, **kwargs)
            except asyncio.CancelledError:
                if not stop.reason:
                    raise
                value = _cancelled(stop.reason)
            except Exception as error:
                note_end(error=error)
                raise
        note_end(value)
        return value

    return run


def _cancelled(reason: str) -> State[Any]:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
    return Cancelled(message=f"stopped by {reason}; start the flow with the same parameters to continue")


@asynccontextmanager
async def _stopped_on_request(progress: Progress) -> AsyncIterator[Stop]:
    """Cancel the current task on the first request to stop it."""
    stop, task = Stop(), asyncio.current_task()
    if task is None:
        yield stop
        return

    def request(reason: str) -> None:
        if not stop.reason:
            stop.reason = reason
            progress.say("stopping after the writes in hand; Ctrl-C ends the process at once")
            task.cancel()

    watch = asyncio.create_task(_watch_state(request))
    try:
        with _signals_sent_to(request):
            yield stop
    finally:
        watch.cancel()
        await asyncio.wait([watch], timeout=_WATCH_SECONDS)


@contextmanager
def _signals_sent_to(request: Callable[[str], None]) -> Iterator[None]:
    """Request a stop on the first signal, and end the process on a later SIGINT.

    A later SIGTERM changes nothing: a service manager and a worker that end together both send one. Prefect's own
    handler of SIGTERM is replaced meanwhile: it raises wherever the event loop is, which would cut off writes in hand.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def on_signal(number: signal.Signals) -> None:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, _end)
        request(number.name)

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


async def _watch_state(request: Callable[[str], None]) -> None:
    """Request a stop once the flow run is cancelled in Prefect. A worker does that for the runs of deployments."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is not None:
        return
    async with get_client() as client:
        while True:
            await asyncio.sleep(STATE_READ_EVERY_SECONDS)
            try:
                async with asking_prefect():
                    state = (await client.read_flow_run(context.flow_run.id)).state
            except REFUSALS:
                # Without an answer nothing is known; the run goes on, as it does with a server that is gone.
                continue
            if state is not None and (state.is_cancelling() or state.is_cancelled()):
                request("Prefect's cancellation")
                return


def _end(number: int, _frame: object) -> None:
    """End at once. What was being written has an open intent in the ledger, and the next run settles it."""
    if sys.stderr.isatty():
        sys.stderr.write(_SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(128 + number)
