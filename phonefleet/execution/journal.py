"""What an executor records in the ledger: an intent before each write, its result after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from phonefleet.auth0.clock import ServerClock, measurable
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import IntentRecord, Lease, MessageEntry, StepResult
from phonefleet.model.steps import Step


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries of one tenant under one plan and one run.

    Attributes:
        ledger: where they are kept.
        lease: returns the tenant's lease as it is now; every intent is checked against it.
        run_id: the run that writes.
        plan: the plan whose steps are applied.
    """

    ledger: Ledger
    lease: Callable[[], Lease]
    run_id: str
    plan: Plan

    @property
    def domain(self) -> str:
        """The tenant's canonical domain."""
        return self.plan.domain

    async def intend(self, step: Step, operation: Operation = Operation.APPLY) -> int:
        """Make an intent durable and return its id.

        Raises:
            LeaseHeld, LedgerError: nothing may be written.
        """
        return await asyncio.to_thread(self._intend, step, operation)

    def _intend(self, step: Step, operation: Operation) -> int:
        # The lease is looked up in the thread, right before it is checked.
        return self.ledger.steps.intend(
            self.lease(), self.run_id, self.domain, self.plan.checksum, step, operation=operation
        )

    async def settle(self, intent: int, result: StepResult, attempts: int = 0, detail: str = "") -> None:
        """Record the result of an intent, once."""
        await self.ledger.steps.settle.in_thread(intent, result, attempts=attempts, detail=detail)

    async def note(self, step: Step, operation: Operation, detail: str) -> None:
        """Record that nothing had to be written, together with its intent.

        Raises:
            LeaseHeld, LedgerError: nothing was recorded.
        """
        await asyncio.to_thread(self._note, step, operation, detail)

    def _note(self, step: Step, operation: Operation, detail: str) -> None:
        self.ledger.steps.note(
            self.lease(),
            self.run_id,
            self.domain,
            self.plan.checksum,
            step,
            operation=operation,
            detail=detail,
        )

    async def open_intents(self) -> list[IntentRecord]:
        """Return the tenant's intents without a result, of whichever run and plan; marks first."""
        intents = await self.ledger.steps.open_intents.in_thread(None, self.domain)
        return sorted(intents, key=lambda intent: intent.operation is not Operation.MARK)

    async def step_of(self, intent: IntentRecord) -> Step:
        """Return the step of an intent, from the plan that it belongs to."""
        plan = await self.ledger.plans.get.in_thread(intent.plan_checksum)
        return next(step for step in plan.steps if step.key == intent.key)

    async def records(self) -> list[IntentRecord]:
        """Return the intents of the plan over all runs, oldest first."""
        return await self.ledger.steps.of_plan.in_thread(self.domain, self.plan.checksum)

    async def messages(self) -> list[MessageEntry]:
        """Return the tenant's test messages of all runs and plans, oldest first."""
        return await self.ledger.messages.of_tenant.in_thread(self.domain)

    async def behind(self, clock: ServerClock) -> timedelta:
        """Return how far a server's clock is ahead of the ledger's, which dates messages; 0 if that is not known."""
        ours, theirs = await self.ledger.now.in_thread(), clock.now()
        return measurable(theirs - ours) if theirs else timedelta(0)
