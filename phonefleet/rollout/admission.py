"""Which tenants of a batch may start now, and when the others may. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from phonefleet.model.enums import ReasonCode
from phonefleet.rollout.caps import CapCounts
from phonefleet.rollout.openings import Opening, TenantTimes, is_late, next_opening


@dataclass(frozen=True, slots=True)
class Admission:
    """What may start now.

    Attributes:
        now: Those that may start, in their order.
        closes: When the first of their openings closes; None where none does.
        later: When the others may start at the earliest, by domain.
        never: Those that may not start any more, and why.
    """

    now: tuple[str, ...]
    closes: datetime | None
    later: Mapping[str, datetime]
    never: Mapping[str, ReasonCode]

    @property
    def next_at(self) -> datetime | None:
        """When the first of the others may start; None if there are none."""
        return min(self.later.values(), default=None)


def admit(
    domains: Iterable[str],
    times: Mapping[str, TenantTimes],
    at: datetime,
    *,
    need: timedelta,
    places: int,
    caps: CapCounts | None = None,
) -> Admission:
    """Choose the tenants that are finished before their opening closes, if each takes at most `need`.

    Args:
        domains: The tenants, in the order in which they are to start.
        times: The rules for each.
        at: Now, aware.
        need: How long a tenant takes at most.
        places: How many tenants are worked on at once.
        caps: The caps of their owners and regions; None where nothing is switched.
    """
    now: list[str] = []
    closes: list[datetime] = []
    later: dict[str, datetime] = {}
    never: dict[str, ReasonCode] = {}
    for domain in domains:
        rules = times[domain]
        opening = next_opening(rules, at, need)
        if opening is None:
            late = is_late(rules, at, need)
            never[domain] = ReasonCode.DEADLINE_PASSED if late else ReasonCode.OUTSIDE_WINDOW
        elif opening.opens > at:
            later[domain] = opening.opens
        elif caps and (allowed := caps.earliest(domain, at, ())) > at:
            later[domain] = allowed
        elif _fits(opening, at, need, places, len(now)) and not (
            caps and caps.earliest(domain, at, now) > at
        ):
            now.append(domain)
            closes += [opening.closes] if opening.closes else []
        else:
            # The tenants before it may be finished sooner, or not be switched; it is asked for again then.
            later[domain] = at
    return Admission(tuple(now), min(closes, default=None), later, never)


def _fits(opening: Opening, at: datetime, need: timedelta, places: int, before: int) -> bool:
    """Return whether a tenant is finished in time that starts after `before` others."""
    left = opening.left(at)
    return left is None or left // need * max(1, places) > before


def remaining_need(need: timedelta, used: timedelta) -> timedelta:
    """Return how long a tenant that was prepared in `used` takes at most until it is verified.

    A quarter of the whole at least, because a tenant that took longer than expected may do so again.
    """
    return max(need - used, need / 4)
