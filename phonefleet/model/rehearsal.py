"""What a rehearsal on simulated twins predicts. Times are UTC, by the rehearsed run's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode, Verdict, WaveVerdict
from phonefleet.model.fact import Fact
from phonefleet.model.spoken_time import spoken

UNKNOWABLE = (
    "whether credentials are right: client secrets, Twilio's AuthTokens, keys of gateways and of Actions",
    "what carriers, Twilio and gateways refuse: numbers, senders, countries, content, limits of an account",
    "what changes in a tenant until the migration",
    "whether Auth0 closes the legacy endpoints for good at the switch, so that a rollback fails",
    "approvals by people, checks of other services, and notifications: a rehearsal leaves them out",
)
"""What no twin can know, as the report lists it, besides `assumed_rates`."""


def assumed_rates(
    messages_per_day: float, build: timedelta, log_lag: timedelta, *, has_latency: bool
) -> tuple[str, ...]:
    """Return the rates and times that a rehearsal assumed, as the report lists them.

    Args:
        messages_per_day: of each way of sending.
        build: of an Action, with its deployment.
        log_lag: until a log entry can be read.
        has_latency: whether the twins answered as slowly as in recorded exchanges.
    """
    answers = (
        "they took as long as in recorded exchanges, 0.23 s for a read in the median"
        if has_latency
        else "they came at once"
    )
    return (
        f"how many messages users request: {messages_per_day:g} a day are assumed for each way of sending",
        f"how fast Auth0 answers on that day: {answers}",
        f"how long Actions and logs take: {spoken(build)} is assumed for a build with its deployment, "
        f"{spoken(log_lag)} for a log entry",
    )


class RehearsedTenant(Fact):
    """The prediction for one tenant.

    Attributes:
        plan_checksum: of the plan that the tenant has; empty for none.
        same_plan: whether the twin was migrated by exactly that plan, but for stand-ins of secrets.
        differs: fields in which the twin's first snapshot differs from the tenant's last one.
        rolled_back: how its rollback ended; None where none was rehearsed.
        not_restored: fields that the rollback left different.
    """

    domain: str
    wave: str = ""
    batch: int | None = None
    owner: str = ""
    region: str = ""
    verdict: Verdict | None = None
    outcome: OutcomeKind | None = None
    reason: ReasonCode | None = None
    message: str = ""
    plan_checksum: str = ""
    same_plan: bool = False
    differs: tuple[str, ...] = ()
    rolled_back: OutcomeKind | None = None
    rollback_reason: ReasonCode | None = None
    rollback_message: str = ""
    not_restored: tuple[str, ...] = ()


class RehearsedBatch(Fact):
    """How a batch ended, and why its wave stopped."""

    wave: str
    batch: int
    planned: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: WaveVerdict | None = None
    reason: str = ""


class RehearsedDecision(Fact):
    """What the run decided about a batch."""

    at: datetime
    wave: str
    batch: int
    kind: DecisionKind
    message: str


class LockOut(Fact):
    """Users of a tenant who would get no messages: from `since` until `until`, None for to the end."""

    domain: str
    use: str
    since: datetime
    until: datetime | None = None
    reason: str = ""


class Rehearsal(Fact):
    """A rehearsal as a whole.

    Attributes:
        id: its id.
        by: who rehearsed.
        faults: the injected faults, as JSON; `{}` for none.
        started_at, ended_at: of the migration.
        requests: how many requests the twins got.
        writes: how many of them wrote.
        messages_per_day: how many messages users of each way of sending are taken to request.
        rate_limits: whether the twins had the rate limits of their tiers.
        killed: how often the process was killed.
        exit_code: of the migration.
        locked_out: users who would lose their messages.
        silent_before: users who get none already, by domain.
        reports: the folder of the twins' own reports.
    """

    id: str
    fleet: str
    fleet_checksum: str
    by: str
    phonefleet: str
    faults: str = "{}"
    started_at: datetime
    ended_at: datetime
    requests: int = 0
    writes: int = 0
    messages_per_day: float = 0.0
    rate_limits: bool = True
    killed: int = 0
    exit_code: int = 0
    tenants: tuple[RehearsedTenant, ...]
    batches: tuple[RehearsedBatch, ...] = ()
    decisions: tuple[RehearsedDecision, ...] = ()
    locked_out: tuple[LockOut, ...] = ()
    silent_before: tuple[str, ...] = ()
    reports: str = ""
    unknowable: tuple[str, ...] = UNKNOWABLE


class RehearsalMark(Fact):
    """That a plan was rehearsed, as the audit has it."""

    checksum: str
    by: str
    at: datetime
    rehearsal: str
    outcome: OutcomeKind
    faults: str = "{}"


def is_rehearsed(marks: Sequence[RehearsalMark]) -> bool:
    """Whether a plan with these marks counts as rehearsed: in one rehearsal its twin was migrated."""
    return any(mark.outcome is OutcomeKind.MIGRATED for mark in marks)
