"""Counts the write requests that really went over the wire, retries included, for the step that made them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from phonefleet.auth0.transport import RequestSeen

_READS = frozenset({"GET", "HEAD"})
_TOKEN_PATH = "/oauth/token"  # noqa: S105
_RATE_LIMITED = 429


@dataclass
class WriteCount:
    """How many write requests were sent; a request turned away by the rate limit is not counted."""

    count: int = 0


_current: ContextVar[WriteCount | None] = ContextVar("attempts", default=None)


@contextmanager
def count_writes() -> Iterator[WriteCount]:
    """Count this task's write requests for as long as the context is open."""
    attempts = WriteCount()
    token = _current.set(attempts)
    try:
        yield attempts
    finally:
        _current.reset(token)


def count_request(seen: RequestSeen) -> None:
    """For `ClientPool(on_request=…)`: count an attempt for the step in whose task it was made."""
    attempts = _current.get()
    if attempts is None or seen.method in _READS or seen.path == _TOKEN_PATH or seen.status == _RATE_LIMITED:
        return
    attempts.count += 1
