"""How long one phase of the work on one tenant waits for the tenant's rate limits in all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

DEFAULT_SECONDS = 600.0


class PatienceExceeded(httpx.RequestError):
    """The next request would have to wait longer for a rate limit than the operator allows; it was not sent."""


class WaitBudget:
    """The seconds that are left to wait.

    Args:
        seconds: in all.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spent = 0.0

    def spend(self, seconds: float) -> None:
        """Take seconds to wait out of the budget.

        Raises:
            PatienceExceeded: fewer are left.
        """
        if self._spent + seconds > self._seconds:
            raise PatienceExceeded(
                f"{self._spent:.0f} s were waited for the rate limit, the next request would wait {seconds:.0f} s, "
                f"and rate_limit_patience is {self._seconds:.0f} s"
            )
        self._spent += seconds


_current: ContextVar[WaitBudget | None] = ContextVar("wait_budget", default=None)


@contextmanager
def limited_waiting(seconds: float) -> Iterator[None]:
    """Let all requests of the current asyncio task, and of the tasks that it starts, wait for so long in all."""
    token = _current.set(WaitBudget(seconds))
    try:
        yield
    finally:
        _current.reset(token)


def wait_budget() -> WaitBudget:
    """Return the budget of the current task; outside `limited_waiting` each request has one of its own."""
    return _current.get() or WaitBudget(DEFAULT_SECONDS)
