"""One batch of a wave: prepare every tenant, then switch them, within the limits that the fleet file sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from configs import OnGate
from flows.pace import Pace
from flows.pausing import why_paused
from flows.shard_work import is_switched
from flows.shards import run_phase
from flows.tenant_runs import record
from phonefleet.model.enums import DecisionKind, MigrationPhase, OutcomeKind, ReasonCode, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.phase_end import PhaseEnd
from phonefleet.rollout.gates import concurrent_switches, tolerance
from phonefleet.rollout.wave_state import WaveState
from phonefleet.rollout.waves import Batch
from tasks.run_context import RunContext


@dataclass
class BatchRun:
    """A batch while it runs.

    Attributes:
        context: the run.
        batch: the batch.
        wave: what its wave has come to so far.
        pace: when its tenants may start.
        switched: when the switch of each switched tenant began, aware UTC.
        unhealthy: those of them that the last check found not healthy.
        ended: tenants that have their outcome.
        postponed: tenants that did not start because their opening closes too soon; they wait for the next.
    """

    context: RunContext
    batch: Batch
    wave: WaveState
    pace: Pace
    switched: dict[str, datetime] = field(default_factory=dict)
    unhealthy: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    postponed: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name that people read."""
        return f"wave {self.batch.wave.name}, batch {self.batch.number}"

    @property
    def tolerated(self) -> int:
        """How many of the wave's tenants may fail."""
        return tolerance(self.batch.wave.failure_tolerance, self.wave.size)

    @property
    def places(self) -> int:
        """How many tenants may be in their switch at once."""
        rollout = self.context.fleet.rollout
        return concurrent_switches(
            rollout.concurrency, self.tolerated, strict=rollout.strict, failed=self.wave.failed
        )

    async def note_pause(self, why: str) -> None:
        """Record that a pause is met; an empty text says that it has ended."""
        if why:
            await self.pace.say_once(self.batch.wave.name, self.batch.number, DecisionKind.PAUSED, why)
        else:
            # The same pause may begin again.
            self.pace.last_said = ""

    def exceeds_tolerance(self) -> bool:
        """Return whether more of the wave's tenants have failed than may fail."""
        return self.wave.failed > self.tolerated


async def prepare_batch(run: BatchRun, domains: list[str]) -> list[str]:
    """Do everything before the switch, for as many tenants at once as the fleet file says.

    A run that only switches checks instead that an earlier run has done it.

    Returns:
        The tenants that may be switched.
    """
    only_switches = run.context.options.phase is MigrationPhase.SWITCH
    phase = ShardPhase.CHECK if only_switches else ShardPhase.PREPARE
    ends = await _run(run, phase, domains)
    return [domain for domain in domains if domain in ends and ends[domain].kind is None]


async def switch_batch(run: BatchRun, domains: list[str]) -> None:
    """Switch tenants; in strict mode never more at once than may still fail."""
    ends = await _run(run, ShardPhase.SWITCH, domains)
    for end in ends.values():
        count_switch(run, end)


def count_switch(run: BatchRun, end: PhaseEnd) -> None:
    """Count a tenant whose switch has ended, if it is switched; its outcome may wait for the gate of its wave."""
    outcome = end.outcome
    if outcome is None or end.began_at is None or not is_switched(outcome):
        return
    run.switched[end.domain] = run.wave.switched_at[end.domain] = end.began_at
    run.wave.switched += 1
    if run.batch.wave.on_gate is OnGate.ROLLBACK_WAVE:
        run.wave.unrecorded[end.domain] = outcome


async def end_kept(context: RunContext, wave: WaveState) -> None:
    """Record the outcomes that waited for the gate of a wave."""
    for domain, outcome in list(wave.unrecorded.items()):
        await record(context, domain, outcome)
        del wave.unrecorded[domain]


async def _run(run: BatchRun, phase: ShardPhase, domains: list[str]) -> dict[str, PhaseEnd]:
    """Do a phase for tenants of the batch, count what it came to, and hold what a stopped wave leaves."""
    context = run.context
    at_once = run.places if phase is ShardPhase.SWITCH else None
    context.progress.begin(f"{run.name}: {phase}", len(domains))
    # Shards see failures and pauses themselves; what else has stopped the wave only this process knows.
    begun = [] if run.wave.stopped else domains
    ends = await run_phase(context, phase, begun, pace=run.pace, on_pause=run.note_pause, at_once=at_once)
    for domain, end in ends.items():
        run.pace.note(phase, domain, timedelta(seconds=end.seconds))
        if outcome := end.outcome:
            run.ended.add(domain)
            run.wave.add_outcome(outcome)
    await _leave(run, phase, [domain for domain in domains if domain not in ends])
    return ends


async def _leave(run: BatchRun, phase: ShardPhase, left: list[str]) -> None:
    """Hold the tenants that a phase has not begun if the wave is stopped; the others wait for their opening."""
    stop_beyond_tolerance(run)
    if left and not run.wave.stopped and (why := await why_paused(run.context)):
        limit = run.context.fleet.rollout.progress_deadline
        run.wave.stopped = f"paused for {limit}, as long as rollout.progress_deadline allows ({why})"
        run.wave.halted = run.wave.stopped
    may = run.pace.may_switch if phase is ShardPhase.SWITCH else run.pace.may_prepare
    for domain in left:
        if run.wave.stopped:
            held = Outcome(OutcomeKind.HELD, ReasonCode.WAVE_STOPPED, run.wave.stopped)
            run.ended.add(domain)
            await record(run.context, domain, held)
        elif not may(domain):
            run.postponed.add(domain)


def stop_beyond_tolerance(run: BatchRun) -> None:
    """Stop the wave, with the numbers, once more of its tenants have failed than may fail."""
    if run.exceeds_tolerance() and not run.wave.stopped:
        run.wave.stopped = (
            f"{run.wave.failed} of {run.wave.size} tenants of wave {run.batch.wave.name} failed, "
            f"{run.tolerated} tolerated"
        )


async def end_tenant(run: BatchRun, domain: str, outcome: Outcome) -> None:
    """Count a tenant's outcome in its wave and record it."""
    run.ended.add(domain)
    run.wave.add_outcome(outcome)
    await record(run.context, domain, outcome)
