"""What the ledger returns: runs with their tenants, steps and messages, which reports read, and its other records."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import (
    DecisionKind,
    Operation,
    OutcomeKind,
    ReasonCode,
    Receipt,
    RunVerdict,
    StepKind,
    Verdict,
    WaveVerdict,
)
from phonefleet.model.fact import Fact
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.wave_forecast import WaveForecast


class SnapshotMoment(StrEnum):
    """When a snapshot was taken: before or after a change, or after its rollback."""

    BEFORE = "before"
    AFTER = "after"
    ROLLED_BACK = "rolled_back"


class StepResult(StrEnum):
    """The result of an intent."""

    DONE = "done"
    ALREADY = "already"
    """A read found it done: nothing was written."""
    FAILED = "failed"
    """Auth0 refused it."""
    NOT_EFFECTIVE = "not_effective"
    """Auth0 accepted it, and no read showed an effect in time: the effect may come late."""
    NOT_APPLIED = "not_applied"
    """A read found that the write never arrived."""
    UNKNOWN = "unknown"
    """It is not known: a test message that may have been sent, or a write that no read shows."""


class MessageEvidence(StrEnum):
    """What the tenant's logs and Twilio's receipt show of a test message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    NONE = "none"
    """Neither a log entry in time nor a receipt."""
    UNKNOWN = "unknown"
    """It is not known whether the message was sent."""


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
    """None while the run goes on, and for verbs that change nothing (assess, plan)."""
    outcome_reason: ReasonCode | None = None
    outcome_message: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class TenantOutline(Fact):
    """One tenant in one run without its assessment and plan, which take most of the memory."""

    domain: str
    wave: str = ""
    batch: int | None = None
    owner: str = ""
    verdict: Verdict | None = None
    """Of its last assessment; None before the first."""
    plan_checksum: str = ""
    """Of its last plan; empty where it has none."""
    outcome: OutcomeKind | None = None
    outcome_reason: ReasonCode | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def has_plan_now(self) -> bool:
        """Whether its last assessment gave it a plan; an earlier plan of the run does not count."""
        return self.verdict is Verdict.ELIGIBLE and bool(self.plan_checksum)


class StepRecord(Fact):
    """One intent and, once it is known, its result."""

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
    result: StepResult | None = None
    """None while it is open."""
    ended_at: datetime | None = None
    attempts: int = 0
    """Write requests sent over the wire, retries of the transport included."""
    detail: str = ""


class MessageRecord(Fact):
    """A test message. Times are UTC; `to` shows only the last two digits."""

    domain: str
    delivery_method: str
    to: str
    sent_at: datetime
    evidence: MessageEvidence
    log_id: str = ""
    log_type: str = ""
    receipt: Receipt = Receipt.NOT_ASKED
    receipt_sid: str = ""
    """Twilio's SID of the message or call that is ours; empty where that is not known."""
    error_code: str = ""
    """Twilio's code of the error."""
    seen_at: datetime | None = None


class WaveRecord(Fact):
    """One batch of a wave. `verdict` is None before it has ended."""

    wave: str
    batch: int
    planned: int
    failure_tolerance: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: WaveVerdict | None = None
    reason: str = ""


class RunPause(Fact):
    """That a run is paused: by whom, and since when (UTC).

    `seen` is set for a pause that the process which drives the run has seen and passed on to its shards: `by` is the
    reason.
    """

    by: str
    at: datetime
    seen: bool = False


class BatchProgress(Fact):
    """A batch and how its tenants have ended so far."""

    batch: WaveRecord
    outcomes: dict[OutcomeKind, int] = Field(default_factory=dict)

    @property
    def ended(self) -> int:
        """How many of its tenants have an outcome."""
        return sum(self.outcomes.values())


class WaveDecision(Fact):
    """What a run decided about a batch, with the numbers. `at` is UTC."""

    at: datetime
    wave: str
    batch: int
    kind: DecisionKind
    message: str


class ChangedField(Fact):
    """A field of a tenant that a run of `compliance` found changed. Times are UTC."""

    domain: str
    field: str
    expected: str
    """Its value after the last change by phonefleet, or in the last assessment by another verb."""
    found: str
    expected_at: datetime
    """When the expected value was recorded."""
    changed_by: LoggedWrite | None = None
    """The write that changed it, if the tenant's logs show it."""


