"""Windows, freezes and calendars in a fleet file."""

from datetime import UTC, datetime, timedelta

import pytest

from configs import Weekday
from tests.configs.fleet_texts import fleet_text

NEXT_YEAR = datetime.now(UTC).year + 1
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20251220
DTEND;VALUE=DATE:20260105
RRULE:FREQ=YEARLY
SUMMARY:Holidays
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTAMP:20260101T000000Z
DTSTART:{year}0310T090000
DTEND:{year}0310T120000
SUMMARY:Sale
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTAMP:20260101T000000Z
DTSTART:{year}0601T000000Z
DURATION:PT2H
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""


def text(rollout: str, wave: str = "{name: all}") -> str:
    return fleet_text() + f"waves: [{wave}]\nrollout: {rollout}\n"


def test_windows_are_read(load):
    wave = (
        '{name: all, not_before: "2026-12-01T08:00+01:00", deadline: "2026-12-24T00:00Z", windows: '
        '[{days: fri mon, from: "22:00", to: "24:00", timezone: Europe/Berlin}]}'
    )
    window = '{match: {region: us}, from: "01:00", to: "05:30", timezone: America/New_York}'
    fleet = load(text(f"{{windows: [{window}], time_per_tenant: 10m}}", wave))
    (read,) = fleet.waves[0].windows
    assert (read.days, read.opens, read.closes) == ((Weekday.MON, Weekday.FRI), 22 * 60, 24 * 60)
    assert fleet.waves[0].not_before == datetime(2026, 12, 1, 7, tzinfo=UTC)
    assert fleet.rollout.windows[0].match.region == ("us",)
    assert fleet.rollout.time_per_tenant == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ('{from: "22:00", to: "05:00"}', "timezone"),
        ('{from: "22:00", to: "05:00", timezone: Mars/Olympus}', "is not a time zone"),
        ('{from: "25:00", to: "05:00", timezone: UTC}', "is not a time of day"),
        ('{from: "22:00", to: "22:00", timezone: UTC}', "opens and closes at the same time"),
        ('{from: "22:00", until: "23:00", timezone: UTC}', "Known keys: closes, days, from"),
        ('{from: "22:00", to: "23:00", timezone: UTC, days: [moon]}', "is not a known value"),
        ('{from: "22:00", to: "23:00", timezone: UTC, days: ~}', "has no value"),
    ],
)
def test_a_wrong_window_is_reported(problems, window, words):
    found = problems(text("{}", f"{{name: all, windows: [{window}]}}"))
    words = words.replace("closes, days, from", "days, from, timezone, to")
    assert any(words in str(problem) for problem in found), [str(p) for p in found]


