"""Running tenants' tasks, so many at once, and giving each tenant its ending."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from phonefleet.errors import LedgerError, PhonefleetError
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome, outcome_of_error
from tasks.desk import Desk

T = TypeVar("T")
_log = logging.getLogger(__name__)


async def attempt(work: Callable[[], Awaitable[T]]) -> T | Outcome:
    """The result of a tenant's task, or the ending that its error leads to.

    Raises:
        LedgerError: nothing may be written any more, so the run itself ends.
    """
    try:
        return await work()
    except LedgerError:
        raise
    except PhonefleetError as error:
        return outcome_of_error(error)
    except Exception as error:
        # A defect of ours in one tenant must not take the fleet's report with it; it is told with its type.
        _log.exception("a task ended with an error that phonefleet doesn't know")
        return Outcome(OutcomeKind.FAILED, ReasonCode.INTERNAL_ERROR, f"{type(error).__name__}: {error}")


async def hold(desk: Desk, domains: Iterable[str], reason: ReasonCode, why: str) -> None:
    """Give tenants that this run does not touch their one outcome, all at once."""
    session = desk.session
    await session.ledger.tenants.hold.in_thread(session.run_id, list(domains), reason, why)


async def at_most(limit: int, domains: Iterable[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Do `work` for every tenant, for `limit` of them at once.

    An error ends all of it: those at work are cancelled, and no other begins. What was cancelled during a write has its
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
        # Those that were at work when the ledger failed met the same error: it is told once.
        raise errors.exceptions[0] from None


async def record(desk: Desk, domain: str, ending: Outcome) -> None:
    """Write a tenant's outcome into the ledger and tell whoever watches."""
    session = desk.session
    await session.ledger.tenants.set_outcome.in_thread(
        session.run_id, domain, ending.kind, ending.reason, ending.message
    )
    what = f"{ending.kind}, {ending.reason}" if ending.reason else str(ending.kind)
    desk.progress.done(domain, what, failed=ending.kind is OutcomeKind.FAILED)
