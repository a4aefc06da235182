"""Waves, batches, gates: bringing eligible tenants over without ever risking more than was agreed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from configs import OnFailure
from flows.endings import at_most, attempt, hold, record
from phonefleet.model.enums import OutcomeKind, ReasonCode, Reversibility
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import RunRecord
from phonefleet.rollout.gates import (
    WaveCounts,
    WaveLimits,
    concurrent_switches,
    find_broken_limits,
    tolerance,
)
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, wave_states
from phonefleet.rollout.waves import Batch
from tasks.desk import Desk
from tasks.migrate import check_health, prepare_tenant, switch_tenant
from tasks.rollback import take_back_tenant

PAUSE_LOOK_SECONDS = 1.0


@dataclass
class BatchRun:
    """One batch while it runs."""

    desk: Desk
    batch: Batch
    wave: WaveState
    unverified: set[str] = field(default_factory=set)
    switched: dict[str, datetime] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"wave {self.batch.wave.name}, batch {self.batch.number}"

    @property
    def tolerated(self) -> int:
        """How many of the wave's tenants may fail."""
        return tolerance(self.batch.wave.failure_tolerance, self.wave.size)

    def exhausted(self) -> bool:
        """True when another tenant must not be started: the wave has failed too often."""
        return self.wave.failed > self.tolerated


async def roll_out(desk: Desk, batches: Iterable[Batch], so_far: RunRecord) -> str:
    """Run batches one after the other until one is stopped.

    Args:
        desk: the run's desk.
        batches: what is still to do.
        so_far: the run as the ledger has it; what it had come to before it died counts on.

    Returns:
        Why it was stopped, with the numbers; empty when every batch passed.
    """
    waiting = list(batches)
    waves = wave_states(so_far)
    stopped = await _finish_what_was_begun(desk, waves, waiting)
    while waiting and not (stopped := stopped or _held_back(desk, waves, waiting[0])):
        batch = waiting.pop(0)
        state = waves[batch.wave.name]
        left = state.unfinished.pop(batch.number, UnfinishedBatch())
        await _run_batch(BatchRun(desk, batch, state, switched=left.switched), _first(waiting))
        stopped = state.stopped
    await hold(desk, [d for batch in waiting for d in batch.domains], ReasonCode.WAVE_STOPPED, stopped)
    return stopped


def _first(waiting: list[Batch]) -> Batch | None:
    return waiting[0] if waiting else None


async def _finish_what_was_begun(desk: Desk, waves: dict[str, WaveState], waiting: list[Batch]) -> str:
    """Judge the batches that a run left when it died, and let those that have nobody left soak to their end.

    Returns:
        Why nothing more may start: a wave was stopped before, or its tenants have fallen ill since.
    """
    places = {(batch.wave.name, batch.number) for batch in waiting}
    for wave in desk.session.fleet.waves:
        state = waves.get(wave.name, WaveState())
        for number, left in sorted(state.unfinished.items()):
            run = BatchRun(desk, Batch(wave, number, ()), state, switched=left.switched)
            state.stopped = state.stopped or await _judge(run)
            if state.stopped or (wave.name, number) not in places:
                await _conclude(run, _first(waiting), left.remaining_soak(wave.soak, datetime.now(UTC)))
        if state.stopped:
            return state.stopped
    return ""


def _held_back(desk: Desk, waves: dict[str, WaveState], batch: Batch) -> str:
    """Why a batch may not start: a wave before its own shows nothing. Who asks for a wave by its name has it."""
    if desk.wishes.wave is not None:
        return ""
    for wave in desk.session.fleet.waves:
        if wave.name == batch.wave.name:
            break
        if wave.name in waves and (why := waves[wave.name].why_later_waves_wait(wave.name)):
            return why
    return ""


async def _run_batch(run: BatchRun, then: Batch | None) -> None:
    desk, batch = run.desk, run.batch
    ledger, run_id = desk.session.ledger, desk.session.run_id
    await ledger.waves.start.in_thread(
        run_id, batch.wave.name, batch.number, planned=len(batch.domains), failure_tolerance=run.tolerated
    )
    async with _leased(run) as domains:
        ready = await _prepare_all(run, domains)
        await _switch_all(run, ready)
    run.wave.stopped = run.wave.stopped or await _judge(run)
    await _conclude(run, then, batch.wave.soak)


