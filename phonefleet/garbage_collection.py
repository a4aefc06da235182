"""Keep Python's search for unreachable cycles away from what stays loaded.

Python looks through all objects that are alive again and again, and nothing else of the process runs meanwhile. A
command that works on tenants imports about a million objects, which are never released. With Python's own settings a
full search looks at all of them, up to 0.3 s each time, and a fifth of a command's CPU time went there.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

RARELY = (10_000, 10, 10)
"""Objects made before the youngest are searched, and searches of each age before the next older is (`gc`)."""


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
