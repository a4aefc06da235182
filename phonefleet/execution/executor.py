"""One worker on one tenant: each write has a durable intent before it and a result after it.

On a restart every open intent is settled first, by reading the tenant. A test message cannot be read back; its fate
is read off the tenant's logs, and where they don't tell it stays unknown and the message is not sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.send_outcome import SendOutcome
from phonefleet.errors import StepFailed, TenantError, Unreachable
from phonefleet.execution.ambiguous_send import (
    EXPLANATIONS,
    RESULTS,
    resolve_ambiguous_send,
    unknown_send_outcome,
)
from phonefleet.execution.journal import Journal
from phonefleet.execution.steps import Fill, Handler, Objection, handler
from phonefleet.execution.steps.handler import Seen
from phonefleet.execution.write_counter import count_writes
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.plan import Plan, Step
from phonefleet.model.run_record import IntentRecord, Lease, StepResult

_SENDS = frozenset(
    {
        StepKind.CREATE_ACTION,
        StepKind.UPDATE_ACTION,
        StepKind.DEPLOY_ACTION,
        StepKind.CREATE_PROVIDER,
        StepKind.UPDATE_PROVIDER,
    }
)
"""What a test message goes through."""
_UNSEEN = "no read shows credentials; it is written again: that is safe"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a read-back is repeated until it shows what was written. Auth0 may lag, and an Action is built first."""

    read_back: timedelta = timedelta(seconds=10)
    build: timedelta = timedelta(minutes=2)
    first_pause: timedelta = timedelta(milliseconds=50)
    longest_pause: timedelta = timedelta(seconds=2)
    logs: timedelta = timedelta(seconds=60)
    """How long the tenant's logs may take to show a write."""
    max_writes: int = 3
    """How often a write is sent that, each time, never arrived, or that no read can show."""
    evidence_ttl: timedelta = timedelta(hours=1)
    """How long what another process of this run did counts where no read shows it: test messages and credentials."""

    def of(self, step: Step) -> timedelta:
        """The deadline for one step's read-back."""
        return self.build if step.kind is StepKind.DEPLOY_ACTION else self.read_back


