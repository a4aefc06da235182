"""Finish a write that was begun before a cancellation takes effect."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

T = TypeVar("T")


async def finish_before_cancel(work: Coroutine[Any, Any, T], grace: timedelta) -> T:
    """Await `work`; when cancelled, first give it until the end of `grace` to complete.

    A write whose answer is not awaited leaves an intent open, and it is unknown until the tenant is read again whether
    it was carried out.

    Args:
        work: records an intent, writes, and records the result.
        grace: how long a cancellation waits for it.

    Raises:
        asyncio.CancelledError: the caller was cancelled, whatever became of the work.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=grace.total_seconds())
        finally:
            task.cancel()
            # Also retrieves its error: the intent has it already.
            await asyncio.gather(task, return_exceptions=True)
        raise
