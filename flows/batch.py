"""One batch of a wave: prepare every tenant, then switch them, within the limits that the fleet file sets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from configs import OnFailure, OnGate
from flows.pace import Pace
from flows.pausing import poll, why_paused
from flows.tenant_runs import record, run_concurrently, run_task
from phonefleet.model.enums import DecisionKind, MigrationPhase, OutcomeKind, ReasonCode, Reversibility
from phonefleet.model.outcome import Outcome
from phonefleet.rollout.gates import concurrent_switches, tolerance
from phonefleet.rollout.wave_state import WaveState
from phonefleet.rollout.waves import Batch
from tasks.migrate import check_prepared_tenant, prepare_tenant, record_prepared, switch_tenant
from tasks.rollback import take_back_tenant
from tasks.run_context import RunContext


@dataclass
class BatchRun:
    """A batch while it runs.

    Attributes:
        context: the run.
        batch: the batch.
        wave: what its wave has come to so far.
        pace: when its tenants may start.
        unverified: tenants that were prepared without evidence of delivery.
        switched: when the switch of each switched tenant began, aware UTC.
        unhealthy: those of them that the last check found not healthy.
        ended: tenants that have their outcome.
        postponed: tenants that did not start because their opening closes too soon; they wait for the next.
        missed: why tenants may not start any more; empty if all may.
    """

    context: RunContext
    batch: Batch
    wave: WaveState
    pace: Pace
    unverified: set[str] = field(default_factory=set)
    switched: dict[str, datetime] = field(default_factory=dict)
    unhealthy: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    postponed: set[str] = field(default_factory=set)
    missed: str = ""

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

    def exceeds_tolerance(self) -> bool:
        """Return whether more of the wave's tenants have failed than may fail."""
        return self.wave.failed > self.tolerated


async def prepare_all(run: BatchRun, domains: list[str]) -> list[str]:
    """Do everything before the switch, for as many tenants at once as the fleet file says.

    A run that only switches checks instead that an earlier run has done it.

    Returns:
        The tenants that may be switched.
    """
    context = run.context
    ready: set[str] = set()
    only_switches = context.options.phase is MigrationPhase.SWITCH
    task = check_prepared_tenant if only_switches else prepare_tenant
    context.progress.begin(f"{run.name}: {'check' if only_switches else 'prepare'}", len(domains))

    async def one(domain: str) -> None:
        await wait_while_paused(run)
        stop_beyond_tolerance(run)
        if run.wave.stopped:
            await _hold_stopped(run, domain)
            return
        if not run.pace.may_prepare(domain):
            run.postponed.add(domain)
            return
        began = run.pace.clock.now()
        result = await run_task(context, domain, task)
        run.pace.note_prepared(domain, began)
        if isinstance(result, Outcome):
            await end_tenant(run, domain, result)
            return
        if not result:
            run.unverified.add(domain)
        ready.add(domain)
        context.progress.done(domain, "prepared")

    await run_concurrently(context.fleet.rollout.concurrency, domains, one)
    return [domain for domain in domains if domain in ready]


async def end_prepared(run: BatchRun, domains: list[str]) -> None:
    """Record the state of prepared tenants, and end them: a later run switches them."""

    async def one(domain: str) -> None:
        result = await run_task(run.context, domain, record_prepared)
        if isinstance(result, Outcome):
            await end_tenant(run, domain, result)
        elif domain in run.unverified:
            message = "prepared without delivery evidence, so --switch leaves it out; it sends as before"
            outcome = Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, message)
            await end_tenant(run, domain, outcome)
        else:
            message = "prepared and tested; it sends as before until a run with --switch"
            await end_tenant(run, domain, Outcome(OutcomeKind.PREPARED, None, message))

    await run_concurrently(run.context.fleet.rollout.concurrency, domains, one)


async def switch_all(run: BatchRun, domains: list[str]) -> None:
    """Switch tenants; in strict mode never more at once than may still fail."""
    changed = asyncio.Condition()
    in_flight = 0

    def has_place(domain: str) -> bool:
        free = in_flight < run.places and run.pace.caps.has_place(domain)
        return run.exceeds_tolerance() or free

    run.context.progress.begin(f"{run.name}: switch", len(domains))

    async def one(domain: str) -> None:
        nonlocal in_flight
        async with changed:
            await changed.wait_for(partial(has_place, domain))
            in_flight += 1
            run.pace.caps.begin(domain)
        try:
            await wait_while_paused(run)
            stop_beyond_tolerance(run)
            if run.wave.stopped:
                await _hold_stopped(run, domain)
            elif run.pace.may_switch(domain):
                await _switch(run, domain)
            else:
                run.postponed.add(domain)
        finally:
            async with changed:
                in_flight -= 1
                run.pace.caps.end(domain)
                changed.notify_all()

    # A tenant that waits for its owner's place takes none from the others.
    await run_concurrently(max(1, len(domains)), domains, one)