async def _conclude(run: BatchRun, then: Batch | None, soak: timedelta) -> None:
    """Let a judged batch soak for as long as is left, judge it again, and record what it came to."""
    desk, name, number = run.desk, run.batch.wave.name, run.batch.number
    if then is not None and not run.wave.stopped and await _soaked(run, soak):
        run.wave.stopped = await _judge(run)
    if then is not None and not run.wave.stopped:
        run.wave.stopped = _held_back(desk, {name: run.wave}, then)
    stopped = run.wave.stopped
    verdict = "stopped" if stopped else "passed"
    ledger, run_id = desk.session.ledger, desk.session.run_id
    await ledger.waves.end.in_thread(run_id, name, number, verdict=verdict, reason=stopped)
    desk.progress.say(f"{run.name}: " + (f"stopped, {stopped}" if stopped else verdict))


@asynccontextmanager
async def _leased(run: BatchRun) -> AsyncIterator[list[str]]:
    """The batch's tenants whose lease is ours; the others are held, and the report says by whom."""
    keeper = run.desk.session.leases
    conflicts = await keeper.acquire(run.batch.domains)
    for conflict in conflicts:
        await _end(
            run, conflict.domain, Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflict))
        )
    taken = {conflict.domain for conflict in conflicts}
    try:
        yield [d for d in run.batch.domains if d not in taken]
    finally:
        await keeper.release(run.batch.domains)


async def _prepare_all(run: BatchRun, domains: list[str]) -> list[str]:
    """Everything before the switch, for as many at once as the fleet file says."""
    rollout = run.desk.session.fleet.rollout
    ready: list[str] = []
    run.desk.progress.begin(f"{run.name}: prepare", len(domains))

    async def one(domain: str) -> None:
        if not await _may_start(run, domain):
            return
        found = await attempt(lambda: prepare_tenant(run.desk.session.run_id, domain))
        if isinstance(found, Outcome):
            await _end(run, domain, found)
            return
        if not found:
            run.unverified.add(domain)
        ready.append(domain)
        run.desk.progress.done(domain, "prepared")

    await at_most(rollout.concurrency, domains, one)
    return [domain for domain in domains if domain in set(ready)]


async def _switch_all(run: BatchRun, domains: list[str]) -> None:
    """The switch itself: in strict mode never more at once than may fail."""
    rollout = run.desk.session.fleet.rollout
    changed = asyncio.Condition()
    in_flight = 0

    def places() -> int:
        return concurrent_switches(
            rollout.concurrency, run.tolerated, strict=rollout.strict, failed=run.wave.failed
        )

    run.desk.progress.begin(f"{run.name}: switch", len(domains))

    async def one(domain: str) -> None:
        nonlocal in_flight
        async with changed:
            await changed.wait_for(lambda: run.exhausted() or in_flight < places())
            in_flight += 1
        try:
            if await _may_start(run, domain):
                await _switch_one(run, domain)
        finally:
            async with changed:
                in_flight -= 1
                changed.notify_all()

    await at_most(rollout.concurrency, domains, one)


async def _switch_one(run: BatchRun, domain: str) -> None:
    began = datetime.now(UTC)
    found = await attempt(lambda: switch_tenant(run.desk.session.run_id, domain))
    if isinstance(found, Outcome):
        await _end(run, domain, await _take_back(run, domain, found))
        return
    run.switched[domain] = began
    run.wave.switched += 1
    if domain in run.unverified:
        message = "switched without delivery evidence, as rollout.when_inconclusive: proceed says"
        await _end(run, domain, Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, message))
    else:
        await _end(run, domain, Outcome(OutcomeKind.MIGRATED))