@dataclass
class StepExecutor:
    """What it takes to work on one tenant: its door, the ledger, and the lease that every write is checked against."""

    api: ManagementApi
    ledger: Ledger
    lease: Callable[[], Lease]
    """The lease as it is now; it changes when it is renewed."""
    run_id: str
    plan: Plan
    fill: Fill
    patience: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def journal(self) -> Journal:
        """What this worker writes into the ledger."""
        return Journal(self.ledger, self.lease, self.run_id, self.plan)

    async def recover(self) -> None:
        """Settle every open intent of this tenant, whichever run and plan left it.

        A test message of which the logs don't tell whether it was sent is settled as `unknown`; `messages.send_test`
        heeds that.
        """
        for intent in await self.journal.open():
            await self._settle_open(intent)

    async def applied(self) -> dict[str, IntentRecord]:
        """The steps of this plan that stand: done or found done, and not undone since. By key."""
        return await self.journal.standing()

    async def touched(self) -> bool:
        """True once any write of this plan was intended that may still stand: it is continued, not judged anew."""
        return await self.journal.touched()

    async def apply(self, step: Step) -> None:
        """Bring one step about, or find that it is so already.

        Raises:
            StepFailed: its precondition or its read-back does not hold.
            TenantError: Auth0 refused or could not be reached.
            LeaseHeld, LedgerError: nothing was written.
        """
        hands = handler(step)
        standing = await self.applied()
        known = standing.get(step.key)
        counts = known is not None and await self._counts(step, known, standing.values())
        if counts and not hands.repeatable:
            return
        seen = await hands.look(self.api, step)
        held = hands.holds(step, seen)
        if held and counts:
            return
        if held and known is None and hands.provable(step):
            await self.journal.note(step, "found so by a read")
            return
        renewed = held and known is not None
        if not renewed and (objection := hands.objection(step, seen)) is not None:
            raise self._failed(objection)
        await self._write(step, Operation.APPLY, hands, seen)

    async def _counts(self, step: Step, known: IntentRecord, standing: Iterable[IntentRecord]) -> bool:
        """Whether a step that stands needs no doing.

        What no read shows must be this run's and either this process's own, which its fence tells, or young: days
        later a token may have been changed. A test message proves only what was there when it was sent.
        """
        hands = handler(step)
        if hands.repeatable and not hands.hides(step):
            return True
        if known.run_id != self.run_id or not await self._is_recent(known):
            return False
        written = (r.intent_id for r in standing if r.kind in _SENDS and r.result == StepResult.DONE)
        return hands.repeatable or known.intent_id > max(written, default=0)

    async def _is_recent(self, known: IntentRecord) -> bool:
        now = await self.ledger.now.in_thread()
        return now - known.intended_at < self.patience.evidence_ttl or known.fence == self.lease().fence

    async def undo(self, step: Step) -> None:
        """Take one step back to what its `before` says; raises as `apply` does."""
        hands = handler(step)
        seen = await hands.look(self.api, step)
        if hands.undone(step, seen):
            await self.journal.note(step, "found undone by a read", Operation.REVERT)
            return
        if seen is None:
            await self.forget(step)
            return
        await self._write(step, Operation.REVERT, hands, seen)

    async def forget(self, step: Step) -> None:
        """Let a step no longer stand although nothing of it can be undone, or what it changed is gone.

        A provider that is made anew is then tested anew.
        """
        await self.journal.note(step, "nothing to undo", Operation.REVERT)

    async def _write(self, step: Step, operation: Operation, hands: Handler, seen: Seen) -> None:
        """Write, and write again what never arrived, or may not have; each time is an intent of its own."""
        for left in reversed(range(self.patience.max_writes)):
            lost = await self._write_once(step, operation, hands, seen)
            if lost is None:
                return
            if not left:
                raise lost

    async def _write_once(
        self, step: Step, operation: Operation, hands: Handler, seen: Seen
    ) -> Unreachable | None:
        """One intent and its result; the lost connection when the write is to be sent again: that is safe then."""
        undoing = operation is Operation.REVERT
        since = datetime.now(UTC)
        intent = await self.journal.intend(step, operation)
        doubt: Unreachable | None = None
        with count_writes() as attempts:
            try:
                if undoing:
                    await hands.undo(self.api, step, seen)
                else:
                    await hands.write(self.api, step, seen, self.fill)
            except Unreachable as lost:
                if not lost.maybe_applied:
                    await self.journal.settle(intent, StepResult.NOT_APPLIED, attempts.count, str(lost))
                    raise
                doubt = lost
            except TenantError as refused:
                await self.journal.settle(intent, StepResult.FAILED, attempts.count, str(refused))
                raise
        if doubt is not None and not hands.repeatable:
            return await self._settle_doubt(intent, step, since, attempts.count, doubt)
        if doubt is not None and not undoing and not hands.provable(step):
            await self.journal.settle(intent, StepResult.UNKNOWN, attempts.count, f"{doubt}; {_UNSEEN}")
            return doubt
        reached, shown = await self._read_back(
            step, hands, undoing=undoing, patience=self.patience.read_back if doubt else None
        )
        if not reached and doubt is not None:
            detail = f"{doubt}; a read shows that it never arrived"
            await self.journal.settle(intent, StepResult.NOT_APPLIED, attempts.count, detail)
            return doubt
        if not reached:
            objection = hands.failure(step, shown)
            await self.journal.settle(
                intent, StepResult.FAILED, attempts.count, objection.message, accepted=True
            )
            raise self._failed(objection)
        await self.journal.settle(intent, StepResult.DONE, attempts.count, accepted=doubt is None)
        return None

    async def _read_back(
        self, step: Step, hands: Handler, *, undoing: bool, patience: timedelta | None = None
    ) -> tuple[bool, Seen]:
        """Read until the write shows, or until patience ends; a message has no read-back."""
        if not hands.repeatable:
            return True, None
        loop = asyncio.get_running_loop()
        end = loop.time() + (patience or self.patience.of(step)).total_seconds()
        pause = self.patience.first_pause.total_seconds()
        while True:
            seen = await hands.look(self.api, step)
            reached = hands.undone(step, seen) if undoing else hands.holds(step, seen)
            if reached or loop.time() + pause > end:
                return reached, seen
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.patience.longest_pause.total_seconds())

    async def _settle_doubt(
        self, intent: int, step: Step, since: datetime, attempts: int, doubt: Unreachable
    ) -> Unreachable | None:
        """A test message without an answer: it counts as sent, or never arrived, or nobody knows."""
        found = await self._fate(step, since)
        await self.journal.settle(intent, RESULTS[found], attempts, f"{doubt}; {EXPLANATIONS[found]}")
        if found is SendOutcome.UNKNOWN:
            raise unknown_send_outcome(self.api.domain, step) from doubt
        return doubt if found is SendOutcome.NEVER_ARRIVED else None

    async def _fate(self, step: Step, since: datetime) -> SendOutcome:
        return await resolve_ambiguous_send(self.api, self.journal, step, since, self.patience.logs)

    async def _settle_open(self, intent: IntentRecord) -> None:
        """An intent without a result: the process died between the two."""
        result, detail = await self._found(intent)
        await self.journal.settle(intent.intent_id, result, int(result is StepResult.DONE), detail)

    async def _found(self, intent: IntentRecord) -> tuple[StepResult, str]:
        """What a read says of an open intent, and in words."""
        undoing = intent.operation is Operation.REVERT
        step = await self.journal.step_of(intent)
        hands = handler(step)
        if intent.operation is Operation.MARK:
            return StepResult.UNKNOWN, "it changes nothing, arrived or not"
        if not hands.repeatable:
            fate = await self._fate(step, intent.intended_at)
            return RESULTS[fate], f"the run died before its answer was recorded; {EXPLANATIONS[fate]}"
        if not undoing and not hands.provable(step):
            return StepResult.UNKNOWN, _UNSEEN
        seen = await hands.look(self.api, step)
        reached = hands.undone(step, seen) if undoing else hands.holds(step, seen)
        if not reached and step.kind is StepKind.DEPLOY_ACTION:
            # It may be building; if it isn't, it was never asked for, so a whole build's time is not waited.
            reached, _ = await self._read_back(step, hands, undoing=False, patience=self.patience.read_back)
        return StepResult.DONE if reached else StepResult.NOT_APPLIED, "settled by reading the tenant"

    def _failed(self, objection: Objection) -> StepFailed:
        return StepFailed(self.api.domain, objection.code, objection.message)
