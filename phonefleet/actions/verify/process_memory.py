"""Results that a process remembers: a fleet runs the same Action in many tenants.

A result may come from a limit of time. In one process, and so in one run, equal programs have the same result all the
same. Not so where a process that ran a program was lost: the machine may have had no memory left.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
R = TypeVar("R")


class _LostRuns(threading.local):
    """How many runs of programs this thread has lost."""

    count = 0


_LOST = _LostRuns()


def note_lost_run() -> None:
    """Note that the process that ran a program ended, and that it is not known why."""
    _LOST.count += 1


_MEMORIES: WeakSet[Memory[Any]] = WeakSet()


def forget() -> None:
    """Drop every result, as the end of the process would."""
    for memory in tuple(_MEMORIES):
        memory.clear()


class Memory(Generic[R]):
    """The last results, each with its key. Safe to use from several threads.

    Args:
        most: how many results are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Hashable, R] = OrderedDict()
        self._lock = threading.Lock()
        _MEMORIES.add(self)

    def find(self, key: Hashable) -> R | None:
        """Return a result; None where there is none."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def keep(self, key: Hashable, result: R) -> None:
        """Keep a result, and drop the one that was not asked for the longest if there are too many."""
        with self._lock:
            self._results[key] = result
            self._results.move_to_end(key)
            if len(self._results) > self._most:
                self._results.popitem(last=False)

    def clear(self) -> None:
        """Drop all results."""
        with self._lock:
            self._results.clear()


def whole(compute: Callable[[], R]) -> tuple[R, bool]:
    """Return a result, and whether it may be remembered: no run was lost while this thread computed it."""
    before = _LOST.count
    return compute(), _LOST.count == before


def remembered(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember the last results of a function of hashable arguments, unless a run was lost."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        memory: Memory[R] = Memory(most)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, frozenset(kwargs.items()))
            found = memory.find(key)
            if found is not None:
                return found
            result, is_whole = whole(lambda: function(*args, **kwargs))
            if is_whole:
                memory.keep(key, result)
            return result

        return call

    return decorate
