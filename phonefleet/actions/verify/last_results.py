"""The last results of a process, so that an Action is not run again for each tenant that has it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class LastResults(Generic[K, R]):
    """Results by their keys, for as long as this process runs. Safe to use from several threads.

    Args:
        most: how many results are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[K, R] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: K) -> R | None:
        """Return a result; None where there is none."""
        with self._lock:
            return self._results.get(key)

    def add(self, key: K, result: R) -> None:
        """Keep a result, and drop the oldest one if there are too many."""
        with self._lock:
            self._results[key] = result
            if len(self._results) > self._most:
                self._results.popitem(last=False)

    def clear(self) -> None:
        """Drop all results, as the end of the process would."""
        with self._lock:
            self._results.clear()
