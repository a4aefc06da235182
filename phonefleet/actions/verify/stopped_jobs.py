"""Jobs that had to be stopped, so that an Action that hangs or crashes is not run again for each tenant that has it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

R = TypeVar("R")
_KEPT: Final = 500


@dataclass(slots=True)
class StoppedJobs(Generic[R]):
    """What became of the last jobs that were stopped, for as long as this process runs."""

    _runs: OrderedDict[bytes, R] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, job: bytes) -> R | None:
        """Return how a job ended that need not be tried again; None for any other."""
        with self._lock:
            return self._runs.get(job)

    def add(self, job: bytes, run: R) -> None:
        """Keep how a job ended, and drop the oldest one if there are too many."""
        with self._lock:
            self._runs[job] = run
            if len(self._runs) > _KEPT:
                self._runs.popitem(last=False)


def digest_of(job: Mapping[str, Any], scenarios: bytes) -> bytes:
    """Return the SHA-256 of everything that the run of a job depends on."""
    digest = hashlib.sha256(json.dumps(job, sort_keys=True).encode())
    digest.update(scenarios)
    return digest.digest()
