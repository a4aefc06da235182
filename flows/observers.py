"""Who observes a run: the log of its flow run, and the caller of its flow.

Prefect sends a flow's parameters to its server, so an observer cannot be a parameter. A caller that has one in its own
process announces it with `observed_by`; nothing but what a person sees depends on it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect.logging import get_run_logger
from typing_extensions import override

from tasks.run_context import Progress

_LONG_WAIT_SECONDS = 1.0
_WAIT_LOGGED_EVERY_SECONDS = 30.0
"""A tenant at its rate limit waits before every request."""
_LIBRARY = logging.getLogger("phonefleet")
"""Retries of requests and lost leases. Neither repeats anything of a request or of an answer."""

_observer: ContextVar[Progress | None] = ContextVar("phonefleet_observer", default=None)


class FlowRunLog:
    """Writes to the log of the flow run: tenants at DEBUG unless they failed, everything else at INFO."""

    def __init__(self) -> None:
        self._log = get_run_logger()
        self._wait_logged: dict[str, float] = {}

    def started(self, run_id: str, address: str = "") -> None:  # noqa: ARG002
        """Log the run's id in the ledger; who reads the log is at its address."""
        self._log.info("run %s", run_id)

    def begin(self, phase: str, total: int) -> None:
        """Log that a phase over `total` tenants begins."""
        self._log.info("%s: %d tenant(s)", phase, total)

    def overall(self, ended: int, planned: int) -> None:
        """Log nothing: Prefect shows the waves as artifacts."""

    def working(self, domain: str) -> None:
        """Log nothing: Prefect shows the task."""

    def idle(self, domain: str) -> None:
        """Log nothing: Prefect shows the task."""

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
        now = time.monotonic()
        recent = now - self._wait_logged.get(domain, -_WAIT_LOGGED_EVERY_SECONDS)
        if seconds < _LONG_WAIT_SECONDS or recent < _WAIT_LOGGED_EVERY_SECONDS:
            self._log.debug("%s: waits %.1f s for its rate limit", domain, seconds)
            return
        self._wait_logged[domain] = now
        self._log.info("%s: waits %.1f s for its rate limit", domain, seconds)


class Observers:
    """Several observers of one run."""

    def __init__(self, *observers: Progress) -> None:
        self._observers = observers

    def started(self, run_id: str, address: str = "") -> None:
        """Pass the start on."""
        for each in self._observers:
            each.started(run_id, address)

    def begin(self, phase: str, total: int) -> None:
        """Pass the phase on."""
        for each in self._observers:
            each.begin(phase, total)

    def overall(self, ended: int, planned: int) -> None:
        """Pass the counts on."""
        for each in self._observers:
            each.overall(ended, planned)

    def working(self, domain: str) -> None:
        """Pass the task on."""
        for each in self._observers:
            each.working(domain)

    def idle(self, domain: str) -> None:
        """Pass the task on."""
        for each in self._observers:
            each.idle(domain)

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Pass the tenant on."""
        for each in self._observers:
            each.done(domain, what, failed=failed)

    def say(self, text: str) -> None:
        """Pass the event on."""
        for each in self._observers:
            each.say(text)

    def waiting(self, domain: str, seconds: float) -> None:
        """Pass the wait on."""
        for each in self._observers:
            each.waiting(domain, seconds)


class _ToFlowRun(logging.Handler):
    """Sends records of Python's log to the log of a flow run."""

    def __init__(self, log: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> None:
        super().__init__(logging.INFO)
        self._log = log

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(record.levelno, "%s", record.getMessage())


@contextmanager
def library_logged() -> Iterator[None]:
    """Show retries of requests and lost leases in the log of the flow run that is under way."""
    handler, level = _ToFlowRun(get_run_logger()), _LIBRARY.level
    _LIBRARY.addHandler(handler)
    _LIBRARY.setLevel(logging.INFO)
    try:
        yield
    finally:
        _LIBRARY.removeHandler(handler)
        _LIBRARY.setLevel(level)


@contextmanager
def observed_by(progress: Progress) -> Iterator[None]:
    """Let flows that are called in this block report to `progress`, besides the log of their flow run."""
    token = _observer.set(progress)
    try:
        yield
    finally:
        _observer.reset(token)


def current_observer() -> Progress:
    """Return the observer of the flow run that is under way."""
    announced = _observer.get()
    return FlowRunLog() if announced is None else Observers(FlowRunLog(), announced)
