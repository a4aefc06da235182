"""Batch after batch, wave after wave, until a gate stops the run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from configs import OnGate
from flows.batch import BatchRun, end_kept, end_tenant, prepare_batch, switch_batch
from flows.batch_gate import judge, soak_batch
from flows.begun_switches import finish_begun_switches
from flows.pace import Pace
from flows.parts import parts_of
from flows.rollout_forecast import forecast_rollout
from flows.tenant_runs import hold
from flows.wave_approval import require_approval
from flows.wave_gate import RunGates
from phonefleet.errors import PlanRefused
from phonefleet.model.enums import OutcomeKind, ReasonCode, WaveVerdict
from phonefleet.model.outcome import Outcome
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, wave_states
from phonefleet.rollout.waves import Batch, without
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
    going_on = {wave.name for wave in context.fleet.waves if wave.on_gate is OnGate.CONTINUE}
    waves = wave_states(await context.ledger.runs.outline.in_thread(context.run_id), going_on)
    gates = RunGates(Pace.of_run(context), waves)
    try:
        await finish_begun_switches(gates.pace, waves, waiting)
        waiting = without(waiting, await gates.restore_rollbacks())
        stopped = await _finish_begun_batches(gates, waiting)
        while waiting and not (stopped := stopped or _reason_to_hold(context, waves, waiting[0])):
            batch = waiting.pop(0)
            state = waves[batch.wave.name]
            left = state.unfinished.pop(batch.number, UnfinishedBatch())
            run = BatchRun(context, batch, state, gates.pace, switched=left.switched)
            run.ended |= state.void & {*batch.domains}
            await require_approval(run, _left_of_wave(run, waiting))
            await _run_batch(run, gates, waiting)
            stopped = await _pass_on(run, waiting)
            if not stopped and waiting and waiting[0].wave.name != batch.wave.name:
                # With what the wave that has ended measured.
                await forecast_rollout(context, waiting, is_revised=True)
    except PlanRefused:
        # It ends the run: what is switched has its outcome then.
        for state in waves.values():
            await end_kept(context, state)
        raise
    rest = [d for batch in waiting for d in batch.domains if d not in waves[batch.wave.name].void]
    await hold(context, rest, ReasonCode.WAVE_STOPPED, stopped)
    failed = [f"{state.failed_gate} (on_gate continue)" for state in waves.values() if state.failed_gate]
    return stopped or "; ".join(failed)


def _left_of_wave(run: BatchRun, waiting: list[Batch]) -> list[str]:
    """Return the tenants of a batch's wave that are still to be changed."""
    later = [batch for batch in waiting if batch.wave.name == run.batch.wave.name]
    domains = [domain for batch in (run.batch, *later) for domain in batch.domains]
    return [domain for domain in domains if domain not in run.ended | run.wave.void]


async def _pass_on(run: BatchRun, waiting: list[Batch]) -> str:
    """Return why no later wave may start; where they may all the same, hold the rest of a stopped wave.

    A wave that was paused for too long, or missed its window, stops the run whatever `on_gate` says.
    """
    if run.wave.halted or not run.wave.failed_gate or run.batch.wave.on_gate is not OnGate.CONTINUE:
        return run.wave.stopped
    if not run.wave.stopped:
        return ""
    rest = [batch for batch in waiting if batch.wave.name == run.batch.wave.name]
    waiting[:] = [batch for batch in waiting if batch not in rest]
    domains = [domain for batch in rest for domain in batch.domains]
    domains = [domain for domain in domains if domain not in run.wave.void]
    await hold(run.context, domains, ReasonCode.WAVE_STOPPED, run.wave.stopped)
    return ""


def _first(waiting: list[Batch]) -> Batch | None:
    return waiting[0] if waiting else None


async def _finish_begun_batches(gates: RunGates, waiting: list[Batch]) -> str:
    """Judge the batches that a run left when it died, and let those without tenants left soak to their end.

    Returns:
        Why nothing more may start: a wave was stopped before, or its tenants have become unhealthy since.
    """
    places = {(batch.wave.name, batch.number) for batch in waiting}
    context, pace = gates.pace.context, gates.pace
    now = await context.ledger.now.in_thread()
    for wave in context.fleet.waves:
        state = gates.waves.get(wave.name, WaveState())
        run = BatchRun(context, Batch(wave, 0, ()), state, pace)
        for number, left in sorted(state.unfinished.items()):
            run = BatchRun(context, Batch(wave, number, ()), state, pace, switched=left.switched)
            state.stopped = state.stopped or await judge(run) or state.halted
            if state.stopped or (wave.name, number) not in places:
                # The gate before the wave was asked when it began, and the one after it before it was rolled back.
                state.opened = not state.rolls_back
                await _soak_and_conclude(run, gates, waiting, left.remaining_soak(wave.soak, now))
        if not any(batch.wave.name == wave.name for batch in waiting):
            state.stopped = state.stopped or state.halted
        if stopped := await _pass_on(run, waiting):
            return stopped
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


async def _run_batch(run: BatchRun, gates: RunGates, waiting: list[Batch]) -> None:
    context, batch = run.context, run.batch
    started = False
    async for part in parts_of(run):
        if not started:
            started = True
            # The wait for a window may have been longer than an approval counts.
            await require_approval(run, _left_of_wave(run, waiting))
            await gates.open(run, _left_of_wave(run, waiting), part)
            await context.ledger.waves.start.in_thread(
                context.run_id,
                batch.wave.name,
                batch.number,
                planned=len(batch.domains),
                failure_tolerance=run.tolerated,
            )
        async with _leased(run, [domain for domain in part if domain not in run.ended]) as domains:
            await switch_batch(run, await prepare_batch(run, domains))
    run.wave.stopped = run.wave.stopped or await judge(run) or run.wave.halted
    await _soak_and_conclude(run, gates, waiting, batch.wave.soak)


async def _soak_and_conclude(run: BatchRun, gates: RunGates, waiting: list[Batch], soak: timedelta) -> None:
    """Let a judged batch soak for the time that is left, judge it again, and record its verdict.

    After the last batch of a wave, and after one that stops it, the gate after the wave is asked.
    """
    context, name = run.context, run.batch.wave.name
    following = _first(waiting)
    if following is not None and not run.wave.stopped and await soak_batch(run, soak):
        run.wave.stopped = await judge(run)
    if run.wave.stopped or following is None or following.wave.name != name:
        await gates.close(run)
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
