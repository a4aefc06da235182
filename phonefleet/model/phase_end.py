"""What a phase of a run came to for one tenant, as the ledger keeps it for the process that decides."""

from __future__ import annotations

from datetime import datetime

from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.fact import Fact
from phonefleet.model.outcome import Outcome
from phonefleet.model.ownership import LoggedWrite


class PendingApproval(Fact):
    """A plan that a blocked tenant would have if these reasons were accepted; the ledger has the plan."""

    checksum: str
    codes: tuple[ReasonCode, ...]


class PhaseResult(Fact):
    """One type for all phases; a phase sets only what it finds.

    Attributes:
        text: what people read: a verdict, what is wrong with a tenant's health.
        kind: the outcome that the phase led to; None where it led to none.
        reason: of that outcome.
        message: of that outcome.
        verified: whether test messages are known to be delivered.
        began_at: when the phase began for the tenant, by the clock of its machine.
        seconds: how long it took, by the clock of the run.
        pending: the plan that waits for an approval.
        writes: who wrote the tenant's phone settings.
    """

    text: str = ""
    kind: OutcomeKind | None = None
    reason: ReasonCode | None = None
    message: str = ""
    verified: bool = True
    began_at: datetime | None = None
    seconds: float = 0.0
    pending: PendingApproval | None = None
    writes: tuple[LoggedWrite, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that the phase led to."""
        return Outcome(self.kind, self.reason, self.message) if self.kind is not None else None

    @property
    def shown(self) -> str:
        """What the progress shows."""
        if self.text or self.kind is None:
            return self.text
        return f"{self.kind}, {self.reason}" if self.reason else str(self.kind)


def ended_as(outcome: Outcome) -> PhaseResult:
    """Return the result of a phase that led to an outcome."""
    return PhaseResult(kind=outcome.kind, reason=outcome.reason, message=outcome.message)


class PhaseEnd(PhaseResult):
    """A recorded result of a tenant's phase; `number` is that of the record."""

    domain: str
    number: int
