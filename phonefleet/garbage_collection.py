"""Keep Python's search for unreachable cycles away from what stays loaded.

Python looks through all objects that are alive again and again, and nothing else of the process runs meanwhile. A
command that works on tenants imports about a million objects, which are never released. With Python's own settings a
full search looks at all of them, up to 0.3 s each time, and a fifth of a command's CPU time went there.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

RARELY = (10_000, 10, 10)
"""Objects made before the youngest are searched, and searches of each age before the next older is (`gc`)."""
_EVERY_SECONDS = 2.0
_FULL_EVERY = 60
"""Searches before one of all ages, which is then made about every two minutes."""


@contextmanager
def paused() -> Iterator[None]:
    """Make objects of which none will be garbage, without a search."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """Import modules without a search, and leave them out of every later one."""
    before = len(sys.modules)
    with paused():
        try:
            yield
        finally:
            # What is garbage by now is never released, so this is not done for nothing.
            if len(sys.modules) > before:
                gc.freeze()
            gc.set_threshold(*RARELY)


@cache
def leave_loaded_out() -> None:
    """Leave what this process has loaded so far out of every later search; only the first call does."""
    gc.freeze()
    gc.set_threshold(*RARELY)


def collect_apart() -> None:
    """Search for unreachable cycles in a thread of its own from now on; in other threads only where code asks for it.

    What a search finds is released where it runs, and that may take a long time. An SQLite cursor waits until its
    connection is free. If the connection waits for the database's lock, and the transaction that has the lock goes on
    in the event loop, whose thread is the one that searches, nothing goes on until the wait for the lock has timed out:
    on Prefect's server after 60 s. A cursor that is in no cycle is released by the thread that drops it, as before.
    """
    gc.disable()
    threading.Thread(target=_collect, name="garbage collection", daemon=True).start()


def _collect() -> None:
    _collect_once()
    # What a program has built by now stays, and a search of all ages stops every other thread meanwhile.
    gc.freeze()
    while True:
        _collect_once()


def _collect_once() -> None:
    for _ in range(_FULL_EVERY):
        time.sleep(_EVERY_SECONDS)
        gc.collect(1)
    gc.collect()
