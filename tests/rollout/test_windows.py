"""Maintenance windows over changes of the clocks, in both directions, by what a clock on the wall shows."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Weekday, Window
from phonefleet.rollout.windows import Period, common, is_open, joined, open_periods, without

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kolkata",
)
"""Lord Howe changes its clocks by 30 minutes, Santiago at midnight."""
DAYS = list(Weekday)


def window(opens: str, closes: str, zone: str = "Europe/Berlin", days: list[str] | None = None) -> Window:
    return Window.model_validate({"from": opens, "to": closes, "timezone": zone, "days": days or DAYS})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(one: Window, start: str, end: str) -> list[tuple[str, str]]:
    found = open_periods(one, Period(utc(start), utc(end)))
    return [(f"{p.start:%d %H:%M}", f"{p.end:%d %H:%M}") for p in found]


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("22:00", "05:00", [("28 21:00", "29 03:00")]),  # 6 hours: clocks skip 02:00 to 03:00
        ("01:00", "02:00", [("29 00:00", "29 01:00")]),
        ("02:00", "03:00", []),  # no clock shows such a time that night
        ("02:30", "04:00", [("29 01:00", "29 02:00")]),  # from 03:00 on, the first time shown
    ],
)
def test_clocks_set_forward(opens: str, closes: str, expected: list[tuple[str, str]]) -> None:
    assert opened(window(opens, closes), "2026-03-28T12:00", "2026-03-29T12:00") == expected


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("22:00", "05:00", [("24 20:00", "25 04:00")]),  # 8 hours: clocks show 02:00 to 03:00 twice
        ("01:00", "02:00", [("24 23:00", "25 00:00")]),
        ("02:00", "03:00", [("25 00:00", "25 02:00")]),
        ("02:30", "04:00", [("25 00:30", "25 01:00"), ("25 01:30", "25 03:00")]),
        ("01:30", "02:30", [("24 23:30", "25 00:30"), ("25 01:00", "25 01:30")]),
    ],
)
def test_clocks_set_back(opens: str, closes: str, expected: list[tuple[str, str]]) -> None:
    assert opened(window(opens, closes), "2026-10-24T12:00", "2026-10-25T12:00") == expected


def test_a_window_over_midnight_belongs_to_its_first_day() -> None:
    """Friday's window ends on Saturday; the early hours of Friday belong to Thursday."""
    friday = window("22:00", "02:00", "UTC", ["fri"])
    assert opened(friday, "2026-12-01T00:00", "2026-12-15T00:00") == [
        ("04 22:00", "05 02:00"),
        ("11 22:00", "12 02:00"),
    ]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
MINUTES = st.integers(0, 24 * 60 - 1)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens = draw(MINUTES)
    closes = draw(st.integers(1, 24 * 60).filter(lambda minutes: minutes != opens))
    days = draw(st.sets(st.sampled_from(DAYS), min_size=1))
    zone = draw(st.sampled_from(ZONES))
    return Window.model_validate(
        {"from": opens, "to": closes, "timezone": zone, "days": [d for d in DAYS if d in days]}
    )


@given(windows(), MOMENTS, st.integers(1, 96), st.lists(st.floats(0, 1, exclude_max=True), max_size=20))
def test_periods_are_the_moments_that_clocks_show(
    one: Window, start: datetime, hours: int, shares: list[float]
) -> None:
    """Every moment is in a period exactly if a clock there shows a time of the window."""
    within = Period(start, start + timedelta(hours=hours))
    periods = open_periods(one, within)
    assert all(a.end < b.start for a, b in pairwise(periods))
    probes = [moment for share in shares if (moment := start + within.length * share) < within.end]
    probes += [p.start for p in periods] + [p.end - timedelta(microseconds=1) for p in periods]
    probes += [p.start - timedelta(microseconds=1) for p in periods if p.start > start]
    probes += [p.end for p in periods if p.end < within.end]
    for moment in probes:
        assert is_open(one, moment) == any(p.start <= moment < p.end for p in periods)
        assert is_open(one, moment) == shown(one, moment)


def shown(one: Window, moment: datetime) -> bool:
    """What the definition says, written another way: over every day of the window."""
    local = moment.astimezone(ZoneInfo(one.timezone)).replace(tzinfo=None)
    for back in (0, 1):
        day = datetime.combine(local.date(), time()) - timedelta(days=back)
        length = one.closes - one.opens + (24 * 60 if one.closes < one.opens else 0)
        begin = day + timedelta(minutes=one.opens)
        if DAYS[day.weekday()] in one.days and begin <= local < begin + timedelta(minutes=length):
            return True
    return False


@pytest.mark.parametrize("zone", ZONES)
@given(start=MOMENTS)
def test_around_each_change_of_the_clocks(zone: str, start: datetime) -> None:
    """A daily window of any zone is never closed while its clocks show its time, and never open otherwise."""
    one = window("23:30", "03:15", zone)
    changes = [m for m in clock_changes(zone, start) if m is not None]
    for change in changes:
        within = Period(change - timedelta(days=1), change + timedelta(days=1))
        periods = open_periods(one, within)
        for minutes in range(-300, 301, 5):
            moment = change + timedelta(minutes=minutes)
            assert any(p.start <= moment < p.end for p in periods) == shown(one, moment)


def clock_changes(zone: str, start: datetime) -> list[datetime]:
    """The hours after which the zone's offset changes, in the half year from a moment."""
    hours = [start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(0, 4400, 6)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 40)), max_size=8)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def periods_of(spans: list[tuple[int, int]]) -> list[Period]:
    return [Period(minute(start), minute(start + length)) for start, length in spans]


def minute(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


@given(SPANS, SPANS)
def test_sets_of_periods_add_up(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    """Union, intersection and difference are those of the moments."""
    whole = Period(minute(0), minute(240))
    first, second = joined(periods_of(some)), joined(periods_of(others))
    both, rest = common(first, second), without(first, second, whole)
    for number in range(240):
        in_first = any(start <= number < start + length for start, length in some)
        in_second = any(start <= number < start + length for start, length in others)
        moment = minute(number)
        assert any(p.start <= moment < p.end for p in both) == (in_first and in_second)
        assert any(p.start <= moment < p.end for p in rest) == (in_first and not in_second)
