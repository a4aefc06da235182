"""The state of a wave: counted while it runs, and restored from the ledger when a run is continued. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from phonefleet.model.enums import (
    DecisionKind,
    Operation,
    OutcomeKind,
    ReasonCode,
    Verdict,
    WaveVerdict,
)
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import StepRecord, StepResult, TenantOutline, WaveDecision
from phonefleet.model.verdict_groups import HOLDS_LATER_WAVES


@dataclass(slots=True)
class UnfinishedBatch:
    """A batch that was started and not finished, because its run died.

    Attributes:
        switched: Its switched tenants, and when each switch began, aware UTC.
        ended_at: When its last tenant was finished, aware UTC; its soak began then.
    """

    switched: dict[str, datetime] = field(default_factory=dict)
    ended_at: datetime | None = None

    def remaining_soak(self, soak: timedelta, now: datetime) -> timedelta:
        """Return the part of a soak that is left."""
        return max(timedelta(), (self.ended_at or now) + soak - now)


@dataclass(slots=True)
class WaveState:
    """The state of a wave over all its batches.

    Attributes:
        tenants: All its tenants, also those that need no change.
        size: Those to be changed; tolerances are of these.
        failed: Of those, failed or rolled back.
        inconclusive: Of those, without verification.
        switched: Switched tenants, by this run or an earlier one; in a run that only prepares, prepared ones.
        waiting: Tenants that wait for a person or another run, counted by verdict or outcome.
        stopped: Why nothing more of it may start; empty while it may.
        unfinished: By number, the batches that a run left when it died.
        switched_at: The tenants that this run switched, and when each switch began, aware UTC.
        judged: Of those, the tenants whose health this process has looked at.
        unhealthy: Of those, the ones that were not healthy at the last look.
        unrecorded: Outcomes of switched tenants that are final only once the wave's gate has passed.
        opened: Whether the gate before it let it begin, since the process began.
        failed_gate: Why a gate of it failed; empty while none did.
        rolls_back: Whether an earlier process of the run began to roll it back because a gate failed, and died.
        halted: Why later waves are held whatever `on_gate` says: tenants missed their window, or it was paused for too
            long; empty while they may follow.
        approved_until: Until when its approval lets it begin; None while it has none.
        void: Tenants that its approval does not cover.
    """

    tenants: int = 0
    size: int = 0
    failed: int = 0
    inconclusive: int = 0
    switched: int = 0
    waiting: Counter[Verdict | OutcomeKind] = field(default_factory=Counter)
    stopped: str = ""
    unfinished: dict[int, UnfinishedBatch] = field(default_factory=dict)
    switched_at: dict[str, datetime] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    unhealthy: set[str] = field(default_factory=set)
    unrecorded: dict[str, Outcome] = field(default_factory=dict)
    opened: bool = False
    failed_gate: str = ""
    rolls_back: bool = False
    halted: str = ""
    approved_until: datetime | None = None
    void: set[str] = field(default_factory=set)

    def add_outcome(self, outcome: Outcome) -> None:
        """Count one tenant's outcome."""
        self.failed += outcome.kind in (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)
        self.inconclusive += outcome.kind is OutcomeKind.INCONCLUSIVE
        self.switched += outcome.kind is OutcomeKind.PREPARED
        if outcome.kind is OutcomeKind.HELD and outcome.reason is not ReasonCode.NOT_SELECTED:
            self.waiting[outcome.kind] += 1

    def note_health(self, looked_at: Iterable[str], unhealthy: Collection[str]) -> None:
        """Note which tenants a look at their health found not healthy."""
        self.judged |= (looked := set(looked_at))
        self.unhealthy = (self.unhealthy - looked) | set(unhealthy)

    def why_later_waves_wait(self, name: str) -> str:
        """Return why later waves may not follow: tenants wait and none is switched. Empty when they may.

        A wave without tenants to change, for example without phone messaging, holds no later wave back; its
        tolerance has judged its failures.
        """
        if self.switched or not self.waiting:
            return ""
        waiting = ", ".join(f"{count} {kind}" for kind, count in sorted(self.waiting.items()))
        return (
            f"wave {name} verifies nothing: none of its {self.tenants} tenants is switched ({waiting}), so later waves "
            "are held: correct these and migrate again, or continue with a later wave by its name (--wave NAME)"
        )


