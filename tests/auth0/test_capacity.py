"""How many connections are opened for a number of tenants at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.auth0.capacity import Capacity, capacity_for

MEASURE = """
import resource, sys
from phonefleet.auth0.capacity import allow_descriptors
soft, hard, at_once = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(allow_descriptors(at_once), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("at_once", "descriptors", "total", "per_tenant", "idle"),
    [
        (10, 10_000, 100, 6, 100),
        (200, 10_000, 400, 6, 100),
        (200, 1_024, 400, 3, 56),
        (1_000, 1_256, 2_000, 1, 0),
    ],
)
def test_requests_follow_the_tenants_at_once(
    at_once: int, descriptors: int, total: int, per_tenant: int, idle: int
) -> None:
    assert capacity_for(at_once, descriptors) == Capacity(per_tenant, total, idle)


@given(st.integers(1, 1_000), st.integers(0, 20_000))
def test_connections_stay_within_the_descriptors(at_once: int, descriptors: int) -> None:
    """All tenants at work and all idle ones with all their connections, beside 256 other descriptors."""
    capacity = capacity_for(at_once, descriptors)
    assert capacity.per_tenant >= 1
    assert capacity.idle_tenants >= 0
    assert capacity.total >= at_once
    most = capacity.per_tenant * (at_once + capacity.idle_tenants)
    assert most <= max(descriptors - 256, at_once)


@pytest.mark.parametrize(
    ("soft", "hard", "at_once", "allowed"),
    [(256, 20_000, 200, 2_056), (1_024, 1_500, 200, 1_500), (4_096, 20_000, 200, 4_096)],
)
def test_the_soft_limit_is_raised_as_far_as_needed(soft: int, hard: int, at_once: int, allowed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(soft), str(hard), str(at_once)],
        capture_output=True,
        text=True,
        check=True,
    )
    known, now, unchanged = map(int, done.stdout.split())
    assert (now, unchanged) == (allowed, hard)
    assert known <= now
