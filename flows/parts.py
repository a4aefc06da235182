"""The parts of a batch: the tenants that may start now, and the wait for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

from flows.batch import BatchRun, end_tenant, stop_beyond_tolerance
from flows.batch_gate import find_unhealthy
from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome
from phonefleet.model.spoken_time import spoken
from phonefleet.rollout.admission import Admission
from phonefleet.rollout.ordering import owners_to_hold


async def parts_of(run: BatchRun) -> AsyncIterator[list[str]]:
    """Yield the tenants that may start now, until every tenant of the batch has its outcome.

    It waits for maintenance windows, records until when, and ends the tenants that may not start any more. A stopped
    wave waits for nothing: its tenants are yielded to be held.
    """
    await _hold_for_owners(run)
    while left := [d for d in run.batch.domains if d not in run.ended]:
        stop_beyond_tolerance(run)
        if run.wave.stopped:
            yield left
            return
        await _note_postponed(run)
        admission = await run.pace.admit(left, run.places)
        await _end_missed(run, admission)
        if admission.now:
            if admission.closes:
                await _say_closing(run, admission)
            yield list(admission.now)
        elif admission.next_at is not None:
            await _wait(run, admission, admission.next_at)


async def _wait(run: BatchRun, admission: Admission, until: datetime) -> None:
    now = run.pace.clock.now()
    left = sum(moment == until for moment in admission.later.values())
    message = (
        f"{run.name}: waits until {until:%Y-%m-%d %H:%M} UTC (in {spoken(until - now)}), when "
        f"{left} of {len(admission.later)} tenant(s) may start: windows, freezes, not_before and caps allow none now"
    )
    await run.pace.decide(run.batch.wave.name, run.batch.number, DecisionKind.WAITS, message)
    await run.pace.clock.sleep_until(until)
    message = f"{run.name}: goes on at {run.pace.clock.now():%Y-%m-%d %H:%M} UTC"
    await run.pace.decide(run.batch.wave.name, run.batch.number, DecisionKind.OPENED, message)


async def _say_closing(run: BatchRun, admission: Admission) -> None:
    assert admission.closes is not None
    waiting = f"; {len(admission.later)} wait" if admission.later else ""
    run.context.progress.say(
        f"{run.name}: {len(admission.now)} tenant(s) start, and are finished before {admission.closes:%Y-%m-%d %H:%M} "
        f"UTC{waiting}"
    )


async def _hold_for_owners(run: BatchRun) -> None:
    """Hold the tenants whose owner had a first tenant in the wave that was not migrated, or is not healthy."""
    wave = run.batch.wave
    if not wave.owner_first:
        return
    context = run.context
    outline = await context.ledger.runs.outline.in_thread(context.run_id)
    why_held = dict.fromkeys(owners_to_hold(outline.tenants, wave.name), "was not migrated")
    waiting = {d: context.tenants[d].owner for d in run.batch.domains if d not in run.ended}
    why_held |= dict.fromkeys(await _owners_of_unhealthy(run, {*waiting.values()} - {""}), "is not healthy")
    for domain, owner in waiting.items():
        if fact := why_held.get(owner):
            why = f"{domain}: another tenant of owner {owner} in wave {wave.name} {fact} (owner_first)"
            await end_tenant(run, domain, Outcome(OutcomeKind.HELD, ReasonCode.OWNER_FIRST, why))


async def _owners_of_unhealthy(run: BatchRun, owners: set[str]) -> set[str]:
    """Return the owners of whom a switched tenant of the wave is not healthy, whatever `min_healthy` allows.

    A continued run looks at the health of those that the process before it switched.
    """
    tenants, state = run.context.tenants, run.wave
    theirs = {domain: at for domain, at in state.switched_at.items() if tenants[domain].owner in owners}
    unknown = {domain: at for domain, at in theirs.items() if domain not in state.judged}
    state.note_health(unknown, await find_unhealthy(run.pace, unknown))
    return {tenants[domain].owner for domain in theirs.keys() & state.unhealthy}


async def _note_postponed(run: BatchRun) -> None:
    """Record which tenants did not start because too little was left of their opening."""
    if not run.postponed:
        return
    prepared = len(run.postponed & run.pace.prepared.keys())
    named = ", ".join(sorted(run.postponed)[:5])
    message = (
        f"{run.name}: {len(run.postponed)} tenant(s) do not start in this window, because less is left of it than a "
        f"tenant takes ({run.pace.need.total_seconds():.0f} s at most): {named}; {prepared} of them are prepared "
        "and send as before"
    )
    run.postponed.clear()
    await run.pace.decide(run.batch.wave.name, run.batch.number, DecisionKind.POSTPONED, message)


async def _end_missed(run: BatchRun, admission: Admission) -> None:
    """Hold the tenants that may not start any more, and let no later wave follow."""
    if not admission.never:
        return
    wave = run.batch.wave
    for domain, reason in admission.never.items():
        why = _why_never(run, domain, reason)
        await end_tenant(run, domain, Outcome(OutcomeKind.HELD, reason, why))
    counts = Counter(admission.never.values())
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    message = f"{run.name}: {len(admission.never)} tenant(s) may not start any more ({reasons})"
    await run.pace.decide(wave.name, run.batch.number, DecisionKind.MISSED, message)
    run.wave.halted = message


def _why_never(run: BatchRun, domain: str, reason: ReasonCode) -> str:
    need = f"{run.pace.need.total_seconds():.0f} s"
    deadline = run.pace.times[domain].deadline
    if reason is ReasonCode.DEADLINE_PASSED and deadline:
        return (
            f"{domain}: the deadline is {deadline:%Y-%m-%d %H:%M} UTC, and it has no opening of {need} before that: "
            "set a later one"
        )
    return (
        f"{domain}: within 400 days no window, outside of freezes, is open for {need} (rollout.time_per_tenant): "
        "correct the windows"
    )
