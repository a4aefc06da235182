"""The simulator's clock in epoch seconds, and Auth0's two formats of a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


def millis(epoch: float) -> str:
    """``2025-02-10T11:53:13.007Z``, as most of the Management API writes times."""
    moment = datetime.fromtimestamp(epoch, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def nanos(epoch: float) -> str:
    """``2023-01-25T17:42:12.320532785Z``, as the Actions endpoints write times."""
    moment = datetime.fromtimestamp(epoch, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{moment.microsecond * 7 % 1000:03d}Z"


@dataclass(slots=True)
class Clock:
    """Wall-clock time; ``started_at`` (epoch seconds) is the moment from which seeded history counts back."""

    started_at: float = field(default_factory=time.time)

    def now(self) -> float:
        """Return epoch seconds now."""
        return time.time()
