"""What is done for tenants in one phase of a run: by the process of the run itself, or by a worker for a shard.

Each result goes into the ledger, where the process that decides reads it. A tenant without a result was not begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from configs import OnGate
from flows.pace import Pace
from flows.pausing import why_paused
from flows.tenant_runs import run_concurrently, run_task
from phonefleet.model.enums import OutcomeKind, ReasonCode, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.phase_end import PhaseResult, ended_as
from tasks.assess import assess_tenant
from tasks.compliance import find_writes, retest_tenant
from tasks.finalize import TenantFinalized, finalize_tenant
from tasks.migrate import check_health
from tasks.rollback import roll_back_tenant
from tasks.run_context import Progress, RunContext

ENDS_RUN = frozenset(
    (ShardPhase.PREPARE, ShardPhase.CHECK, ShardPhase.SWITCH, ShardPhase.ROLL_BACK, ShardPhase.FINALIZE)
)
"""An outcome in these phases is the tenant's outcome in the run; its lease is held all the time."""
LEASED = ENDS_RUN | {ShardPhase.RETEST}
"""These phases write to tenants."""

OnPause = Callable[[str], Awaitable[None]]


async def say_nothing(_why: str) -> None:
    """Ignore a pause."""


@dataclass
class ShardWork:
    """One phase of some tenants.

    Attributes:
        context: the run.
        phase: what is done.
        domains: the tenants, in order.
        at_once: how many of them at once.
        pace: when they may start.
        driver: the fence of the run's own lease, where another process drives the run.
        on_pause: is called with the reason whenever a pause is met, and with an empty text after it.
        undriven: whether no process decides for the run any more: nothing more is begun.
    """

    context: RunContext
    phase: ShardPhase
    domains: list[str]
    at_once: int
    pace: Pace
    driver: int | None = None
    on_pause: OnPause = field(default=say_nothing)
    undriven: bool = False

    async def why_paused(self) -> str:
        """Return why no tenant may start now; empty where nothing pauses the run."""
        return await why_paused(self.context, in_shard=self.driver is not None)

    async def is_driven(self) -> bool:
        """Return whether the process still drives the run that gave these tenants away."""
        if self.driver is not None and not self.undriven:
            self.undriven = (
                await self.context.ledger.leases.driver_fence.in_thread(self.context.run_id) != self.driver
            )
        return not self.undriven

    def _waits_for_gate(self, domain: str, outcome: Outcome | None) -> bool:
        """Return whether a switched tenant's outcome waits for its wave's gate, which may roll the wave back.

        An outcome is final. A run that dies before the gate finds the tenant without one, finishes it again, which
        writes nothing, and asks the gate.
        """
        if self.phase is not ShardPhase.SWITCH or outcome is None or not is_switched(outcome):
            return False
        wave = next(w for w in self.context.fleet.waves if w.name == self.pace.waves[domain])
        return wave.on_gate is OnGate.ROLLBACK_WAVE

    async def end(self, domain: str, result: PhaseResult) -> None:
        """Record what the phase came to for a tenant, and report it."""
        context, outcome = self.context, result.outcome
        ends_run = outcome if self.phase in ENDS_RUN and not self._waits_for_gate(domain, outcome) else None
        await context.ledger.tenants.end_phase.in_thread(context.run_id, self.phase, domain, result, ends_run)
        self.pace.note(self.phase, domain, timedelta(seconds=result.seconds))
        show(context.progress, self.phase, domain, result)


def is_switched(outcome: Outcome) -> bool:
    """Return whether the outcome of a switch says that the tenant is switched, verified or not."""
    return outcome.kind is OutcomeKind.MIGRATED or outcome.reason is ReasonCode.NO_DELIVERY_EVIDENCE


def show(progress: Progress, phase: ShardPhase, domain: str, result: PhaseResult) -> None:
    """Report a tenant's result to an observer; phases that are part of another one are not reported."""
    if phase is ShardPhase.ASSESS:
        progress.done(domain, result.shown, failed=result.kind is not None)
    elif phase in ENDS_RUN:
        progress.done(domain, result.shown, failed=result.kind is OutcomeKind.FAILED)


async def work_concurrently(
    work: ShardWork, one: Callable[[ShardWork, str], Awaitable[PhaseResult | None]]
) -> None:
    """Do the phase for as many tenants at once as may be; None is the result of a tenant that is not begun."""

    async def do(domain: str) -> None:
        if await work.is_driven() and (result := await one(work, domain)) is not None:
            await work.end(domain, result)

    await run_concurrently(work.at_once, work.domains, do)


