"""Prepare and switch the tenants of a batch, within the limits of its wave; for a shard or for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from configs import OnFailure
from flows.pausing import poll
from flows.shard_work import ShardWork, work_concurrently
from flows.tenant_runs import run_task
from phonefleet.errors import LeaseHeld
from phonefleet.model.enums import MigrationPhase, OutcomeKind, ReasonCode, Reversibility, ShardPhase
from phonefleet.model.outcome import Outcome, outcome_of_error
from phonefleet.model.phase_end import PhaseResult, ended_as
from phonefleet.rollout.gates import max_change
from phonefleet.rollout.switch_rights import SwitchGrant, SwitchLimits
from tasks.migrate import check_prepared_tenant, prepare_tenant, record_prepared, switch_tenant
from tasks.rollback import take_back_tenant

PLACE_POLL_SECONDS = 1.0
"""How often places are asked for that tenants of other processes hold."""


class _Watch:
    """When a tenant's phase began."""

    def __init__(self, work: ShardWork) -> None:
        self._clock = work.pace.clock
        self._began_at, self._began = datetime.now(UTC), self._clock.now()

    def timed(self, result: PhaseResult) -> PhaseResult:
        """Return the result with how long the phase took until now."""
        seconds = (self._clock.now() - self._began).total_seconds()
        return result.model_copy(update={"began_at": self._began_at, "seconds": seconds})


class PauseClock:
    """How long the tenants of a shard have waited for the end of a pause."""

    def __init__(self, work: ShardWork) -> None:
        self._work = work
        self._limit = work.context.fleet.rollout.progress_deadline
        self._began: datetime | None = None

    async def is_paused(self) -> bool:
        """Return whether the run is paused, and report where a pause begins and ends."""
        why = await self._work.why_paused()
        if why:
            self._began = self._work.pace.clock.now() if self._began is None else self._began
            await self._work.on_pause(why)
        elif self._began is not None:
            self._began = None
            await self._work.on_pause("")
        return bool(why)

    @property
    def expired(self) -> bool:
        """Whether the pause lasts longer than `rollout.progress_deadline`."""
        return self._began is not None and self._work.pace.clock.now() - self._began > self._limit


async def prepare_all(work: ShardWork) -> None:
    """Do everything before the switch, or check that an earlier run has done it."""
    pause = PauseClock(work)

    async def one(work: ShardWork, domain: str) -> PhaseResult | None:
        while await pause.is_paused():
            if pause.expired or not await work.is_driven():
                return None
            await poll()
        is_over = await work.context.ledger.switches.is_over.in_thread(
            work.context.run_id, work.pace.waves[domain]
        )
        if is_over or not work.pace.may_prepare(domain):
            return None
        return await _prepare(work, domain)

    await work_concurrently(work, one)


async def _prepare(work: ShardWork, domain: str) -> PhaseResult:
    context, watch = work.context, _Watch(work)
    task = check_prepared_tenant if work.phase is ShardPhase.CHECK else prepare_tenant
    result = await run_task(context, domain, task)
    if isinstance(result, Outcome):
        return watch.timed(ended_as(result))
    if context.options.phase is not MigrationPhase.PREPARE:
        return watch.timed(PhaseResult(text="prepared", verified=result))
    recorded = await run_task(context, domain, record_prepared)
    return watch.timed(
        ended_as(recorded if isinstance(recorded, Outcome) else _outcome_of_preparation(verified=result))
    )


def _outcome_of_preparation(*, verified: bool) -> Outcome:
    if verified:
        message = "prepared and tested; it sends as before until a run with --switch"
        return Outcome(OutcomeKind.PREPARED, None, message)
    message = "prepared without delivery evidence, so --switch leaves it out; it sends as before"
    return Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, message)


async def switch_all(work: ShardWork) -> None:
    """Switch tenants, each once the ledger gives it the right to; in strict mode never more than may still fail.

    It ends when every tenant is switched, or may not be switched any more or not yet.
    """
    waiting = list(work.domains)
    running: set[asyncio.Task[None]] = set()
    pause = PauseClock(work)
    async with _switching() as start:
        while waiting or running:
            begun, waiting = await _begin(work, waiting, pause)
            running |= {start(work, domain) for domain in begun}
            if running:
                timeout = PLACE_POLL_SECONDS if waiting else None
                await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                running = {task for task in running if not task.done()}
            elif waiting:
                await asyncio.sleep(PLACE_POLL_SECONDS)


