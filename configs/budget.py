"""How much the files of one configuration may hold together."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

MAX_VALUES: Final = 600_000
"""Values in all files, those that aliases repeat included: 30 each for 20,000 tenants."""
MAX_TENANTS: Final = 20_000
MAX_FILES: Final = 20_000
MAX_PROBLEMS: Final = 20_000
"""So many problems are listed at most; the check ends there."""
MAX_SECONDS: Final = 60.0
"""For reading and checking everything; 10,000 tenants take about 1.5 s."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits while files are read.

    Attributes:
        values: How many more values may be read.
        end: When the time is over, on the monotonic clock.
    """

    values: int = MAX_VALUES
    end: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def take(self, values: int) -> bool:
        """Take values out of the budget; False if it does not have them."""
        self.values -= values
        return self.values >= 0

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self.end
