"""What the ledger last recorded about each tenant of a fleet, over all its runs."""

from __future__ import annotations

from datetime import datetime

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.fact import Fact
from phonefleet.model.reason_spec import ReasonEffect
from phonefleet.model.reasons import REASONS
from phonefleet.model.wave_forecast import WaveForecast

NOT_JUDGED = frozenset(
    {
        *(ReasonCode.NOT_SELECTED, ReasonCode.LEASED_ELSEWHERE),
        *(ReasonCode.INTERRUPTED, ReasonCode.WRITE_NOT_SETTLED),
        *(code for code, spec in REASONS.items() if spec.effect is ReasonEffect.FAILS),
    }
)
"""Reasons for which `compliance` held a tenant or was inconclusive about it without a look at it: what it found before
still counts, and other facts say what to do."""


class Reading(Fact):
    """One reading of a tenant. `reasons` are those of its verdict, in the order of the assessment."""

    run_id: str
    at: datetime
    verdict: Verdict
    reasons: tuple[ReasonCode, ...] = ()


class Ending(Fact):
    """How one run ended for a tenant."""

    run_id: str
    verb: str
    at: datetime
    kind: OutcomeKind
    reason: ReasonCode | None = None


class TenantFacts(Fact):
    """What is known of one tenant at one moment.

    Attributes:
        domain: the tenant.
        read: the last reading that succeeded.
        unread: the last attempt to read it, where that failed after `read`.
        changed: how the last run ended that worked on it, other than by holding or skipping it.
        held: how the last migration ended, where it held the tenant; never for a tenant that was not selected.
        checked: how the last run of `compliance` ended that judged the tenant (`NOT_JUDGED`).
        tested: the last of those runs that settled whether its messages go out: one whose test message failed, or one
            that found the tenant as recorded, tested or accepted.
        approved: the reasons that approvals of its plans accept which no run has met yet.
        interrupted: the run that stopped in the middle of it; empty where there is none.
        interrupted_verb: that run's verb.
        switched: whether its last switch was applied and not undone.
        held_by: the run that works on it now; empty where there is none.
    """

    domain: str
    read: Reading | None = None
    unread: Reading | None = None
    changed: Ending | None = None
    held: Ending | None = None
    checked: Ending | None = None
    tested: Ending | None = None
    approved: frozenset[ReasonCode] = frozenset()
    interrupted: str = ""
    interrupted_verb: str = ""
    switched: bool = False
    held_by: str = ""


class BatchTimes(Fact):
    """When a batch of a migration ran, and how many tenants it had. `ended_at` is None while it goes on."""

    run_id: str
    wave: str
    tenants: int
    started_at: datetime
    ended_at: datetime | None = None


class ProgressPoint(Fact):
    """How many tenants were migrated and not rolled back when a run had done its last change of one."""

    run_id: str
    at: datetime
    migrated: int


class MadeForecast(Fact):
    """A forecast of a wave, and when a run made it."""

    at: datetime
    forecast: WaveForecast


class FleetFacts(Fact):
    """What the ledger has about a fleet at one moment: its tenants, and every batch that was started until then.

    `forecasts` has every forecast of its waves, oldest first. `progress` has a point for each run that migrated a
    tenant or rolled one back, oldest first.
    """

    at: datetime
    tenants: tuple[TenantFacts, ...]
    batches: tuple[BatchTimes, ...] = ()
    forecasts: tuple[MadeForecast, ...] = ()
    progress: tuple[ProgressPoint, ...] = ()
