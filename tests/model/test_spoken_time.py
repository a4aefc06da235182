"""Spans of time as people read them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model.spoken_time import spoken, spoken_roughly

UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "days": 86_400}


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0, "0 s", "1 s"),
        (0.000022, "under 0.01 s", "1 s"),
        (0.01, "0.01 s", "1 s"),
        (0.352, "0.35 s", "1 s"),
        (54.4, "54 s", "54 s"),
        (90, "1 min 30 s", "90 s"),
        (600, "10 min", "10 min"),
        (7_200, "2 h", "2 h"),
        (12_000, "3 h 20 min", "3 h"),
        (3 * 86_400, "3 d", "3 days"),
    ],
)
def test_a_span_is_short(seconds: float, exact: str, rough: str) -> None:
    span = timedelta(seconds=seconds)
    assert spoken(span) == exact
    assert spoken_roughly(span) == rough


@given(st.floats(min_value=0.01, max_value=10**7))
def test_a_span_is_off_by_little(seconds: float) -> None:
    for text, share in (
        (spoken(timedelta(seconds=seconds)), 0.05),
        (spoken_roughly(timedelta(seconds=seconds)), 0.26),
    ):
        said = sum(
            float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+) (s|min|h|days|d)\b", text)
        )
        assert abs(said - seconds) <= max(1.0, seconds * share)