async def _switch(run: BatchRun, domain: str) -> None:
    began, start = datetime.now(UTC), run.pace.begin_switch(domain)
    result = await run_task(run.context, domain, switch_tenant)
    run.pace.note_switched(domain, start)
    if isinstance(result, Outcome):
        await end_tenant(run, domain, await _take_back(run, domain, result))
        return
    run.switched[domain] = run.wave.switched_at[domain] = began
    run.wave.switched += 1
    if domain in run.unverified:
        message = "switched without delivery evidence, as rollout.when_inconclusive: proceed says"
        outcome = Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, message)
        await _end_switched(run, domain, outcome)
    else:
        await _end_switched(run, domain, Outcome(OutcomeKind.MIGRATED))


async def _end_switched(run: BatchRun, domain: str, outcome: Outcome) -> None:
    """End a switched tenant; where its wave may be rolled back, its outcome waits for the wave's gate.

    An outcome is final. A run that dies before the gate finds the tenant without one, finishes it again, which writes
    nothing, and asks the gate.
    """
    if run.batch.wave.on_gate is not OnGate.ROLLBACK_WAVE:
        await end_tenant(run, domain, outcome)
        return
    run.ended.add(domain)
    run.wave.add_outcome(outcome)
    run.wave.unrecorded[domain] = outcome
    run.context.progress.done(domain, "switched")


async def end_kept(context: RunContext, wave: WaveState) -> None:
    """Record the outcomes that waited for the gate of a wave."""
    for domain, outcome in list(wave.unrecorded.items()):
        await record(context, domain, outcome)
        del wave.unrecorded[domain]


async def _take_back(run: BatchRun, domain: str, failure: Outcome) -> Outcome:
    """Roll a tenant back whose switch failed, unless that is impossible or the fleet file says to hold.

    Where it is unknown whether it is possible, it is tried: the read afterwards shows it, and without effect it is
    undone.
    """
    context = run.context
    if context.fleet.rollout.on_failure is not OnFailure.ROLLBACK:
        return failure
    if (await context.plan_of(domain)).reversibility is Reversibility.ONE_WAY:
        return failure
    result = await run_task(context, domain, take_back_tenant)
    if isinstance(result, Outcome):
        message = f"{failure.message}; then the rollback failed: {result.message}"
        return Outcome(OutcomeKind.FAILED, result.reason, message)
    lost = f" ({'; '.join(result.losses)})" if result.losses else ""
    return Outcome(OutcomeKind.ROLLED_BACK, failure.reason, f"rolled back{lost} because {failure.message}")


def stop_beyond_tolerance(run: BatchRun) -> None:
    """Stop the wave, with the numbers, once more of its tenants have failed than may fail."""
    if run.exceeds_tolerance() and not run.wave.stopped:
        run.wave.stopped = (
            f"{run.wave.failed} of {run.wave.size} tenants of wave {run.batch.wave.name} failed, "
            f"{run.tolerated} tolerated"
        )


async def wait_while_paused(run: BatchRun) -> None:
    """Wait until the run is no longer paused or the wave is stopped; stop it at `rollout.progress_deadline`."""
    context = run.context
    limit = context.fleet.rollout.progress_deadline
    end = run.pace.clock.now() + limit
    said = ""
    while not run.wave.stopped and (why := await why_paused(context)):
        if why != said:
            said = why
            await run.pace.say_once(run.batch.wave.name, run.batch.number, DecisionKind.PAUSED, why)
        if run.pace.clock.now() > end:
            run.wave.stopped = f"paused for {limit}, as long as rollout.progress_deadline allows ({why})"
            return
        await poll()
    if said:
        # The same pause may begin again.
        run.pace.last_said = ""


async def _hold_stopped(run: BatchRun, domain: str) -> None:
    run.ended.add(domain)
    await record(run.context, domain, Outcome(OutcomeKind.HELD, ReasonCode.WAVE_STOPPED, run.wave.stopped))


async def end_tenant(run: BatchRun, domain: str, outcome: Outcome) -> None:
    """Count a tenant's outcome in its wave and record it."""
    run.ended.add(domain)
    run.wave.add_outcome(outcome)
    await record(run.context, domain, outcome)
