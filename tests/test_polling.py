"""Looks are repeated with pauses that double, until the limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from phonefleet.polling import LOOP_CLOCK, looks

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class TestClock:
    """A clock that only waiting moves."""

    __test__ = False

    def __init__(self) -> None:
        self.at = BEGIN

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, moment: datetime) -> None:
        self.at = max(self.at, moment)


async def seconds_of(limit: float, first: float = 1, longest: float = 4, takes: float = 0) -> list[float]:
    """Return when each look began; each takes some seconds."""
    clock, seen = TestClock(), []
    async for _ in looks(limit * SECOND, first * SECOND, longest * SECOND, clock):
        seen.append((clock.at - BEGIN) / SECOND)
        clock.at += takes * SECOND
    return seen


async def test_the_pauses_double_up_to_the_longest() -> None:
    assert await seconds_of(19) == [0, 1, 3, 7, 11, 15, 19]


async def test_no_look_begins_after_the_limit() -> None:
    assert await seconds_of(18.9) == [0, 1, 3, 7, 11, 15]


async def test_the_first_look_needs_no_time() -> None:
    assert await seconds_of(0) == [0]
    assert await seconds_of(-5) == [0]


async def test_what_a_look_takes_counts() -> None:
    assert await seconds_of(10, takes=3) == [0, 4, 9]


@given(st.floats(0, 60), st.floats(0.1, 5), st.floats(0.1, 20), st.floats(0, 9))
async def test_looks_end_with_the_limit(limit: float, first: float, longest: float, takes: float) -> None:
    seen = await seconds_of(limit, first, longest, takes)
    assert seen[0] == 0
    assert seen[-1] <= limit + 1e-6


async def test_a_look_may_take_what_is_left() -> None:
    left = [each async for each in looks(4 * SECOND, SECOND, 4 * SECOND, TestClock())]
    assert left == [4 * SECOND, 3 * SECOND, 4 * SECOND]


async def test_the_loops_clock_waits() -> None:
    began = LOOP_CLOCK.now()
    assert len([each async for each in looks(timedelta(milliseconds=35), SECOND / 100, SECOND)]) == 3
    assert LOOP_CLOCK.now() - began >= timedelta(milliseconds=29)
