"""Do a phase of a run for many tenants: in this process, or in shards on a work pool. The results are in the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from flows.migration_work import prepare_all, switch_all
from flows.pace import Pace
from flows.pool_shards import PoolPhase
from flows.shard_work import ENDS_RUN, OnPause, ShardWork, do_simple_phase, say_nothing
from flows.tenant_runs import lease_selected
from phonefleet.errors import LeaseHeld
from phonefleet.model.enums import OutcomeKind, ReasonCode, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.phase_end import PhaseEnd, ended_as
from tasks.run_context import RunContext


async def run_phase(
    context: RunContext,
    phase: ShardPhase,
    domains: Iterable[str],
    *,
    pace: Pace | None = None,
    on_pause: OnPause = say_nothing,
    at_once: int | None = None,
) -> dict[str, PhaseEnd]:
    """Do a phase for these tenants; their leases are held by this process where the phase writes.

    Args:
        context: the run, which this process drives.
        phase: what is done.
        domains: the tenants, in order.
        pace: when they may start; None makes one.
        on_pause: is called with the reason whenever a pause is met, and with an empty text after it.
        at_once: how many of them can be worked on at once, if that is known to be fewer than the fleet file says.

    Returns:
        What it came to, by domain. A tenant that is missing was not begun.
    """
    wanted = list(domains)
    if not wanted:
        return {}
    shards, concurrency = context.ledger.shards, context.fleet.rollout.concurrency
    mark = await shards.last_number.in_thread()
    if context.options.pool is None:
        pace = pace or Pace.of_run(context)
        await do_phase(ShardWork(context, phase, wanted, concurrency, pace, on_pause=on_pause))
    else:
        await PoolPhase(context, phase, wanted, mark, on_pause, at_once or concurrency).run()
    ends = await shards.ends.in_thread(context.run_id, phase, mark)
    return {end.domain: end for end in ends if end.domain in set(wanted)}


async def do_phase(work: ShardWork) -> None:
    """Do a phase for the tenants of a shard, under the leases that are held."""
    match work.phase:
        case ShardPhase.PREPARE | ShardPhase.CHECK:
            await prepare_all(work)
        case ShardPhase.SWITCH:
            await switch_all(work)
        case _:
            await do_simple_phase(work)


async def do_shard(context: RunContext, phase: ShardPhase, domains: list[str], driver: int) -> None:
    """Do a phase for the tenants of a shard in a process that does not drive the run.

    It takes over their leases. A tenant that another run has is held; one that another process of the same run has is
    left to the process that decides.
    """
    execution, concurrency = context.fleet.execution, context.fleet.rollout.concurrency
    pace = Pace.of_run(context)
    await pace.restore()
    work = ShardWork(context, phase, domains, max(1, concurrency // execution.at_once), pace, driver)
    if phase in ENDS_RUN:
        conflicts = await context.leases.acquire(domains)
        for conflict in conflicts:
            if conflict.held is None or conflict.held.run_id != context.run_id:
                held = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflict))
                await work.end(conflict.domain, ended_as(held))
        taken = {conflict.domain for conflict in conflicts}
        work.domains = [domain for domain in domains if domain not in taken]
    await do_phase(work)
    if work.undriven:
        raise LeaseHeld(f"run {context.run_id}: the process that decides has ended; nothing more was begun")


async def run_selected_phase(context: RunContext, phase: ShardPhase, label: str, domains: list[str]) -> None:
    """Do a phase that ends the run for selected tenants, under their leases, and hold all others of the fleet."""
    free = await lease_selected(context, label, domains)
    left = free
    while left:
        ends = await run_phase(context, phase, left)
        left = [domain for domain in left if domain not in ends]