def wave_states(run: RunOutline, going_on: Collection[str] = ()) -> dict[str, WaveState]:
    """Return the state of each wave by its name, as the ledger has it.

    Args:
        run: The run.
        going_on: The waves whose failed gates stop nothing (`on_gate: continue`). Such a failure counts to the end of
            the run, also if the run is continued.
    """
    switch_started = _switch_starts(run.switches)
    states: dict[str, WaveState] = {}
    for wave in run.waves:
        state = states.setdefault(wave.wave, WaveState())
        if wave.verdict is WaveVerdict.STOPPED:
            state.stopped = wave.reason
        if wave.started_at and not wave.ended_at:
            state.unfinished[wave.batch] = UnfinishedBatch()
    for decision in run.decisions:
        if (decided := states.get(decision.wave)) is None:
            continue
        if decision.kind is DecisionKind.GATE_FAILED and (decided.stopped or decision.wave in going_on):
            decided.failed_gate = decision.message
        if decision.kind is DecisionKind.MISSED:
            decided.halted = decision.message
        if decision.kind is DecisionKind.ROLLED_BACK and decided.unfinished:
            _go_on_rolling_back(decided, run, decision)
    for tenant in run.tenants:
        state = states.setdefault(tenant.wave, WaveState())
        _add_tenant(state, tenant, switch_started.get(tenant.domain), run.started_at)
    return states


def _go_on_rolling_back(state: WaveState, run: RunOutline, decided: WaveDecision) -> None:
    """Restore why a wave is rolled back, whatever its gate would say now: some of its tenants are rolled back."""
    failed = [d for d in run.decisions if d.kind is DecisionKind.GATE_FAILED and d.wave == decided.wave]
    state.rolls_back = True
    state.failed_gate = failed[-1].message if failed else decided.message
    state.stopped = state.stopped or state.failed_gate


def _add_tenant(
    state: WaveState, tenant: TenantOutline, switch_started: datetime | None, run_started: datetime
) -> None:
    state.tenants += 1
    state.size += tenant.batch is not None
    if tenant.outcome is None:
        return
    state.add_outcome(Outcome(tenant.outcome, tenant.outcome_reason))
    if tenant.outcome is OutcomeKind.SKIPPED and tenant.verdict in HOLDS_LATER_WAVES:
        state.waiting[tenant.verdict] += 1
    switched = tenant.outcome is OutcomeKind.MIGRATED or (
        tenant.outcome is OutcomeKind.INCONCLUSIVE and switch_started is not None
    )
    state.switched += switched or tenant.outcome is OutcomeKind.UNCHANGED
    if switched:
        state.switched_at[tenant.domain] = switch_started or tenant.started_at or run_started
    unfinished = state.unfinished.get(tenant.batch) if tenant.batch is not None else None
    if unfinished is None:
        return
    if switched:
        unfinished.switched[tenant.domain] = state.switched_at[tenant.domain]
    unfinished.ended_at = max(filter(None, (unfinished.ended_at, tenant.ended_at)), default=None)


def half_switched(run: RunOutline, *, may_be: bool = False) -> set[str]:
    """Return the tenants without an outcome of which a switch was done and is not reverted.

    Args:
        run: The run.
        may_be: Whether a switch counts too of which it is not known yet whether it was done.
    """
    without_effect = {StepResult.FAILED, StepResult.NOT_APPLIED, *([] if may_be else [None])}
    begun: dict[str, set[str]] = {}
    for step in run.switches:
        keys = begun.setdefault(step.domain, set())
        if step.operation is Operation.APPLY:
            keys |= {step.key} if step.result not in without_effect else set()
        elif step.result in (StepResult.DONE, StepResult.ALREADY):
            keys.discard(step.key)
    return {t.domain for t in run.tenants if t.outcome is None and begun.get(t.domain)}


def _switch_starts(switches: Iterable[StepRecord]) -> dict[str, datetime]:
    """Return when each tenant's first effective switch was started."""
    starts: dict[str, datetime] = {}
    for step in switches:
        if step.operation is Operation.APPLY and step.result in (StepResult.DONE, StepResult.ALREADY):
            starts.setdefault(step.domain, step.intended_at)
    return starts
