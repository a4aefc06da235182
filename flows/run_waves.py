"""Batch after batch, wave after wave, until a gate stops the run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from flows.batch import BatchRun, end_tenant, prepare_batch, switch_batch
from flows.batch_gate import judge, soak_batch
from flows.pace import Pace
from flows.parts import parts_of
from flows.tenant_runs import hold
from phonefleet.model.enums import OutcomeKind, ReasonCode, WaveVerdict
from phonefleet.model.outcome import Outcome
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, wave_states
from phonefleet.rollout.waves import Batch
from tasks.run_context import RunContext


async def roll_out(context: RunContext, batches: Iterable[Batch]) -> str:
    """Run batches one after the other until one is stopped.

    A continued run counts what it had done before it died.

    Args:
        context: the run.
        batches: what is still to do, in order.

    Returns:
        Why the run was stopped, with the numbers; empty when every batch passed.
    """
    waiting = list(batches)
    waves = wave_states(await context.ledger.runs.record.in_thread(context.run_id))
    pace = Pace.of_run(context)
    stopped = await _finish_begun_batches(pace, waves, waiting)
    while waiting and not (stopped := stopped or _reason_to_hold(context, waves, waiting[0])):
        batch = waiting.pop(0)
        state = waves[batch.wave.name]
        left = state.unfinished.pop(batch.number, UnfinishedBatch())
        await _run_batch(BatchRun(context, batch, state, pace, switched=left.switched), _first(waiting))
        stopped = state.stopped
    await hold(context, [d for batch in waiting for d in batch.domains], ReasonCode.WAVE_STOPPED, stopped)
    return stopped


def _first(waiting: list[Batch]) -> Batch | None:
    return waiting[0] if waiting else None


async def _finish_begun_batches(pace: Pace, waves: Mapping[str, WaveState], waiting: list[Batch]) -> str:
    """Judge the batches that a run left when it died, and let those without tenants left soak to their end.

    Returns:
        Why nothing more may start: a wave was stopped before, or its tenants have become unhealthy since.
    """
    places = {(batch.wave.name, batch.number) for batch in waiting}
    context = pace.context
    for wave in context.fleet.waves:
        state = waves.get(wave.name, WaveState())
        for number, left in sorted(state.unfinished.items()):
            run = BatchRun(context, Batch(wave, number, ()), state, pace, switched=left.switched)
            state.stopped = state.stopped or await judge(run)
            if state.stopped or (wave.name, number) not in places:
                await _soak_and_conclude(
                    run, _first(waiting), left.remaining_soak(wave.soak, datetime.now(UTC))
                )
        if state.stopped:
            return state.stopped
    return ""


def _reason_to_hold(context: RunContext, waves: Mapping[str, WaveState], batch: Batch) -> str:
    """Return why a batch may not start: in an earlier wave no tenant was switched. A wave asked for by name may."""
    if context.options.wave is not None:
        return ""
    for wave in context.fleet.waves:
        if wave.name == batch.wave.name:
            break
        if wave.name in waves and (why := waves[wave.name].why_later_waves_wait(wave.name)):
            return why
    return ""


async def _run_batch(run: BatchRun, following: Batch | None) -> None:
    context, batch = run.context, run.batch
    started = False
    async for part in parts_of(run):
        if not started:
            started = True
            await context.ledger.waves.start.in_thread(
                context.run_id,
                batch.wave.name,
                batch.number,
                planned=len(batch.domains),
                failure_tolerance=run.tolerated,
            )
        async with _leased(run, part) as domains:
            await switch_batch(run, await prepare_batch(run, domains))
    run.wave.stopped = run.wave.stopped or await judge(run) or run.missed
    await _soak_and_conclude(run, following, batch.wave.soak)


async def _soak_and_conclude(run: BatchRun, following: Batch | None, soak: timedelta) -> None:
    """Let a judged batch soak for the time that is left, judge it again, and record its verdict."""
    context, name = run.context, run.batch.wave.name
    if following is not None and not run.wave.stopped and await soak_batch(run, soak):
        run.wave.stopped = await judge(run)
    if following is not None and not run.wave.stopped:
        run.wave.stopped = _reason_to_hold(context, {name: run.wave}, following)
    stopped = run.wave.stopped
    verdict = WaveVerdict.STOPPED if stopped else WaveVerdict.PASSED
    await context.ledger.waves.end.in_thread(
        context.run_id, name, run.batch.number, verdict=verdict, reason=stopped
    )
    context.progress.say(f"{run.name}: stopped, {stopped}" if stopped else f"{run.name}: passed")


@asynccontextmanager
async def _leased(run: BatchRun, part: list[str]) -> AsyncIterator[list[str]]:
    """Yield the tenants of a part whose lease is ours; the others are held, and the report says by whom."""
    keeper = run.context.leases
    conflicts = await keeper.acquire(part)
    for conflict in conflicts:
        held = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflict))
        await end_tenant(run, conflict.domain, held)
    taken = {conflict.domain for conflict in conflicts}
    try:
        yield [d for d in part if d not in taken]
    finally:
        await keeper.release(part)
