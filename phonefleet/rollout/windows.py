"""Which moments are within maintenance windows. Pure.

A window is defined by clocks on the wall, so that daylight saving needs no rule of its own: a moment is in the window
if a clock in its time zone shows such a time then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from configs import Weekday, Window

_DAY = timedelta(days=1)
_DAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` until before `end`; both aware, in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


def is_open(window: Window, moment: datetime) -> bool:
    """Return whether a moment is within the window, by its own clocks."""
    local = moment.astimezone(ZoneInfo(window.timezone))
    minutes = local.hour * 60 + local.minute
    if window.opens < window.closes:
        return window.opens <= minutes < window.closes and _DAYS[local.weekday()] in window.days
    if minutes >= window.opens:
        return _DAYS[local.weekday()] in window.days
    return minutes < window.closes and _DAYS[local.weekday() - 1] in window.days


def open_periods(window: Window, within: Period) -> list[Period]:
    """Return the times in which a window is open, in order, apart from each other."""
    marks = sorted(m for m in _marks(window, within) if within.start < m < within.end)
    pieces = pairwise([within.start, *marks, within.end])
    return joined(Period(start, end) for start, end in pieces if is_open(window, start))


def _marks(window: Window, within: Period) -> Iterator[datetime]:
    """Yield every moment at which the window may open or close: its own times, and when clocks are changed."""
    zone = ZoneInfo(window.timezone)
    day = datetime.combine(within.start.astimezone(zone).date(), time()) - _DAY
    last = datetime.combine(within.end.astimezone(zone).date(), time()) + _DAY
    while day <= last:
        for minutes in (window.opens, window.closes):
            local = (day + timedelta(minutes=minutes)).replace(tzinfo=zone)
            yield local.astimezone(UTC)
            yield local.replace(fold=1).astimezone(UTC)
        yield from _clock_changes(zone, day.replace(tzinfo=UTC), day.replace(tzinfo=UTC) + _DAY)
        day += _DAY


def _clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the moment between two at which the zone's offset changes, to the second."""

    def offset(moment: datetime) -> timedelta | None:
        return moment.astimezone(zone).utcoffset()

    if (before := offset(start)) == offset(end):
        return
    while end - start > timedelta(seconds=1):
        middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
        start, end = (middle, end) if offset(middle) == before else (start, middle)
    yield end


def joined(periods: Iterable[Period]) -> list[Period]:
    """Return the same times as few periods, in order."""
    result: list[Period] = []
    for period in sorted(periods):
        if result and period.start <= result[-1].end:
            result[-1] = Period(result[-1].start, max(result[-1].end, period.end))
        elif period.length:
            result.append(period)
    return result


def common(some: Iterable[Period], others: Iterable[Period]) -> list[Period]:
    """Return the times that are in both; each of the two is in order and without overlaps."""
    first, second = list(some), list(others)
    result: list[Period] = []
    i = j = 0
    while i < len(first) and j < len(second):
        start = max(first[i].start, second[j].start)
        end = min(first[i].end, second[j].end)
        if start < end:
            result.append(Period(start, end))
        if first[i].end <= second[j].end:
            i += 1
        else:
            j += 1
    return result


def without(periods: Iterable[Period], removed: Iterable[Period], within: Period) -> list[Period]:
    """Return the times that are in `periods` and not in `removed`, within a period."""
    gaps: list[Period] = []
    at = within.start
    for each in joined(removed):
        if each.start > at:
            gaps.append(Period(at, min(each.start, within.end)))
        at = max(at, each.end)
    if at < within.end:
        gaps.append(Period(at, within.end))
    return common(periods, [gap for gap in gaps if gap.start < gap.end])
