"""Whether a batch may be followed by the next: its failures, its unverified tenants, and the health of the switched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flows.batch import BatchRun
from flows.pace import Pace
from flows.shards import run_phase
from phonefleet.model.enums import DecisionKind, ShardPhase
from phonefleet.polling import looks
from phonefleet.rollout.gates import WaveCounts, WaveLimits, measure_limits
from phonefleet.rollout.wave_gate import GateDecision

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=15)


async def judge(run: BatchRun) -> str:
    """Return why the wave must stop after this batch, with the numbers; empty when its gate lets it go on."""
    rollout, wave = run.context.fleet.rollout, run.batch.wave
    run.unhealthy = set(await find_unhealthy(run.pace, run.switched))
    run.wave.note_health(run.switched, run.unhealthy)
    counts = WaveCounts(
        healthy=len(run.switched) - len(run.unhealthy),
        tenants=run.wave.size,
        failed=run.wave.failed,
        inconclusive=run.wave.inconclusive,
        switched=len(run.switched),
    )
    limits = WaveLimits(wave.failure_tolerance, wave.inconclusive_limit, rollout.min_healthy)
    decision = GateDecision(f"{run.name}, gate after it", tuple(measure_limits(limits, counts)))
    await record_gate(run, decision)
    if decision.passed:
        return ""
    run.wave.failed_gate = f"wave {wave.name}: {decision.why}"
    return run.wave.failed_gate


async def record_gate(run: BatchRun, decision: GateDecision) -> None:
    """Record what a gate decided, with its numbers, and report it."""
    kind = DecisionKind.GATE_PASSED if decision.passed else DecisionKind.GATE_FAILED
    await run.pace.decide(run.batch.wave.name, run.batch.number, kind, str(decision))


async def soak_batch(run: BatchRun, soak: timedelta) -> bool:
    """Wait for the soak of a batch; return False, without waiting, when nothing was switched or no soak is left."""
    if not (soak and run.switched):
        return False
    run.context.progress.say(f"wave {run.batch.wave.name} soaks for {soak.total_seconds():.0f} s")
    await run.pace.clock.sleep_until(run.pace.clock.now() + soak)
    return True


async def find_unhealthy(pace: Pace, switched: Mapping[str, datetime]) -> dict[str, str]:
    """Return the switched tenants that are not healthy within `rollout.healthy_deadline`, and what is wrong.

    Args:
        pace: the rules of time of the run.
        switched: tenants, and when each switch began.
    """
    context, limit = pace.context, pace.context.fleet.rollout.healthy_deadline
    unhealthy = dict.fromkeys(switched, "not checked")
    if not unhealthy:
        return {}
    async for _ in looks(limit, _FIRST_PAUSE, _LONGEST_PAUSE, pace.clock):
        found = await run_phase(context, ShardPhase.HEALTH, list(unhealthy), pace=pace)
        for domain, checked in found.items():
            if why := checked.message or checked.text:
                unhealthy[domain] = why
                context.progress.say(f"{domain}: not healthy: {why}")
            else:
                del unhealthy[domain]
        if not unhealthy:
            break
    return unhealthy
