"""What a run left behind, as the ledger tells it: the only source of every report."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import Operation, OutcomeKind, ReasonCode, StepKind
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Fact


class TenantRecord(Fact):
    """One tenant in one run."""

    domain: str
    wave: str = ""
    batch: int | None = None
    environment: str = ""
    region: str = ""
    tier: str = ""
    owner: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    assessment: Assessment | None = None
    plan: Plan | None = None
    plan_checksum: str = ""
    outcome: OutcomeKind | None = None
    """None while the run goes on, or when the verb changes nothing (assess, plan)."""
    outcome_reason: ReasonCode | None = None
    outcome_message: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class StepRecord(Fact):
    """One intent and, once it is known, its outcome."""

    domain: str
    intent_id: int
    plan_checksum: str
    index: int
    operation: Operation = Operation.APPLY
    kind: StepKind
    target: str = ""
    """What of the tenant the step changes: a template's type, a connection's id, a delivery method."""
    key: str
    title: str
    intended_at: datetime
    result: str | None = None
    """`done`, `already` (found done, nothing written), `failed`, `not_applied` (settled: it never arrived),
    `unknown` (a test message that may have gone out), None (open)."""
    ended_at: datetime | None = None
    attempts: int = 0
    """Write requests sent over the wire, retries of the transport included."""
    detail: str = ""


class MessageRecord(Fact):
    """A test message. Times are UTC; `to` is masked but for its last two digits."""

    domain: str
    delivery_method: str
    to: str
    sent_at: datetime
    evidence: str
    """`delivered`, `failed`, `none` (no log entry in time), `unknown` (whether it was sent is not known)."""
    log_id: str = ""
    log_type: str = ""
    seen_at: datetime | None = None


class WaveRecord(Fact):
    """One batch of a wave. `verdict` is `passed`, `stopped`, or None while it goes on or when it never started."""

    wave: str
    batch: int
    planned: int
    failure_tolerance: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: str | None = None
    reason: str = ""


class DriftRecord(Fact):
    """A field of a tenant that a run of `compliance` found changed. Times are UTC."""

    domain: str
    field: str
    expected: str
    """As the last change by phonefleet left it, or as the last run of another verb judged it."""
    found: str
    expected_at: datetime
    """When it was left so, or judged so."""
    first_found_at: datetime
    """When the first of the runs of `compliance` in a row that found the tenant drifted said so."""


class RunRecord(Fact):
    """One run of one verb over one fleet; every tenant of the fleet exactly once in `tenants`."""

    run_id: str
    verb: str
    fleet: str
    phonefleet: str
    started_at: datetime
    ended_at: datetime | None = None
    started_by: str = ""
    exit_code: int | None = None
    verdict: str = ""
    """`complete`, `stopped`, `failed`, or empty while it goes on."""
    tenants: tuple[TenantRecord, ...]
    steps: tuple[StepRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    waves: tuple[WaveRecord, ...] = ()
    drift: tuple[DriftRecord, ...] = ()
    """Only of `compliance`."""
