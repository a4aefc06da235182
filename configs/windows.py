"""When tenants may be changed: maintenance windows, freezes, and the earliest and latest time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from configs.matching import Match
from configs.values import (
    ACROSS_KEYS,
    EachOnce,
    NonEmpty,
    PositiveDuration,
    Strict,
    Words,
    WrittenPath,
    wrong,
)

DAY_MINUTES: Final = 24 * 60


class Weekday(StrEnum):
    """A day of the week, in the order of `datetime.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def _day_minutes(data: Any) -> int:
    if type(data) is int:
        return data
    found = re.fullmatch(r"(\d\d?):(\d\d)", data.strip(), re.ASCII) if isinstance(data, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise wrong("is not a time of day", "Write hours and minutes, from 00:00 to 24:00, such as 22:30")
    return minutes


DayTime = Annotated[int, BeforeValidator(_day_minutes)]
"""A time of day as a clock on the wall shows it, in minutes after midnight; 24:00 is the end of the day."""


def _zone(data: str) -> str:
    try:
        ZoneInfo(data)
    except (KeyError, ValueError, OSError):
        raise wrong(
            "is not a time zone of the IANA database", "Write a name such as Europe/Berlin or UTC"
        ) from None
    return data


TimeZone = Annotated[NonEmpty, AfterValidator(_zone)]
"""The name of a time zone of the IANA database."""


def _moment(data: Any) -> Any:
    try:
        found = datetime.fromisoformat(data.strip()) if isinstance(data, str) else data
    except ValueError:
        found = None
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise wrong(
            "is not a moment with its offset from UTC",
            "Write date, time and offset, such as 2026-12-01T08:00+01:00 or 2026-12-01T07:00Z",
        )
    return found.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""An aware moment, in UTC."""


def _day_or_moment(data: Any) -> Any:
    if not isinstance(data, str):
        return data
    text = data.strip()
    try:
        day = re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)
        return date.fromisoformat(text) if day else datetime.fromisoformat(text)
    except ValueError:
        raise wrong(
            "is neither a date nor a date with a time", "Write 2026-12-20 or 2026-12-20T18:00"
        ) from None


DayOrMoment = Annotated[date | datetime, BeforeValidator(_day_or_moment)]


class Window(Strict):
    """A maintenance window: the time while a clock on the wall shows at least `from` and less than `to`.

    When clocks are set forward, a window lacks the times that they skip. When they are set back, it has the repeated
    times twice.

    Attributes:
        days: The days on which it opens; a window over midnight closes on the day after.
        opens: The key `from`.
        closes: The key `to`; not after `from` for a window over midnight.
        timezone: Whose clocks.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `days` or `match` would open it more often

    days: Annotated[tuple[Weekday, ...], Words, EachOnce] = tuple(Weekday)
    opens: Annotated[DayTime, Field(alias="from", lt=DAY_MINUTES)]
    closes: Annotated[DayTime, Field(alias="to", gt=0)]
    timezone: TimeZone

    @model_validator(mode="after")
    def _not_empty(self) -> Window:
        if self.opens == self.closes:
            advice = "Write 00:00 and 24:00 for the whole day"
            raise wrong("opens and closes at the same time", advice, kind=ACROSS_KEYS)
        return self


class FleetWindow(Window):
    """A maintenance window of the tenants that `match` selects, such as those of a region or an owner."""

    match: Match = Match()

    @property
    def unselective(self) -> Window:
        """The same window without its `match`."""
        return Window.model_validate(
            {"days": self.days, "from": self.opens, "to": self.closes, "timezone": self.timezone}
        )


class Freeze(Strict):
    """A time in which nothing is changed, or a calendar of such times.

    Attributes:
        match: The tenants that it is for; all without keys.
        begins: The key `from`: a date or a local time.
        ends: The key `to`: a date, which is frozen too, or a local time.
        calendar: An iCalendar file instead of both; each of its events that is not cancelled is a freeze.
        timezone: Whose dates and times; also of the calendar's events that have no time zone of their own.
        reason: What people read.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten value would freeze something else

    match: Match = Match()
    begins: Annotated[DayOrMoment | None, Field(alias="from")] = None
    ends: Annotated[DayOrMoment | None, Field(alias="to")] = None
    calendar: WrittenPath | None = None
    timezone: TimeZone
    reason: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Freeze:
        given = (self.begins is not None, self.ends is not None, self.calendar is not None)
        if given not in {(True, True, False), (False, False, True)}:
            raise wrong("must name one time", "Write either `from` and `to`, or `calendar: FILE`")
        if self.begins is not None and self.ends is not None:
            start, end = local_span(self.begins, self.ends, self.timezone)
            if start >= end:
                raise wrong("ends before it begins", "Write a `to` that is not before `from`")
        return self


def local_span(first: date | datetime, last: date | datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the UTC start and end of a span of local dates (the last one included) or local times.

    Where a local time exists twice or not at all, the longer span is taken.
    """
    zone = ZoneInfo(timezone)

    def readings(day: date | datetime, later: timedelta) -> list[datetime]:
        local = day if isinstance(day, datetime) else datetime.combine(day, time()) + later
        if local.tzinfo is not None:
            return [local.astimezone(UTC)]
        return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]

    return min(readings(first, timedelta())), max(readings(last, timedelta(days=1)))


class FrozenPeriod(Strict):
    """A time in which the tenants that `match` selects are not changed, in UTC; `end` is not part of it."""

    match: Match = Match()
    start: datetime
    end: datetime
    reason: str = ""


def _deadline_is_later(not_before: datetime | None, deadline: datetime | None) -> None:
    if not_before is not None and deadline is not None and deadline <= not_before:
        raise wrong(
            "lets nothing start: `deadline` is not after `not_before`",
            "Correct one of them",
            kind=ACROSS_KEYS,
        )


class WaveTimes(Strict):
    """The keys that say when a wave's tenants may be changed.

    Attributes:
        windows: Its maintenance windows; none of them is needed where there are none.
        not_before: Nothing of it starts earlier.
        deadline: Nothing of it starts that would not be finished by then.
    """

    windows: tuple[Window, ...] = ()
    not_before: Moment | None = None
    deadline: Moment | None = None

    @model_validator(mode="after")
    def _some_time_is_left(self) -> Self:
        _deadline_is_later(self.not_before, self.deadline)
        return self


class FleetTimes(Strict):
    """The keys that say when any tenant may be changed, beside those of its wave.

    Attributes:
        windows: A tenant that some of these select is changed only within one of them.
        freezes: When nothing is changed.
        not_before: Nothing starts earlier.
        deadline: Nothing starts that would not be finished by then.
        time_per_tenant: How long a tenant takes at most, from its first write to its verification. None is started
            that has less time left.
    """

    windows: tuple[FleetWindow, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    not_before: Moment | None = None
    deadline: Moment | None = None
    time_per_tenant: PositiveDuration = timedelta(minutes=5)

    @model_validator(mode="after")
    def _some_time_is_left(self) -> Self:
        _deadline_is_later(self.not_before, self.deadline)
        return self
