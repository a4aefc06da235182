"""Whether a batch may be followed by the next: its failures, its unverified tenants, and the health of the switched."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.batch import BatchRun
from flows.tenant_runs import run_concurrently, run_task
from phonefleet.model.outcome import Outcome
from phonefleet.rollout.gates import WaveCounts, WaveLimits, find_broken_limits
from tasks.migrate import check_health

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=15)


async def judge(run: BatchRun) -> str:
    """Return why the wave must stop after this batch, with the numbers; empty when its gate lets it go on."""
    rollout, wave = run.context.fleet.rollout, run.batch.wave
    counts = WaveCounts(
        healthy=await _count_healthy(run),
        tenants=run.wave.size,
        failed=run.wave.failed,
        inconclusive=run.wave.inconclusive,
        switched=len(run.switched),
    )
    limits = WaveLimits(wave.failure_tolerance, wave.inconclusive_limit, rollout.min_healthy)
    broken = tuple(find_broken_limits(limits, counts))
    return f"wave {wave.name}: {'; '.join(map(str, broken))}" if broken else ""


async def soak_batch(run: BatchRun, soak: timedelta) -> bool:
    """Wait for the soak of a batch; return False, without waiting, when nothing was switched or no soak is left."""
    seconds = soak.total_seconds()
    if not (seconds and run.switched):
        return False
    run.context.progress.say(f"wave {run.batch.wave.name} soaks for {seconds:.0f} s")
    clock = run.pace.clock
    await clock.sleep_until(clock.now() + soak)
    return True


async def _count_healthy(run: BatchRun) -> int:
    """Return how many of the batch's switched tenants are healthy within `rollout.healthy_deadline`."""
    context, rollout = run.context, run.context.fleet.rollout
    clock = run.pace.clock
    end = clock.now() + rollout.healthy_deadline
    unhealthy: dict[str, datetime] = dict(run.switched)
    pause = _FIRST_PAUSE

    async def check(domain: str) -> None:
        since = unhealthy[domain]
        result = await run_task(
            context, domain, lambda fleet, run_id, domain: check_health(fleet, run_id, domain, since)
        )
        if result == "":
            del unhealthy[domain]
        else:
            why = result.message if isinstance(result, Outcome) else result
            context.progress.say(f"{domain}: not healthy: {why}")

    while unhealthy:
        await run_concurrently(rollout.concurrency, list(unhealthy), check)
        if not unhealthy or clock.now() + pause > end:
            break
        await clock.sleep_until(clock.now() + pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return len(run.switched) - len(unhealthy)
