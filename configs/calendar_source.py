"""Read the freezes of an iCalendar file (RFC 5545), its recurring events included."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from configs.bounded_files import FileRefused, read_bounded
from configs.windows import Freeze, FrozenPeriod, local_span

_LARGEST_FILE: Final = 4 * 2**20
_MOST_EVENTS: Final = 10_000
_BEGIN: Final = re.compile(rb"^(?:\xef\xbb\xbf)?BEGIN:VCALENDAR\s*$", re.IGNORECASE | re.MULTILINE)
_PARTS_OF_DAYS: Final = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


class CalendarProblem(ValueError):
    """The file cannot be used; the message says why, without the file's content."""


def read_freezes(path: Path, freeze: Freeze, start: datetime, end: datetime) -> list[FrozenPeriod]:
    """Return the times that the calendar's events freeze, from `start` to `end`, in their order.

    Args:
        path: The file.
        freeze: Whose tenants it is for; its time zone is that of dates and of times without one.
        start: The begin of the time that is read, aware.
        end: Its end.

    Raises:
        CalendarProblem: It cannot be read, is no calendar, or has too many events.
    """
    try:
        content = read_bounded(path, _LARGEST_FILE)
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except FileRefused as refused:
        raise CalendarProblem(refused.fact) from refused
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CalendarProblem("is not an iCalendar file") from error
    if not calendars:
        raise CalendarProblem("has no calendar")
    if len(calendars) != len(_BEGIN.findall(content)):
        # The library leaves out what has no end, as in a file that was not written to its end.
        raise CalendarProblem("has a calendar that does not end")
    found: list[FrozenPeriod] = []
    for calendar in calendars:
        found += _expanded(calendar, freeze, start, end)
    return sorted(found, key=lambda period: period.start)


def _expanded(
    calendar: icalendar.Component, freeze: Freeze, start: datetime, end: datetime
) -> list[FrozenPeriod]:
    found: list[FrozenPeriod] = []
    try:
        _refuse_frequent(calendar)
        _refuse_unknown_zones(calendar)
        for event in recurring_ical_events.of(calendar).after(start):
            first, last = _local(event.start, freeze), _local(event.end, freeze)
            if _aware(first, freeze) >= end or len(found) > _MOST_EVENTS:
                break
            ends_at_once = first == last and isinstance(first, datetime)
            if str(event.get("STATUS", "")).upper() == "CANCELLED" or ends_at_once:
                continue
            span = _span(first, last, freeze.timezone)
            reason = freeze.reason or str(event.get("SUMMARY", ""))
            found.append(FrozenPeriod(match=freeze.match, start=span[0], end=span[1], reason=reason))
    except CalendarProblem:
        raise
    except Exception as error:
        # Whatever the library meets in a broken event: a freeze that is not understood must not be left out.
        raise CalendarProblem(f"has an event that cannot be understood ({type(error).__name__})") from error
    if len(found) > _MOST_EVENTS:
        raise CalendarProblem(f"has more than {_MOST_EVENTS:,} events until {end:%Y-%m-%d}")
    return found


def _refuse_frequent(calendar: icalendar.Component) -> None:
    """Refuse what would take minutes to expand; a freeze that repeats within a day is a mistake."""
    events = calendar.walk("VEVENT")
    if len(events) > _MOST_EVENTS:
        raise CalendarProblem(f"has more than {_MOST_EVENTS:,} events")
    for event in events:
        given = event.get("RRULE", [])
        for rule in given if isinstance(given, list) else [given]:
            frequency = "".join(str(value) for value in rule.get("FREQ", [])).upper()
            if frequency not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"} or _PARTS_OF_DAYS & {*rule}:
                raise CalendarProblem("has an event that repeats more often than daily")


def _refuse_unknown_zones(calendar: icalendar.Component) -> None:
    """Refuse times in a zone that neither the file nor the database of zones has: they would freeze other hours."""
    for event in calendar.walk("VEVENT"):
        for name, value in event.property_items(recursive=False):
            times = getattr(value, "dts", [value]) if "TZID" in getattr(value, "params", ()) else []
            for moment in (getattr(each, "dt", None) for each in times):
                first = moment[0] if isinstance(moment, tuple) else moment
                if isinstance(first, datetime) and first.tzinfo is None:
                    raise CalendarProblem(f"has an event whose {name} is in an unknown time zone")


def _local(moment: date | datetime, freeze: Freeze) -> date | datetime:
    """Return a calendar's moment: a date, or a time in its own zone or that of the freeze."""
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=ZoneInfo(freeze.timezone))
    return moment


def _aware(moment: date | datetime, freeze: Freeze) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), ZoneInfo(freeze.timezone))


def _span(first: date | datetime, last: date | datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the UTC span of an event; the end of an event of whole days is the day after the last one.

    Some programs write the same day as begin and end of an event of one day.
    """
    if not isinstance(last, datetime):
        last = max(first, last - timedelta(days=1))
    return local_span(first, last, timezone)
