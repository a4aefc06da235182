"""Run tenants' tasks, a limited number at once, and record the outcome of each tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from flows.pausing import why_paused
from phonefleet.errors import LedgerError, PhonefleetError
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome, outcome_of_error
from tasks.run_context import RunContext
from tasks.unexpected_errors import unexpected

T = TypeVar("T")
TenantTask = Callable[[str, str, str], Awaitable[T]]
"""A task of one tenant, called with the path of the fleet file, the run's id and the domain."""


async def run_task(context: RunContext, domain: str, task: TenantTask[T]) -> T | Outcome:
    """Return the result of a tenant's task, or the outcome that its error leads to.

    Raises:
        LedgerError: nothing may be written any more, so the run itself ends.
    """
    context.progress.working(domain)
    try:
        return await task(context.fleet_file, context.run_id, domain)
    except LedgerError:
        raise
    except PhonefleetError as error:
        return outcome_of_error(error)
    except Exception as error:
        # A defect at one tenant must not cost the whole fleet its report.
        return outcome_of_error(unexpected(domain, error))
    finally:
        context.progress.idle(domain)


async def run_concurrently(
    limit: int, domains: Iterable[str], work: Callable[[str], Awaitable[None]]
) -> None:
    """Do `work` for every tenant, for `limit` of them at once.

    An error ends all of it: the work under way is cancelled, and no other begins. A write that was cancelled has its
    intent in the ledger and is settled by reading when the run is continued.
    """
    gate = asyncio.Semaphore(limit)

    async def one(domain: str) -> None:
        async with gate:
            await work(domain)

    try:
        async with asyncio.TaskGroup() as group:
            for domain in domains:
                group.create_task(one(domain))
    except BaseExceptionGroup as errors:
        # All the work under way met the same failure of the ledger: it is raised once.
        raise errors.exceptions[0] from None


async def lease_selected(context: RunContext, label: str, domains: list[str]) -> list[str]:
    """Acquire the leases of selected tenants; hold those that another run has, and all other tenants of the fleet.

    Returns:
        The tenants that may be worked on.
    """
    others = context.tenants.keys() - set(domains)
    await hold(context, others, ReasonCode.NOT_SELECTED, f"not selected for {context.verb}")
    conflicts = await context.leases.acquire(domains)
    context.progress.begin(label, len(domains))
    for conflict in conflicts:
        held = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflict))
        await record(context, conflict.domain, held)
    taken = {conflict.domain for conflict in conflicts}
    return [domain for domain in domains if domain not in taken]


async def run_selected(
    context: RunContext, label: str, domains: list[str], work: Callable[[str], Awaitable[Outcome]]
) -> None:
    """Give selected tenants the outcome of `work`, under their leases, and hold all other tenants of the fleet.

    A tenant that another run works on is held, and so is every tenant while the run is paused.
    """
    free = await lease_selected(context, label, domains)

    async def one(domain: str) -> None:
        if why := await why_paused(context):
            outcome = Outcome(OutcomeKind.HELD, ReasonCode.PAUSED, f"{why}, then repeat the command")
        else:
            await context.ledger.tenants.mark_started.in_thread(context.run_id, domain)
            outcome = await work(domain)
        await record(context, domain, outcome)

    await run_concurrently(context.fleet.rollout.concurrency, free, one)


async def hold_unselected(context: RunContext) -> list[str]:
    """Hold the tenants that the operator did not name, and return those that this run is for: all, if none is named."""
    named = context.options.tenants
    selected = [domain for domain in context.tenants if not named or domain in named]
    others = context.tenants.keys() - set(selected)
    await hold(context, sorted(others), ReasonCode.NOT_SELECTED, f"not selected for {context.verb}")
    return selected


async def hold(context: RunContext, domains: Iterable[str], reason: ReasonCode, why: str) -> None:
    """Record `held` for tenants that this run does not change, all at once."""
    await context.ledger.tenants.hold.in_thread(context.run_id, list(domains), reason, why)


async def record(context: RunContext, domain: str, outcome: Outcome) -> None:
    """Record a tenant's outcome in the ledger and report it to the observer."""
    await context.ledger.tenants.set_outcome.in_thread(
        context.run_id, domain, outcome.kind, outcome.reason, outcome.message
    )
    what = f"{outcome.kind}, {outcome.reason}" if outcome.reason else str(outcome.kind)
    context.progress.done(domain, what, failed=outcome.kind is OutcomeKind.FAILED)
