"""What a wave has come to: counted while it runs, and read off the ledger when a run is continued. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from phonefleet.model.enums import (
    SWITCHES,
    Operation,
    OutcomeKind,
    ReasonCode,
    Verdict,
)
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import RunRecord, StepRecord, StepResult, TenantRecord

_TO_MEND = frozenset({Verdict.BLOCKED, Verdict.BROKEN, Verdict.UNREACHABLE})


@dataclass(slots=True)
class UnfinishedBatch:
    """A batch that was started and not concluded: its run died.

    Attributes:
        switched: Its tenants that stand switched, and when their switch began, aware UTC.
        ended_at: When the last of its tenants was through, aware UTC; its soak began then.
    """

    switched: dict[str, datetime] = field(default_factory=dict)
    ended_at: datetime | None = None

    def rest(self, soak: timedelta, now: datetime) -> timedelta:
        """What is left of a soak."""
        return max(timedelta(), (self.ended_at or now) + soak - now)


@dataclass(slots=True)
class WaveState:
    """What a wave has come to so far, over all its batches.

    Attributes:
        tenants: All of it, those that need no change too.
        size: Those that were to be changed; tolerances are of these.
        failed: Of those, failed or rolled back.
        inconclusive: Of those, without verification.
        switched: Tenants that stand switched, by this run or an earlier one.
        waiting: Tenants that wait for somebody or something: how many by why.
        stopped: Why nothing more may start; empty while it may.
        unfinished: By number, the batches that a run left when it died.
    """

    tenants: int = 0
    size: int = 0
    failed: int = 0
    inconclusive: int = 0
    switched: int = 0
    waiting: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    unfinished: dict[int, UnfinishedBatch] = field(default_factory=dict)

    def count(self, ending: Outcome) -> None:
        """Take one tenant's ending into account."""
        self.failed += ending.kind in (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)
        self.inconclusive += ending.kind is OutcomeKind.INCONCLUSIVE
        if ending.kind is OutcomeKind.HELD and ending.reason is not ReasonCode.NOT_SELECTED:
            self.waiting[str(ending.kind)] += 1

    def shows_nothing(self, name: str) -> str:
        """Why later waves may not follow: nobody in this one was switched, since its tenants wait. Else empty.

        A wave whose tenants are all settled, such as without phone messaging, has nothing to show and holds nobody
        back; what failed in one has been judged by its tolerance.
        """
        if self.switched or not self.waiting:
            return ""
        why = ", ".join(f"{count} {word}" for word, count in sorted(self.waiting.items()))
        return (
            f"wave {name} shows nothing: none of its {self.tenants} tenants stands switched ({why}), so later waves "
            "are held: mend these and migrate again, or go on with a later wave by its name (--wave NAME)"
        )


def states_of(run: RunRecord) -> dict[str, WaveState]:
    """What each wave has come to, by its name: nothing yet but tenants that aren't changed, unless it is continued."""
    thrown = _thrown(run.steps)
    states: dict[str, WaveState] = {}
    for wave in run.waves:
        state = states.setdefault(wave.wave, WaveState())
        if wave.verdict == "stopped":
            state.stopped = wave.reason
        if wave.started_at and not wave.ended_at:
            state.unfinished[wave.batch] = UnfinishedBatch()
    for tenant in run.tenants:
        began = thrown.get(tenant.domain)
        _add(states.setdefault(tenant.wave, WaveState()), tenant, began, tenant.started_at or run.started_at)
    return states


def _add(state: WaveState, tenant: TenantRecord, thrown: datetime | None, begun: datetime) -> None:
    state.tenants += 1
    state.size += tenant.batch is not None
    if tenant.outcome is None:
        return
    state.count(Outcome(tenant.outcome, tenant.outcome_reason))
    verdict = tenant.assessment.verdict if tenant.assessment else None
    if tenant.outcome is OutcomeKind.SKIPPED and verdict in _TO_MEND:
        state.waiting[str(verdict)] += 1
    switched = tenant.outcome is OutcomeKind.MIGRATED or (
        tenant.outcome is OutcomeKind.INCONCLUSIVE and thrown is not None
    )
    state.switched += switched or tenant.outcome is OutcomeKind.UNCHANGED
    left = state.unfinished.get(tenant.batch) if tenant.batch is not None else None
    if left is None:
        return
    if switched:
        left.switched[tenant.domain] = thrown or begun
    left.ended_at = max(filter(None, (left.ended_at, tenant.ended_at)), default=None)


def _thrown(steps: Iterable[StepRecord]) -> dict[str, datetime]:
    """When the first switch of each tenant was begun that took effect."""
    found: dict[str, datetime] = {}
    for step in steps:
        applied = step.operation is Operation.APPLY and step.result in (StepResult.DONE, StepResult.ALREADY)
        if applied and step.kind in SWITCHES:
            found.setdefault(step.domain, step.intended_at)
    return found