async def do_simple_phase(work: ShardWork) -> None:
    """Do a phase that no limit of a wave concerns."""
    await work_concurrently(work, _WORK[work.phase])


async def do_assess(work: ShardWork, domain: str) -> PhaseResult:
    """Read a tenant, and record what it is."""
    result = await run_task(work.context, domain, assess_tenant)
    if isinstance(result, Outcome):
        return ended_as(result).model_copy(update={"text": str(result.reason or result.kind)})
    return PhaseResult(text=str(result.verdict), pending=result.pending)


async def do_check_health(work: ShardWork, domain: str) -> PhaseResult:
    """Check the health of a tenant since its switch."""
    since = await work.context.ledger.shards.switched_at.in_thread(work.context.run_id, domain)
    result = await run_task(
        work.context, domain, lambda fleet, run_id, domain: check_health(fleet, run_id, domain, since)
    )
    return ended_as(result) if isinstance(result, Outcome) else PhaseResult(text=result)


async def do_explain(work: ShardWork, domain: str) -> PhaseResult:
    """Search a tenant's logs for who wrote its phone settings."""
    writes = await run_task(work.context, domain, find_writes)
    return ended_as(writes) if isinstance(writes, Outcome) else PhaseResult(writes=writes)


async def do_retest(work: ShardWork, domain: str) -> PhaseResult | None:
    """Send test messages to a tenant; not while the run is paused."""
    if await work.why_paused():
        return None
    if conflicts := await work.context.leases.acquire([domain]):
        return ended_as(Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.LEASED_ELSEWHERE, str(conflicts[0])))
    result = await run_task(work.context, domain, retest_tenant)
    return ended_as(result) if isinstance(result, Outcome) else PhaseResult()


async def do_roll_back(work: ShardWork, domain: str) -> PhaseResult:
    """Roll a tenant back; hold it while the run is paused."""
    if paused := await _held_while_paused(work):
        return paused
    await work.context.ledger.tenants.mark_started.in_thread(work.context.run_id, domain)
    result = await run_task(work.context, domain, roll_back_tenant)
    if isinstance(result, Outcome):
        return ended_as(result)
    if not result.changed:
        message = "no migration of it is in effect any more: it was rolled back before"
        return ended_as(Outcome(OutcomeKind.UNCHANGED, None, message))
    message = f"not restored: {'; '.join(result.losses)}" if result.losses else ""
    return ended_as(Outcome(OutcomeKind.ROLLED_BACK, None, message))


async def do_finalize(work: ShardWork, domain: str) -> PhaseResult:
    """Remove a tenant's accepted leftovers; hold it while the run is paused."""
    if paused := await _held_while_paused(work):
        return paused
    await work.context.ledger.tenants.mark_started.in_thread(work.context.run_id, domain)
    result = await run_task(work.context, domain, finalize_tenant)
    return ended_as(result if isinstance(result, Outcome) else outcome_of_finalization(result))


async def _held_while_paused(work: ShardWork) -> PhaseResult | None:
    why = await work.why_paused()
    if not why:
        return None
    return ended_as(Outcome(OutcomeKind.HELD, ReasonCode.PAUSED, f"{why}, then repeat the command"))


def outcome_of_finalization(result: TenantFinalized) -> Outcome:
    """Return the outcome of a tenant from which everything accepted is removed."""
    stays = (result.stays,) if result.stays else ()
    if result.now:
        return Outcome(OutcomeKind.FINALIZED, None, ". ".join(("; ".join(result.now), *stays)))
    earlier = (f"removed earlier: {'; '.join(result.earlier)}",) if result.earlier else ()
    return Outcome(OutcomeKind.UNCHANGED, ReasonCode.NOTHING_LEFT, ". ".join((*earlier, *stays)))


_WORK: Mapping[ShardPhase, Callable[[ShardWork, str], Awaitable[PhaseResult | None]]] = {
    ShardPhase.ASSESS: do_assess,
    ShardPhase.HEALTH: do_check_health,
    ShardPhase.EXPLAIN: do_explain,
    ShardPhase.RETEST: do_retest,
    ShardPhase.ROLL_BACK: do_roll_back,
    ShardPhase.FINALIZE: do_finalize,
}