class DriftRecord(ChangedField):
    """A changed field with the time since when the tenant has drifted."""

    first_found_at: datetime
    """When the tenant was first found drifted, since the last run that found it unchanged."""


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
    verdict: RunVerdict | None = None
    """None while it goes on."""
    tenants: tuple[TenantRecord, ...]
    steps: tuple[StepRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    waves: tuple[WaveRecord, ...] = ()
    decisions: tuple[WaveDecision, ...] = ()
    """What was decided about its batches, oldest first."""
    forecasts: tuple[WaveForecast, ...] = ()
    """What it foresaw of each wave before it changed anything, in the waves' order."""
    revised_forecasts: tuple[WaveForecast, ...] = ()
    """What it foresaw of the later waves when an earlier one had ended."""
    drift: tuple[DriftRecord, ...] = ()


class Lease(Fact):
    """The right to write to one tenant until `expires_at`.

    `fence` grows by one with each acquisition of the domain and never restarts.
    """

    domain: str
    holder: str
    run_id: str
    fence: int
    acquired_at: datetime
    expires_at: datetime


class LeaseConflict(Fact):
    """Why a lease was not acquired or renewed. `held` is the other process's lease, if there is one."""

    domain: str
    held: Lease | None
    message: str

    def __str__(self) -> str:
        """The message, which names the domain."""
        return self.message


class IntentRecord(StepRecord):
    """An intent with everything that recovery and rollback need."""

    run_id: str
    holder: str
    fence: int
    request: JsonValue = None


class MessageEntry(MessageRecord):
    """A test message with its intent; `settled` is whether that intent has its result."""

    run_id: str
    intent_id: int
    settled: bool
    ended_at: datetime | None = None
    """When the intent's result was recorded; None while it is open."""

    @property
    def accepted_by(self) -> datetime:
        """When Auth0 had accepted it at the latest, as far as that is known; its request may wait for a rate limit."""
        return self.ended_at or self.sent_at


class SnapshotRecord(Fact):
    """A recorded snapshot; `at` is when it was recorded, `snapshot.taken_at` when it was taken."""

    run_id: str
    domain: str
    moment: SnapshotMoment
    at: datetime
    snapshot: Snapshot


class VerdictRecord(Fact):
    """A tenant's verdict and when it was recorded."""

    domain: str
    verdict: Verdict
    at: datetime


class Approval(Fact):
    """The approval of the plan that has this checksum."""

    checksum: str
    by: str
    at: datetime
    reasons: tuple[ReasonCode, ...] = ()
    """The reasons that it accepts; empty for a plan that needs no decision."""
    note: str = ""


class ApprovalChannel(StrEnum):
    """Where a wave was approved."""

    TERMINAL = "terminal"
    """On the terminal of the run."""
    COMMAND = "command"
    """By `phonefleet approve-wave`."""
    PREFECT = "prefect"
    """By resuming the suspended flow run in Prefect."""


class WaveApproval(Fact):
    """A person's approval of a wave of one run, bound to the plans that its tenants had."""

    run_id: str
    wave: str
    plans: dict[str, str]
    """The checksum of each tenant's plan, by domain."""
    by: str
    at: datetime
    channel: ApprovalChannel
    os_user: str
    """The operating system's user of the process that recorded it."""
    prefect_user: str = ""
    """The name that the person gave in Prefect; its open-source server knows no users."""
    note: str = ""


class WaveApprovalRequest(Fact):
    """That a run waits for the approval of a wave."""

    run_id: str
    wave: str
    at: datetime
    flow_run: str = ""
    """The flow run of a deployment that is suspended meanwhile; empty where none is."""
    pause_key: str = ""
    """Prefect's key of that suspension."""
    prefect_user: str = ""
    """Who started the flow run, where Prefect knows users."""
    plans: dict[str, str] = Field(default_factory=dict)
    """The checksum of each tenant's plan that the person was shown, by domain."""
    answered: bool = False
    """Whether the wave was approved since."""


class RunSummary(Fact):
    """A run in one line. `ended_at` and `verdict` are None while it goes on, and after its process died.

    `holder` is the process that works on it now, empty if there is none; `options` are the operator's.
    """

    run_id: str
    verb: str
    fleet: str
    phonefleet: str
    started_at: datetime
    started_by: str = ""
    ended_at: datetime | None = None
    verdict: RunVerdict | None = None
    exit_code: int | None = None
    tenants: int = 0
    outcomes: dict[OutcomeKind, int] = Field(default_factory=dict)
    open_intents: int = 0
    holder: str = ""
    options: dict[str, JsonValue] = Field(default_factory=dict)


class HistoryEntry(Fact):
    """An event in a tenant's history. `run_id` is empty for events outside of runs."""

    at: datetime
    run_id: str = ""
    verb: str = ""
    what: str
    """`run`, `assessed`, `planned`, `started`, `snapshot`, `intent`, `result`, `message`, `evidence`,
    `outcome`, `unlock` or `approval`."""
    text: str
    detail: str = ""
