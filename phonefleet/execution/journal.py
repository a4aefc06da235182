"""What one worker writes into the ledger: an intent before each write, its result after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation
from phonefleet.model.plan import Plan, Step
from phonefleet.model.run_record import IntentRecord, Lease, StepResult

_STANDS = (StepResult.DONE, StepResult.ALREADY)


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries of one tenant under one plan and one run; the ledger is asked in threads, since it waits for disks.

    Attributes:
        ledger: where they are kept.
        lease: gives the tenant's lease as it is now; every intent is checked against it.
        run_id: the run that writes.
        plan: the plan whose steps are taken.
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
        return await asyncio.to_thread(self._intend_now, step, operation)

    def _intend_now(self, step: Step, operation: Operation) -> int:
        return self.ledger.steps.intend(
            self.lease(), self.run_id, self.domain, self.plan.checksum, step, operation=operation
        )

    async def settle(
        self, intent: int, result: StepResult, attempts: int = 0, detail: str = "", *, accepted: bool = False
    ) -> None:
        """Record the result of an intent: once."""
        await self.ledger.steps.settle.in_thread(
            intent, result, attempts=attempts, accepted=accepted, detail=detail
        )

    async def note(self, step: Step, detail: str, operation: Operation = Operation.APPLY) -> None:
        """Record that nothing had to be written."""
        await self.settle(await self.intend(step, operation), StepResult.ALREADY, detail=detail)

    async def open(self) -> list[IntentRecord]:
        """The tenant's intents without a result, whichever run and plan left them; marks first."""
        found = await self.ledger.steps.open_intents.in_thread(None, self.domain)
        return sorted(found, key=lambda intent: intent.operation is not Operation.MARK)

    async def step_of(self, intent: IntentRecord) -> Step:
        """The step that an intent was for, from the plan it belonged to."""
        plan = await self.ledger.plans.get.in_thread(intent.plan_checksum)
        return next(step for step in plan.steps if step.key == intent.key)

    async def standing(self) -> dict[str, IntentRecord]:
        """The steps of this plan that stand: done or found done, and not undone since. By key."""
        return applied_steps(await self._taken())

    async def touched(self) -> bool:
        """True once any write of this plan was intended that may still stand."""
        records = await self._taken()
        return bool(applied_steps(records)) or any(
            r.result == StepResult.UNKNOWN for r in latest_intents(records).values()
        )

    async def evidence(self, but: int | None = None) -> set[str]:
        """Ids of the log entries that are evidence of the tenant's test messages, but for those of this intent."""
        messages = await self.ledger.messages.of_tenant.in_thread(self.domain)
        return {m.log_id for m in messages if m.log_id and m.intent_id != but}

    async def _taken(self) -> list[IntentRecord]:
        return await self.ledger.steps.of_plan.in_thread(self.domain, self.plan.checksum)


def latest_intents(records: Iterable[IntentRecord]) -> dict[tuple[Operation, str], IntentRecord]:
    """Return the last of one plan's intents for each operation and key.

    Args:
        records: The plan's intents, oldest first.
    """
    return {(record.operation, record.key): record for record in records}


def applied_steps(records: Iterable[IntentRecord]) -> dict[str, IntentRecord]:
    """Return the applied steps by key: their last intent is done or found done, and not reverted since.

    Args:
        records: One plan's intents, oldest first.
    """
    latest = latest_intents(records)
    reverted = {
        key: record.intent_id
        for (operation, key), record in latest.items()
        if operation is Operation.REVERT and record.result in _STANDS
    }
    return {
        key: record
        for (operation, key), record in latest.items()
        if operation is Operation.APPLY
        and record.result in _STANDS
        and record.intent_id > reverted.get(key, 0)
    }