def test_a_freeze_has_its_last_day(load):
    """Dates are whole local days; times are as they are written."""
    freezes = (
        "[{from: 2026-12-20, to: 2026-12-24, timezone: Europe/Berlin, reason: holidays}, "
        '{from: "2026-11-27T08:00", to: "2026-11-27T20:00", timezone: America/New_York, match: {region: us}}]'
    )
    first, second = load(text(f"{{freezes: {freezes}}}")).freezes
    assert (first.start, first.end) == (
        datetime(2026, 12, 19, 23, tzinfo=UTC),
        datetime(2026, 12, 24, 23, tzinfo=UTC),
    )
    assert (second.start, second.end) == (
        datetime(2026, 11, 27, 13, tzinfo=UTC),
        datetime(2026, 11, 28, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("freeze", "words"),
    [
        ("{from: 2026-12-24, to: 2026-12-20, timezone: UTC}", "ends before it begins"),
        ("{from: 2026-12-24, timezone: UTC}", "must name one time"),
        ("{from: 24.12.2026, to: 2026-12-25, timezone: UTC}", "is neither a date"),
        ("{calendar: missing.ics, timezone: UTC}", "missing.ics cannot be read: No such file"),
        ("{calendar: broken.ics, timezone: UTC}", "broken.ics is not an iCalendar file"),
        ("{calendar: often.ics, timezone: UTC}", "repeats more often than daily"),
        ("{calendar: empty.ics, timezone: UTC}", "has no calendar"),
        ("{match: ~, from: 2026-12-24, to: 2026-12-25, timezone: UTC}", "has no value"),
    ],
)
def test_a_wrong_freeze_is_reported(problems, freeze, words):
    often = CALENDAR.format(year=NEXT_YEAR).replace("FREQ=YEARLY", "FREQ=MINUTELY")
    others = {"broken.ics": "no calendar\n", "often.ics": often, "empty.ics": ""}
    found = problems(text(f"{{freezes: [{freeze}]}}"), others)
    assert any(words in str(problem) for problem in found), [str(p) for p in found]


def test_a_calendar_freezes_its_events(load):
    """Recurring, local and whole-day events count; cancelled ones do not."""
    freezes = "[{calendar: freeze.ics, timezone: Europe/Berlin}]"
    others = {"freeze.ics": CALENDAR.format(year=NEXT_YEAR)}
    found = load(text(f"{{freezes: {freezes}}}"), others).freezes
    holidays = [f for f in found if f.reason == "Holidays"]
    assert len(holidays) >= 3
    assert {(f.start.month, f.start.day, f.start.hour) for f in holidays} == {(12, 19, 23)}
    assert {f.end - f.start for f in holidays} == {timedelta(days=16)}
    (sale,) = (f for f in found if f.reason == "Sale")
    assert sale.start == datetime(NEXT_YEAR, 3, 10, 8, tzinfo=UTC)
    assert {f.reason for f in found} == {"Holidays", "Sale"}


def calendar(*lines: str) -> str:
    """A calendar with one event of March 10 next year, and these lines in place of its times where given."""
    begin, end = f"DTSTART:{NEXT_YEAR}0310T090000Z", f"DTEND:{NEXT_YEAR}0310T120000Z"
    times = [] if any(line.startswith("DTSTART") for line in lines) else [begin, end]
    event = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", *times, *lines, "END:VEVENT"]
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", *event, "END:VCALENDAR", ""])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (calendar("RRULE:FREQ=YEARLYY"), "cannot be understood"),
        (calendar("RRULE:FREQ=YEARLY;COUNT=many"), "cannot be understood"),
        (calendar("RDATE:tomorrow"), "cannot be understood"),
        (calendar("EXDATE:tomorrow"), "cannot be understood"),
        (calendar(f"DTSTART:{NEXT_YEAR}1310T090000Z"), "cannot be understood"),
        (calendar(f"DTSTART:{NEXT_YEAR}0310T090000Z", "DURATION:2 hours"), "cannot be understood"),
        (calendar(f"DTSTART;TZID=Mars/Olympus:{NEXT_YEAR}0310T090000"), "DTSTART is in an unknown time zone"),
        (calendar(f"EXDATE;TZID=Mars/Olympus:{NEXT_YEAR}0310T090000"), "EXDATE is in an unknown time zone"),
        (calendar() + calendar()[:-40], "has a calendar that does not end"),
        (calendar()[:-40], "has no calendar"),
        ("BEGIN:VEVENT\n" * 5000, "has no calendar"),
        (calendar("SUMMARY:" + "x" * (4 * 2**20)), "is larger than 4 MiB"),
    ],
)
def test_a_calendar_is_read_whole_or_refused(problems, content, words):
    """A freeze that is not understood is never left out: a tenant would be switched in it."""
    freezes = "[{calendar: freeze.ics, timezone: Europe/Berlin}]"
    found = problems(text(f"{{freezes: {freezes}}}"), {"freeze.ics": content})
    assert any(words in str(problem) for problem in found), [str(p) for p in found]


def test_a_day_that_ends_on_itself_is_frozen(load):
    """Some programs write the same date as begin and end of an event of one day."""
    day = f"DATE:{NEXT_YEAR}0310"
    others = {"freeze.ics": "\ufeff" + calendar(f"DTSTART;VALUE={day}", f"DTEND;VALUE={day}")}
    (found,) = load(text("{freezes: [{calendar: freeze.ics, timezone: UTC}]}"), others).freezes
    assert found.start == datetime(NEXT_YEAR, 3, 10, tzinfo=UTC)
    assert found.end == datetime(NEXT_YEAR, 3, 11, tzinfo=UTC)
