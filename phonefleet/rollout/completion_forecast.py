"""Forecast when a fleet is done, from how long its batches took, and say what the forecast does not know. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from phonefleet.model.tenant_facts import BatchTimes
from phonefleet.model.wave_forecast import WaveForecast
from phonefleet.rollout.tenant_state import TenantPosition, TenantState

LEFT = frozenset({TenantState.READY, TenantState.WAITING_FOR_WAVE})
"""States of the tenants that later migrations change without a person."""


class NotKnown(StrEnum):
    """What a forecast cannot take into account."""

    PACE = "pace"
    """No batch has ended, so how long a tenant takes is not known."""
    PEOPLE = "people"
    """Tenants wait for a person, and how long that takes is not known."""
    UNREAD = "unread"
    """Tenants were not read, so whether they need a migration is not known."""
    CALENDAR = "calendar"
    """When runs are started, and maintenance windows and freezes, are not counted."""


@dataclass(frozen=True, slots=True)
class CompletionForecast:
    """How much work is left, and when it would end.

    Attributes:
        left: Tenants that are ready or wait for their wave.
        per_tenant: How long a tenant took in the batches so far, their soak included; None without an ended batch.
        foreseen: How long the waves with tenants left take by their forecasts, from the earliest to the latest;
            None unless each has one. Windows and soaks are in it.
        measured: Tenants of the batches that this was measured with.
        work: How long the tenants left take at this pace; None where the pace is not known.
        earliest: When they are done if the next run starts now and none waits; None likewise.
        deadline: The last deadline in the fleet file; None without one.
        not_known: What the forecast does not take into account.
    """

    left: int
    per_tenant: timedelta | None
    measured: int
    foreseen: tuple[timedelta, timedelta] | None
    work: timedelta | None
    earliest: datetime | None
    deadline: datetime | None
    not_known: tuple[NotKnown, ...]

    @property
    def is_late(self) -> bool:
        """Whether even the earliest end is after the deadline, or tenants are left after it."""
        return self.deadline is not None and self.earliest is not None and self.earliest > self.deadline


def forecast_completion(
    at: datetime,
    found: Collection[TenantPosition],
    batches: Sequence[BatchTimes],
    waves: Sequence[WaveForecast | None] = (),
    deadline: datetime | None = None,
) -> CompletionForecast:
    """Forecast the end of a fleet's migration.

    Args:
        at: Now, aware UTC.
        found: Where each tenant is.
        batches: Every batch that was started until now.
        waves: What was foreseen of each wave with tenants left; None for a wave of which nothing was.
        deadline: The fleet file's last deadline.
    """
    left = sum(1 for each in found if each.state in LEFT)
    ended = [(batch.tenants, batch.ended_at - batch.started_at) for batch in batches if batch.ended_at]
    measured = sum(tenants for tenants, _ in ended)
    pace = sum((took for _, took in ended), timedelta()) / measured if measured else None
    work = None if pace is None else pace * left
    waits = any(each.state in (TenantState.WAITING_FOR_YOU, TenantState.FAILING) for each in found)
    unread = any(each.state is TenantState.NOT_READ for each in found)
    unknown = (
        (NotKnown.PACE, bool(left) and pace is None),
        (NotKnown.PEOPLE, waits),
        (NotKnown.UNREAD, unread),
        (NotKnown.CALENDAR, bool(left)),
    )
    return CompletionForecast(
        left=left,
        per_tenant=pace,
        measured=measured,
        foreseen=_foreseen(waves),
        work=work,
        earliest=None if work is None else at + work,
        deadline=deadline,
        not_known=tuple(each for each, holds in unknown if holds),
    )


def _foreseen(waves: Sequence[WaveForecast | None]) -> tuple[timedelta, timedelta] | None:
    """Return the earliest and the latest duration of all waves, one after the other; None if one has no forecast."""
    known = [wave for wave in waves if wave]
    if not known or len(known) < len(waves):
        return None
    early = sum((wave.earliest_end - wave.starts_at for wave in known), timedelta())
    # The latest end of a wave counts from the start of the first one, as if all before it were late too.
    late = max(wave.latest_end for wave in known) - min(wave.starts_at for wave in known)
    return early, max(early, late)
