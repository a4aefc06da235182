"""Call a flow, and wait for Prefect's server only so long once the flow's own work has ended."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from flows import local_server
from flows.cli.process_end import end_at_once
from flows.flow_end import FlowEnd, end_awaited
from flows.prefect_settings import ANSWER_SECONDS

R = TypeVar("R")
STOP_SECONDS: Final = 20.0
"""How long the server has for a run that was stopped."""
_DEAD_SECONDS: Final = 2.0
"""How long for the last state, where no server is left to take it."""
_SAY_SECONDS: Final = 8.0
_LOOK_SECONDS: Final = 0.5
_PREFECTS_SENDERS: Final = "prefect._internal.concurrency"
_PREFECTS_LOGS: Final = ("prefect.flow_runs", "prefect.task_runs")


def await_flow(call: Callable[[], Coroutine[Any, Any, R]], say: Callable[[str], None]) -> R:
    """Call a flow and return or raise what it does. Its result does not wait for a server that ended or hangs.

    Args:
        call: calls the flow.
        say: informs a person why the command waits, or for what it does not wait.

    Raises:
        CancelledRun: a signal or Prefect stopped the run.
        KeyboardInterrupt: Ctrl-C, before the flow's own work began or after it ended.
    """
    runner = asyncio.Runner()
    with end_awaited() as end:
        flow = _Flow(end, say)
        try:
            found: R = runner.run(flow.run(call))
            return found
        finally:
            if not flow.is_left:
                runner.close()


class _Flow:
    def __init__(self, end: FlowEnd, say: Callable[[str], None]) -> None:
        self.is_left = False
        self._end = end
        self._say = say
        self._said: set[str] = set()

    async def run(self, call: Callable[[], Coroutine[Any, Any, R]]) -> R:
        task = asyncio.ensure_future(call())
        try:
            while not task.done() and not self._is_over():
                await asyncio.wait([task], timeout=_LOOK_SECONDS)
                self._look_at_server()
        except asyncio.CancelledError:
            # Ctrl-C while Prefect begins or ends the flow run; within the flow, it stops the run.
            if self._end.at is None:
                task.cancel()
                await asyncio.wait([task], timeout=STOP_SECONDS)
        if task.done():
            return task.result()
        self._leave()
        if self._end.at is None:
            raise KeyboardInterrupt
        found: R = self._end.result()
        return found

    def _is_over(self) -> bool:
        if self._end.at is None:
            return False
        patience = (
            _DEAD_SECONDS
            if _server_has_ended()
            else STOP_SECONDS
            if self._end.was_stopped
            else ANSWER_SECONDS
        )
        waited = time.monotonic() - self._end.at
        if waited > min(_SAY_SECONDS, patience):
            self._say_once(
                f"Prefect's server does not answer: it is waited for, for {patience:g} s at most. What the run did "
                "is in the ledger"
            )
        return waited > patience

    def _look_at_server(self) -> None:
        if _server_has_ended():
            # Prefect prints each event and each batch of logs that it cannot send.
            logging.getLogger(_PREFECTS_SENDERS).disabled = True
            _send_no_logs()
            self._say_once(
                "the temporary Prefect server has ended: the run goes on without it, and what it does is in the ledger"
            )

    def _say_once(self, text: str) -> None:
        if text not in self._said and not (_server_has_ended() and self._said):
            self._said.add(text)
            self._say(text)

    def _leave(self) -> None:
        """Leave Prefect to itself: what it still wants to send has no one to take it."""
        self.is_left = True
        server = local_server.reserved()
        end_at_once(server.kill if server else lambda: None)


def _send_no_logs() -> None:
    from prefect.logging.handlers import APILogHandler

    for name in _PREFECTS_LOGS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [each for each in logger.handlers if not isinstance(each, APILogHandler)]


def _server_has_ended() -> bool:
    server = local_server.reserved()
    return server is not None and server.has_ended
