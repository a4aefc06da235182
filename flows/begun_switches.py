"""Finish the switches that an earlier process of the run left undone, before the run waits for anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.batch import BatchRun, count_switch, end_tenant
from flows.migration_work import PauseClock, settle_switch, switch_one
from flows.pace import Pace
from flows.pausing import poll
from flows.shard_work import ShardWork
from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_outline import RunOutline
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, half_switched
from phonefleet.rollout.waves import Batch, without
from tasks.run_context import RunContext


async def finish_begun_switches(pace: Pace, waves: Mapping[str, WaveState], waiting: list[Batch]) -> None:
    """Finish the tenants at which the run died in the middle of the switch, and take them out of their batches.

    Their users are between the two experiences. So no window, approval, gate or stopped wave keeps them there; a pause
    does, because a person asked for it.

    Args:
        pace: the rules of time of the run.
        waves: the state of each wave.
        waiting: what is still to do, in order; batches without a tenant left are removed.
    """
    context = pace.context
    ends = await context.ledger.shards.ends.in_thread(context.run_id, ShardPhase.SWITCH)
    half = half_switched(await _outline(context), may_be=True) - {end.domain for end in ends}
    for batch in [each for each in waiting if half & {*each.domains}]:
        run = BatchRun(context, batch, waves[batch.wave.name], pace)
        await _finish(run, [domain for domain in batch.domains if domain in half])
        place = waiting.index(batch)
        waiting[place : place + 1] = without([batch], run.ended)


async def _finish(run: BatchRun, domains: list[str]) -> None:
    """Finish these tenants one after the other, and count what it came to as the batch would."""
    context, wave = run.context, run.batch.wave
    work = ShardWork(context, ShardPhase.SWITCH, domains, 1, run.pace)
    pause = PauseClock(work)
    while await pause.is_paused():
        if pause.expired:
            return
        await poll()
    message = f"{run.name}: {len(domains)} tenant(s) are finished first: the run died during their switch"
    await run.pace.decide(wave.name, run.batch.number, DecisionKind.FINISHED, message)
    mark = await context.ledger.shards.last_number.in_thread()
    conflicts = {conflict.domain: conflict for conflict in await context.leases.acquire(domains)}
    try:
        for domain in domains:
            if domain in conflicts:
                held = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflicts[domain]))
                await end_tenant(run, domain, held)
            elif await settle_switch(work, domain) and domain in half_switched(await _outline(context)):
                await switch_one(work, domain)
    finally:
        await context.leases.release(domains)
    await _count(context, run, domains, mark)


async def _outline(context: RunContext) -> RunOutline:
    return await context.ledger.runs.outline.in_thread(context.run_id)


async def _count(context: RunContext, run: BatchRun, domains: Iterable[str], mark: int) -> None:
    ends = await context.ledger.shards.ends.in_thread(context.run_id, ShardPhase.SWITCH, mark)
    for end in (each for each in ends if each.domain in set(domains)):
        if end.outcome is None or end.domain in run.ended:
            continue
        run.ended.add(end.domain)
        run.wave.add_outcome(end.outcome)
        count_switch(run, end)
    left = run.wave.unfinished.setdefault(run.batch.number, UnfinishedBatch())
    left.switched.update(run.switched)