async def _take_back(run: BatchRun, domain: str, failure: Outcome) -> Outcome:
    """Roll a tenant back whose switch failed, where that may be possible and the fleet file says so.

    Where it isn't known whether it is, it is tried: the read afterwards proves it, and without effect it is undone.
    """
    possible = run.desk.plans[domain].reversibility is not Reversibility.ONE_WAY
    if run.desk.session.fleet.rollout.on_failure is not OnFailure.ROLLBACK or not possible:
        return failure
    back = await attempt(lambda: take_back_tenant(run.desk.session.run_id, domain))
    if isinstance(back, Outcome):
        message = f"{failure.message}; then the rollback failed: {back.message}"
        return Outcome(OutcomeKind.FAILED, back.reason, message)
    lost = f" ({'; '.join(back)})" if back else ""
    return Outcome(OutcomeKind.ROLLED_BACK, failure.reason, f"rolled back{lost} because {failure.message}")


async def _may_start(run: BatchRun, domain: str) -> bool:
    """Whether a tenant's next phase may begin; one that may not is held with the reason."""
    desk = run.desk
    await _wait_while_paused(run)
    if run.exhausted() and not run.wave.stopped:
        run.wave.stopped = (
            f"{run.wave.failed} of {run.wave.size} tenants of wave {run.batch.wave.name} failed, "
            f"{run.tolerated} tolerated"
        )
    if run.wave.stopped:
        await record(desk, domain, Outcome(OutcomeKind.HELD, ReasonCode.WAVE_STOPPED, run.wave.stopped))
        return False
    return True


async def _wait_while_paused(run: BatchRun) -> None:
    """While the pause file exists no tenant is started; nothing but removing it goes on."""
    fleet = run.desk.session.fleet
    loop = asyncio.get_running_loop()
    end = loop.time() + fleet.rollout.progress_deadline.total_seconds()
    told = False
    while fleet.pause_file.exists() and not run.wave.stopped:
        if not told:
            run.desk.progress.say(f"paused: {fleet.pause_file} exists; remove it to go on")
            told = True
        if loop.time() > end:
            run.wave.stopped = f"paused for {fleet.rollout.progress_deadline} by {fleet.pause_file}"
            return
        await asyncio.sleep(PAUSE_LOOK_SECONDS)


async def _end(run: BatchRun, domain: str, ending: Outcome) -> None:
    run.wave.add_outcome(ending)
    await record(run.desk, domain, ending)


async def _judge(run: BatchRun) -> str:
    """Why the wave must stop after this batch; empty when its gate lets it go on."""
    rollout, wave = run.desk.session.fleet.rollout, run.batch.wave
    healthy = await _healthy(run)
    counts = WaveCounts(
        tenants=run.wave.size,
        failed=run.wave.failed,
        inconclusive=run.wave.inconclusive,
        switched=len(run.switched),
        healthy=healthy,
    )
    limits = WaveLimits(wave.failure_tolerance, wave.inconclusive_limit, rollout.min_healthy)
    broken = tuple(find_broken_limits(limits, counts))
    return f"wave {wave.name}: {'; '.join(map(str, broken))}" if broken else ""


async def _soaked(run: BatchRun, soak: timedelta) -> bool:
    """Let a batch soak before the next one begins; False when there is nothing left to wait for."""
    seconds = soak.total_seconds()
    if not (seconds and run.switched):
        return False
    run.desk.progress.say(f"wave {run.batch.wave.name} soaks for {seconds:.0f} s")
    await asyncio.sleep(seconds)
    return True


async def _healthy(run: BatchRun) -> int:
    """How many of the batch's switched tenants are healthy within the deadline."""
    rollout = run.desk.session.fleet.rollout
    loop = asyncio.get_running_loop()
    end = loop.time() + rollout.healthy_deadline.total_seconds()
    ill = dict(run.switched)
    pause = 1.0
    while ill:
        await at_most(rollout.concurrency, list(ill), lambda domain: _drop_if_healthy(run, ill, domain))
        if not ill or loop.time() + pause > end:
            break
        await asyncio.sleep(pause)
        pause = min(2 * pause, 15.0)
    return len(run.switched) - len(ill)


async def _drop_if_healthy(run: BatchRun, ill: dict[str, datetime], domain: str) -> None:
    found = await attempt(lambda: check_health(run.desk.session.run_id, domain, ill[domain]))
    if found == "":
        del ill[domain]
    else:
        run.desk.progress.say(
            f"{domain}: not healthy: {found.message if isinstance(found, Outcome) else found}"
        )
