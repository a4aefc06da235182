"""What a flow came to, for a caller in the same process that does not wait for Prefect's server any longer.

Prefect sends the last state of a flow run after the flow's function has returned, and raises or returns the result
only then. A server that hangs would keep it for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import State
from prefect.exceptions import CancelledRun


@dataclass
class FlowEnd:
    """How the function of a flow has ended.

    Attributes:
        at: when it did, on the monotonic clock; None until then.
        value: what it returned.
        error: what it raised.
    """

    at: float | None = None
    value: object = None
    error: BaseException | None = None

    @property
    def was_stopped(self) -> bool:
        """Whether a signal or Prefect's cancellation stopped it."""
        return isinstance(self.value, State) and self.value.is_cancelled()

    def result(self) -> Any:
        """Return or raise what calling the flow would.

        Raises:
            CancelledRun: it was stopped.
        """
        if self.was_stopped:
            raise CancelledRun
        error = self.value.data if isinstance(self.value, State) else self.error
        if isinstance(error, BaseException):
            raise error
        return self.value


_awaited: ContextVar[FlowEnd | None] = ContextVar("phonefleet_flow_end", default=None)


@contextmanager
def end_awaited() -> Iterator[FlowEnd]:
    """Yield where the end of the flow that is called in this block is noted."""
    token = _awaited.set(end := FlowEnd())
    try:
        yield end
    finally:
        _awaited.reset(token)


def note_end(value: object = None, error: BaseException | None = None) -> None:
    """Note how the function of the flow that is under way has ended."""
    if (end := _awaited.get()) is not None:
        end.at, end.value, end.error = time.monotonic(), value, error
