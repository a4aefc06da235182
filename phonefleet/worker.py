"""One worker on one tenant: each write has a durable intent before it and a result after it.

On a restart every open intent is settled first, by reading the tenant. A test message cannot be read back; its fate
is read off the tenant's logs, and where they don't tell it stays unknown and the message is not sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from phonefleet.attempts import counting
from phonefleet.auth0.management import ManagementApi
from phonefleet.errors import ApiRefused, StepFailed, TenantError, Unreachable
from phonefleet.fate import Doubt, Fate, fate
from phonefleet.ledger import IntentRecord, Lease, Ledger, Result
from phonefleet.plan import Plan, Step
from phonefleet.steps import Fill, Handler, Objection, handler
from phonefleet.steps.base import Seen
from phonefleet.steps.provider import find_provider
from phonefleet.vocabulary import MARK, UNDO, ReasonCode, StepKind

_STANDS = (Result.done, Result.already)
_RESULTS = {Fate.taken: Result.done, Fate.never_arrived: Result.not_applied, Fate.unknown: Result.unknown}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a read-back is repeated until it shows what was written. Auth0 may lag, and an Action is built first."""

    read_back: timedelta = timedelta(seconds=10)
    build: timedelta = timedelta(minutes=2)
    first_pause: timedelta = timedelta(milliseconds=50)
    longest_pause: timedelta = timedelta(seconds=2)
    logs: timedelta = timedelta(seconds=60)
    """How long the tenant's logs may take to show a write."""
    sendings: int = 3
    """How often a write is sent that a read has shown, each time, never to have arrived."""

    def of(self, step: Step) -> timedelta:
        """The deadline for one step's read-back."""
        return self.build if step.kind is StepKind.deploy_action else self.read_back


