"""Count the write requests that were sent over the wire, retries included, for the step that made them."""

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
    """How many write requests were sent; a request that the rate limit refused is not counted."""

    count: int = 0


_current: ContextVar[WriteCount | None] = ContextVar("write_count", default=None)


@contextmanager
def count_writes() -> Iterator[WriteCount]:
    """Count the write requests of the current asyncio task while the context is open."""
    writes = WriteCount()
    token = _current.set(writes)
    try:
        yield writes
    finally:
        _current.reset(token)


def count_request(seen: RequestSeen) -> None:
    """Count a request for the step whose task made it; for `ClientPool(on_request=…)`."""
    writes = _current.get()
    if writes is None or seen.method in _READS or seen.path == _TOKEN_PATH or seen.status == _RATE_LIMITED:
        return
    writes.count += 1
