"""What the ledger answers beyond the records that reports read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from phonefleet.model.enums import OutcomeKind
from phonefleet.model.run_record import MessageRecord, StepRecord
from phonefleet.model.snapshot import Fact, Snapshot


class SnapshotMoment(StrEnum):
    """When a kept snapshot was taken."""

    BEFORE = "before"
    AFTER = "after"
    ROLLED_BACK = "rolled_back"


class StepResult(StrEnum):
    """What became of an intent."""

    DONE = "done"
    ALREADY = "already"
    """Found done: nothing was written."""
    FAILED = "failed"
    """Auth0 refused it."""
    NOT_EFFECTIVE = "not_effective"
    """Auth0 accepted it, and no read showed an effect in time: the effect may come late."""
    NOT_APPLIED = "not_applied"
    """Settled later: the write never arrived."""
    UNKNOWN = "unknown"
    """Settled without knowing: a test message that may have gone out."""


class MessageEvidence(StrEnum):
    """What the tenant's logs say about a test message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    NONE = "none"
    UNKNOWN = "unknown"


class Lease(Fact):
    """The right to write to one tenant until `expires_at`.

    `fence` grows by one with each acquisition of the domain and never starts again.
    """

    domain: str
    holder: str
    run_id: str
    fence: int
    acquired_at: datetime
    expires_at: datetime


class LeaseConflict(Fact):
    """Why a lease was not given or not renewed. `held` is the lease in the way, None without one."""

    domain: str
    held: Lease | None
    message: str

    def __str__(self) -> str:
        """The message, which names the domain."""
        return self.message


class IntentRecord(StepRecord):
    """An intent with everything that resuming and undoing it needs."""

    run_id: str
    holder: str
    fence: int
    request: JsonValue = None


class MessageEntry(MessageRecord):
    """A test message with its intent; `settled` tells whether that intent has its result."""

    run_id: str
    intent_id: int
    settled: bool


class SnapshotRecord(Fact):
    """A kept snapshot; `at` is when it was recorded, the snapshot says when it was taken."""

    run_id: str
    domain: str
    moment: SnapshotMoment
    at: datetime
    snapshot: Snapshot


class Approval(Fact):
    """Somebody's yes to the plan, of one tenant or of a fleet, that has this checksum."""

    checksum: str
    by: str
    at: datetime
    scope: str = ""
    note: str = ""


class RunSummary(Fact):
    """A run in one line. `ended_at` is None while it goes on, and after its process died.

    `holder` is the process that is at work on it now, empty when none is; `options` is what the operator asked for.
    """

    run_id: str
    verb: str
    fleet: str
    phonefleet: str
    started_at: datetime
    started_by: str = ""
    ended_at: datetime | None = None
    verdict: str = ""
    exit_code: int | None = None
    tenants: int = 0
    outcomes: dict[OutcomeKind, int] = Field(default_factory=dict)
    open_intents: int = 0
    holder: str = ""
    options: dict[str, JsonValue] = Field(default_factory=dict)


class HistoryEntry(Fact):
    """Something that happened to a tenant. `run_id` is empty for what belongs to no run."""

    at: datetime
    run_id: str = ""
    verb: str = ""
    what: str
    """`run`, `assessed`, `planned`, `started`, `snapshot`, `intent`, `result`, `message`, `evidence`,
    `outcome` or `approval`."""
    text: str
    detail: str = ""