@asynccontextmanager
async def _switching() -> AsyncIterator[Callable[[ShardWork, str], asyncio.Task[None]]]:
    """Yield what starts the switch of a tenant. An error of one ends all of them, and is raised once."""
    try:
        async with asyncio.TaskGroup() as group:
            yield lambda work, domain: group.create_task(switch_one(work, domain))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _begin(work: ShardWork, waiting: list[str], pause: PauseClock) -> tuple[tuple[str, ...], list[str]]:
    """Return the tenants that may be switched now, and those that wait for a place."""
    if await pause.is_paused():
        return (), ([] if pause.expired or not await work.is_driven() else waiting)
    fences = await _fences(work, [domain for domain in waiting if work.pace.may_switch(domain)])
    given = await _take(work, fences)
    for domain in given.refused:
        limit = work.context.fleet.rollout.max_change
        message = f"{domain}: the run has switched as many tenants as rollout.max_change {limit} allows"
        held = Outcome(OutcomeKind.HELD, ReasonCode.CHANGE_LIMIT, message)
        await work.end(domain, ended_as(held))
    work.undriven = work.undriven or given.undriven
    gone = {*given.now, *given.later, *given.refused}
    over = given.over or given.undriven
    return given.now, [] if over else [domain for domain in fences if domain not in gone]


async def _fences(work: ShardWork, domains: list[str]) -> dict[str, int]:
    """Return the fence of each tenant's lease, and end the tenants whose lease is lost."""
    found: dict[str, int] = {}
    for domain in domains:
        try:
            found[domain] = work.context.leases.lease(domain).fence
        except LeaseHeld as lost:
            await work.end(domain, ended_as(outcome_of_error(lost)))
    return found


async def _take(work: ShardWork, fences: dict[str, int]) -> SwitchGrant:
    """Ask the ledger for the right to switch tenants; all are of one wave."""
    if not fences:
        return SwitchGrant()
    context, pace = work.context, work.pace
    rollout = context.fleet.rollout
    limit = None if context.options.force else max_change(rollout.max_change, len(context.fleet.tenants))
    limits = SwitchLimits(rollout.concurrency, rollout.strict, limit, pace.caps.groups)
    wave = pace.waves[next(iter(fences))]
    at = pace.clock.now()
    return await context.ledger.switches.take.in_thread(context.run_id, wave, fences, limits, at, work.driver)


async def settle_switch(work: ShardWork, domain: str) -> bool:
    """Settle by reading what a process left open of a tenant; return False where that failed, which ends the tenant."""
    only_switches = work.context.options.phase is MigrationPhase.SWITCH
    result = await run_task(work.context, domain, check_prepared_tenant if only_switches else prepare_tenant)
    if isinstance(result, Outcome):
        await work.end(domain, ended_as(result))
    return not isinstance(result, Outcome)


async def switch_one(work: ShardWork, domain: str) -> None:
    """Switch a tenant that has the right to be; one whose switch failed is rolled back where that may be."""
    watch = _Watch(work)
    result = await run_task(work.context, domain, switch_tenant)
    if isinstance(result, Outcome):
        timed = watch.timed(PhaseResult())
        failed = ended_as(await _take_back(work, domain, result))
        await work.end(
            domain, failed.model_copy(update={"began_at": timed.began_at, "seconds": timed.seconds})
        )
        return
    outcome = Outcome(OutcomeKind.MIGRATED)
    prepared = await work.context.ledger.shards.last_end.in_thread(
        work.context.run_id, domain, (ShardPhase.PREPARE, ShardPhase.CHECK)
    )
    if prepared is None or not prepared.verified:
        message = "switched without delivery evidence, as rollout.when_inconclusive: proceed says"
        outcome = Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, message)
    await work.end(domain, watch.timed(ended_as(outcome)))


async def _take_back(work: ShardWork, domain: str, failure: Outcome) -> Outcome:
    """Roll a tenant back whose switch failed, unless that is impossible or the fleet file says to hold.

    Where it is unknown whether it is possible, it is tried: the read afterwards shows it, and without effect it is
    undone.
    """
    context = work.context
    if context.fleet.rollout.on_failure is not OnFailure.ROLLBACK:
        return failure
    if (await context.plan_of(domain)).reversibility is Reversibility.ONE_WAY:
        return failure
    result = await run_task(context, domain, take_back_tenant)
    is_cut_off = failure.reason is ReasonCode.CANNOT_SEND
    if isinstance(result, Outcome):
        message = f"{failure.message}; then the rollback failed: {result.message}"
        return Outcome(OutcomeKind.FAILED, failure.reason if is_cut_off else result.reason, message)
    lost = f" ({'; '.join(result.losses)})" if result.losses else ""
    # It sends again.
    reason = ReasonCode.VERIFICATION_FAILED if is_cut_off else failure.reason
    return Outcome(OutcomeKind.ROLLED_BACK, reason, f"rolled back{lost} because {failure.message}")
