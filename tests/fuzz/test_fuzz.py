"""`make fuzz`: hostile input for a given time; what failed once is kept and tried first (`tests/fuzz/seeds`)."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.targets import SEEDS, TARGETS

SECONDS = float(os.environ.get("PHONEFLEET_FUZZ_SECONDS", "0"))
"""For each target; 0 tries a few inputs only."""
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input_is_read_or_refused(name: str) -> None:
    target, inputs = TARGETS[name]

    @settings(
        max_examples=25 if not SECONDS else 300,
        deadline=None,
        database=DirectoryBasedExampleDatabase(SEEDS / name),
        suppress_health_check=QUIET,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    )
    @given(text=inputs)
    def run(text: str) -> None:
        target(text)

    ends = time.monotonic() + SECONDS
    run()
    while time.monotonic() < ends:
        run()
