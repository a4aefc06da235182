"""Who observes a run: the caller of its flow, or else the log of its flow run.

Prefect sends a flow's parameters to its server, so an observer cannot be a parameter. A caller that has one in its own
process announces it with `observed_by`; nothing but what a person sees depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect.logging import get_run_logger

from tasks.run_context import Progress

_observer: ContextVar[Progress | None] = ContextVar("phonefleet_observer", default=None)


class FlowRunLog:
    """Writes to the log of the flow run: phases and events at INFO, tenants at DEBUG unless they failed."""

    def __init__(self) -> None:
        self._log = get_run_logger()

    def started(self, run_id: str) -> None:
        """Log the run's id in the ledger."""
        self._log.info("run %s", run_id)

    def begin(self, phase: str, total: int) -> None:
        """Log that a phase over `total` tenants begins."""
        self._log.info("%s: %d tenant(s)", phase, total)

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Log that a tenant has completed the phase."""
        if failed:
            self._log.warning("%s: %s", domain, what)
        else:
            self._log.debug("%s: %s", domain, what)

    def say(self, text: str) -> None:
        """Log an event of the run."""
        self._log.info("%s", text)

    def waiting(self, domain: str, seconds: float) -> None:
        """Log that a request waits for its tenant's rate limit."""
        self._log.debug("%s: waits %.1f s for its rate limit", domain, seconds)


@contextmanager
def observed_by(progress: Progress) -> Iterator[None]:
    """Let flows that are called in this block report to `progress`."""
    token = _observer.set(progress)
    try:
        yield
    finally:
        _observer.reset(token)


def current_observer() -> Progress:
    """Return the observer of the flow run that is under way."""
    return _observer.get() or FlowRunLog()
