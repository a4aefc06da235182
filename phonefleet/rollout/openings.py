"""When a tenant may be changed: its windows, its freezes, the earliest and the latest time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from configs import FrozenPeriod, Rollout, Selectable, Wave, Window
from phonefleet.rollout.windows import Period, common, joined, open_periods, without

HORIZON = timedelta(days=400)
"""How far ahead an opening is looked for: more than a year, so that a yearly window is found."""


@dataclass(frozen=True, slots=True)
class TenantTimes:
    """What says when a tenant may be changed. Tenants with the same rules share one value.

    Attributes:
        windows: Of each group, one window must be open.
        frozen: When it is not changed.
        not_before: The earliest moment, aware UTC.
        deadline: When it must be finished, aware UTC.
    """

    windows: tuple[tuple[Window, ...], ...] = ()
    frozen: tuple[Period, ...] = ()
    not_before: datetime | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A time in which a tenant may be changed; `closes` is None where no end is known."""

    opens: datetime
    closes: datetime | None

    def left(self, now: datetime) -> timedelta | None:
        """Return how much of it is left; None without an end, zero before it opens."""
        if now < self.opens:
            return timedelta()
        return None if self.closes is None else max(timedelta(), self.closes - now)


def times_of(
    tenant: Selectable, wave: Wave, rollout: Rollout, freezes: Iterable[FrozenPeriod]
) -> TenantTimes:
    """Return the rules for one tenant: those of its wave and those of the fleet that select it."""
    of_fleet = tuple(window.unselective for window in rollout.windows if window.match.selects(tenant))
    groups = tuple(group for group in (wave.windows, of_fleet) if group)
    frozen = tuple(Period(f.start, f.end) for f in freezes if f.match.selects(tenant))
    not_before = [m for m in (wave.not_before, rollout.not_before) if m]
    deadlines = [m for m in (wave.deadline, rollout.deadline) if m]
    return TenantTimes(groups, frozen, max(not_before, default=None), min(deadlines, default=None))


def next_opening(times: TenantTimes, now: datetime, need: timedelta) -> Opening | None:
    """Return the first opening from now on of which at least `need` is left.

    Returns:
        The opening, which may be open already; None if there is none within `HORIZON`.
    """
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    for period in _openings(times, today):
        if period.end - max(period.start, now) >= need:
            endless = period.end >= today + HORIZON
            return Opening(period.start, None if endless else period.end)
    return None


def is_late(times: TenantTimes, now: datetime, need: timedelta) -> bool:
    """Return whether only the deadline keeps the tenant from another opening."""
    return times.deadline is not None and next_opening(replace(times, deadline=None), now, need) is not None


@lru_cache(maxsize=512)
def _openings(times: TenantTimes, start: datetime) -> tuple[Period, ...]:
    """Return every opening within the horizon, in order."""
    within = Period(start, start + HORIZON)
    allowed = [Period(max(start, times.not_before or start), min(within.end, times.deadline or within.end))]
    allowed = [period for period in allowed if period.start < period.end]
    for group in times.windows:
        allowed = common(allowed, joined(p for window in group for p in open_periods(window, within)))
    return tuple(without(allowed, times.frozen, within))