@dataclass
class Worker:
    """What it takes to work on one tenant: its door, the ledger, and the lease that every write is checked against."""

    api: ManagementApi
    ledger: Ledger
    lease: Callable[[], Lease]
    """The lease as it is now; it changes when it is renewed."""
    run_id: str
    plan: Plan
    fill: Fill
    patience: Patience = field(default_factory=Patience)

    async def recover(self) -> None:
        """Settle every open intent of this tenant, whichever run and plan left it.

        A test message of which the logs don't tell whether it was sent is settled as `unknown`; `messages.send_test`
        heeds that.
        """
        found = await asyncio.to_thread(self.ledger.open_intents, None, self.api.domain)
        for intent in sorted(found, key=lambda intent: not intent.kind.startswith(MARK)):
            await self._settle_open(intent)

    async def applied(self) -> dict[str, IntentRecord]:
        """The steps of this plan that stand: done or found done, and not undone since. By key."""
        return _standing(await self._taken())

    async def touched(self) -> bool:
        """True once any write of this plan was intended that may still stand: it is continued, not judged anew."""
        records = await self._taken()
        return bool(_standing(records)) or any(r.result == Result.unknown for r in records.values())

    async def _taken(self) -> dict[tuple[str, str], IntentRecord]:
        return await asyncio.to_thread(self.ledger.applied, self.api.domain, self.plan.checksum)

    async def apply(self, step: Step) -> None:
        """Bring one step about, or find that it is so already.

        Raises:
            StepFailed: its precondition or its read-back does not hold.
            TenantError: Auth0 refused or could not be reached.
            LeaseHeld, LedgerError: nothing was written.
        """
        hands = handler(step)
        stands = step.key in await self.applied()
        if stands and not hands.repeatable:
            return
        seen = await hands.look(self.api, step)
        if hands.holds(step, seen) and (stands or hands.provable(step)):
            if not stands:
                await self._record(step, Result.already, "found so by a read")
            return
        if (objection := hands.objection(step, seen)) is not None:
            raise self._failed(objection)
        await self._write(step, str(step.kind), hands, seen)

    async def undo(self, step: Step) -> None:
        """Take one step back to what its `before` says; raises as `apply` does."""
        hands = handler(step)
        seen = await hands.look(self.api, step)
        if hands.undone(step, seen):
            await self._record(step, Result.already, "found undone by a read", kind=f"{UNDO}{step.kind}")
            return
        await self._write(step, f"{UNDO}{step.kind}", hands, seen)

    async def forget(self, step: Step) -> None:
        """Let a step no longer stand although nothing of it can be undone: a provider made anew is tested anew."""
        await self._record(step, Result.already, "nothing to undo", kind=f"{UNDO}{step.kind}")

    async def _write(self, step: Step, kind: str, hands: Handler, seen: Seen) -> None:
        """Write, and write again what was shown never to have arrived; each time is an intent of its own."""
        for left in reversed(range(self.patience.sendings)):
            lost = await self._write_once(step, kind, hands, seen)
            if lost is None:
                return
            if not left:
                raise lost

    async def _write_once(self, step: Step, kind: str, hands: Handler, seen: Seen) -> Unreachable | None:
        """One intent and its result; the lost connection when it was shown that the write never arrived."""
        undoing = kind.startswith(UNDO)
        since = datetime.now(UTC)
        intent = await self._intend(step, kind)
        doubt: Unreachable | None = None
        with counting() as attempts:
            try:
                if undoing:
                    await hands.undo(self.api, step, seen)
                else:
                    await hands.write(self.api, step, seen, self.fill)
            except Unreachable as lost:
                if not lost.maybe_applied:
                    await self._settle(intent, Result.not_applied, attempts.count, str(lost))
                    raise
                doubt = lost
            except TenantError as refused:
                await self._settle(intent, Result.failed, attempts.count, str(refused))
                raise
        if doubt is not None and not hands.repeatable:
            return await self._settle_doubt(intent, step, since, attempts.count, doubt)
        reached, shown = await self._read_back(
            step, hands, undoing=undoing, patience=self.patience.read_back if doubt else None
        )
        if not reached and doubt is not None:
            detail = f"{doubt}; a read shows that it never arrived"
            await self._settle(intent, Result.not_applied, attempts.count, detail)
            return doubt
        if not reached:
            objection = hands.failure(step, shown)
            await self._settle(intent, Result.failed, attempts.count, objection.message)
            raise self._failed(objection)
        await self._settle(intent, Result.done, attempts.count, "")
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
        await self._settle(intent, _RESULTS[found], attempts, f"{doubt}; {_SAID[found]}")
        if found is Fate.unknown:
            raise unknown_fate(self.api.domain, step) from doubt
        return doubt if found is Fate.never_arrived else None

    async def _fate(self, step: Step, since: datetime) -> Fate:
        """What the tenant's logs say about a test message.

        Raises:
            Unreachable: they could not be read; the intent stays open and is settled when the phase is repeated.
        """
        after: Any = step.after
        earlier = await asyncio.to_thread(self.ledger.messages, self.api.domain)
        known = {message.log_id for message in earlier if message.log_id}
        doubt = Doubt(self.api.client_id, after["delivery_method"], after["to"], since, known)
        try:
            return await fate(self.api, doubt, lambda: self._mark(step), deadline=self.patience.logs)
        except ApiRefused:
            return Fate.unknown

    async def _mark(self, step: Step) -> bool:
        """Set the provider's `disabled` to what it is: a write that changes nothing and is logged."""
        provider = await find_provider(self.api)
        if provider is None:
            return False
        intent = await self._intend(step, f"{MARK}{step.kind}")
        with counting() as attempts:
            try:
                await self.api.update_phone_provider(provider["id"], {"disabled": provider["disabled"]})
            except TenantError as error:
                await self._settle(intent, Result.unknown, attempts.count, str(error))
                raise
        await self._settle(intent, Result.done, attempts.count, "for the tenant's log: it changes nothing")
        return True

    async def _settle_open(self, intent: IntentRecord) -> None:
        """An intent without a result: the process died between the two."""
        undoing = intent.kind.startswith(UNDO)
        step = await self._step_of(intent)
        hands = handler(step)
        if intent.kind.startswith(MARK):
            await self._settle(intent.intent_id, Result.unknown, 0, "it changes nothing, arrived or not")
            return
        if not hands.repeatable:
            found = await self._fate(step, intent.intended_at)
            detail = f"the run died before its answer was recorded; {_SAID[found]}"
            await self._settle(intent.intent_id, _RESULTS[found], int(found is Fate.taken), detail)
            return
        if not undoing and not hands.provable(step):
            await self._settle(
                intent.intent_id,
                Result.unknown,
                0,
                "no read shows credentials; it is written again: that is safe",
            )
            return
        seen = await hands.look(self.api, step)
        reached = hands.undone(step, seen) if undoing else hands.holds(step, seen)
        if not reached and step.kind is StepKind.deploy_action:
            # It may be building; if it isn't, it was never asked for, so a whole build's time is not waited.
            reached, seen = await self._read_back(
                step, hands, undoing=False, patience=self.patience.read_back
            )
        result = Result.done if reached else Result.not_applied
        await self._settle(intent.intent_id, result, 1 if reached else 0, "settled by reading the tenant")

    async def _step_of(self, intent: IntentRecord) -> Step:
        plan = await asyncio.to_thread(self.ledger.plan, intent.plan_checksum)
        return next(step for step in plan.steps if step.key == intent.key)

    async def _intend(self, step: Step, kind: str) -> int:
        return await asyncio.to_thread(self._intend_now, step, kind)

    def _intend_now(self, step: Step, kind: str) -> int:
        return self.ledger.intend(
            self.lease(), self.run_id, self.api.domain, self.plan.checksum, step, kind=kind
        )

    async def _settle(self, intent: int, result: Result, attempts: int, detail: str) -> None:
        await asyncio.to_thread(lambda: self.ledger.settle(intent, result, attempts=attempts, detail=detail))

    async def _record(self, step: Step, result: Result, detail: str, *, kind: str | None = None) -> None:
        await self._settle(await self._intend(step, kind or str(step.kind)), result, 0, detail)

    def _failed(self, objection: Objection) -> StepFailed:
        return StepFailed(self.api.domain, objection.code, objection.message)


def _standing(records: Mapping[tuple[str, str], IntentRecord]) -> dict[str, IntentRecord]:
    undone = {
        key: record.intent_id
        for (kind, key), record in records.items()
        if kind.startswith(UNDO) and record.result in _STANDS
    }
    return {
        key: record
        for (kind, key), record in records.items()
        if not kind.startswith((UNDO, MARK))
        and record.result in _STANDS
        and record.intent_id > undone.get(key, 0)
    }


_SAID = {
    Fate.taken: "the tenant's log shows that it was taken",
    Fate.never_arrived: "the tenant's log shows later writes and not this one: it never arrived",
    Fate.unknown: "the tenant's log doesn't tell",
}


def unknown_fate(domain: str, step: Step) -> StepFailed:
    """The error for a test message that may or may not have been sent."""
    after: Any = step.after
    return StepFailed(
        domain,
        ReasonCode.test_fate_unknown,
        f"whether the test message by {after['delivery_method']} was sent is not known, so it is not sent again: look "
        "at the phone, then repeat with --resend-tests",
    )
