"""`make fuzz`: hostile input for a given time; what failed once is kept and tried first.

What Hypothesis keeps is in `tests/fuzz/seeds`; what atheris keeps, and begins with, in `tests/fuzz/corpus`.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.corpus import CORPUS, kept
from tests.fuzz.inputs import INPUTS
from tests.fuzz.targets import TARGETS, as_bytes, as_text

SEEDS = CORPUS.with_name("seeds")
SECONDS = float(os.environ.get("PHONEFLEET_FUZZ_SECONDS", "0"))
"""For each target; 0 tries a few inputs only."""
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=25 if not SECONDS else 300,
        deadline=None,
        database=DirectoryBasedExampleDatabase(SEEDS / name),
        suppress_health_check=QUIET,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    )
    @given(text=INPUTS[name])
    def run(text: str) -> None:
        target(text)

    ends = time.monotonic() + SECONDS
    run()
    while time.monotonic() < ends:
        run()


# The mark ends an input that once took too long, also where the command line sets no limit.
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("name", "text"),
    [pytest.param(name, text, id=f"{name}-{file}") for name in TARGETS for file, text in kept(name)],
)
def test_kept_input_is_read_or_refused(name: str, text: str) -> None:
    TARGETS[name](text)


def test_every_target_has_inputs_to_begin_with() -> None:
    assert [name for name in TARGETS if not list(kept(name))] == []
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)


@given(INPUTS["words"])
def test_an_input_is_the_same_as_bytes(text: str) -> None:
    """So both engines try what the other one keeps."""
    assert as_bytes(as_text(as_bytes(text))) == as_bytes(text)
