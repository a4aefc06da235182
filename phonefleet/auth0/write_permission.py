"""Whether the current asyncio task may still write to a tenant. The transport asks before each attempt of a write.

A request is repeated up to minutes after it was asked for, and a process may be stopped in between. Meanwhile another
process may have taken the tenant over and rolled it back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Permission = Callable[[], Awaitable[bool]]
_current: ContextVar[Permission | None] = ContextVar("write_permission", default=None)


@contextmanager
def writing_while(permitted: Permission) -> Iterator[None]:
    """Let the current asyncio task write only as long as `permitted` says so."""
    token = _current.set(permitted)
    try:
        yield
    finally:
        _current.reset(token)


async def may_write() -> bool:
    """Return whether an attempt of a write may be sent now; outside `writing_while` it may."""
    permitted = _current.get()
    return permitted is None or await permitted()
