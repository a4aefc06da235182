"""Apply and revert steps on one tenant: each write has a durable intent before it and a result after it.

After a restart every open intent is settled first, by reading the tenant. No read shows a test message: its outcome is
read from the tenant's logs. If they do not show it, the outcome stays unknown and the message is not sent again
automatically.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from phonefleet.auth0.answer_parser import parse_provider
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.auth0.write_permission import writing_while
from phonefleet.delivery.lost_answer import AmbiguousSend, SendOutcome, resolve_send
from phonefleet.errors import (
    ApiRefused,
    IntentSettled,
    LeaseHeld,
    PhonefleetError,
    SecretError,
    StepFailed,
    TenantError,
    Unreachable,
)
from phonefleet.execution.applied_steps import applied_steps, has_writes, steps_in_place
from phonefleet.execution.journal import Journal
from phonefleet.execution.lost_answer_result import EXPLANATIONS, RESULTS, unknown_send_outcome
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.steps.handler import SecretResolver, StepProblem
from phonefleet.execution.steps.registry import AnyHandler, handler_for
from phonefleet.execution.write_counter import count_writes
from phonefleet.execution.write_in_hand import finish_before_cancel
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import IntentRecord, Lease, StepResult
from phonefleet.model.step_payloads import secret_references
from phonefleet.model.steps import SendTestStep, Step

_NOT_SHOWN = "no read shows credentials; it is written again: that is safe"


@dataclass
class StepExecutor:
    """Applies the steps of one plan to one tenant.

    Attributes:
        api: the tenant's Management API.
        ledger: where intents and results are kept.
        lease: returns the lease as it is now; renewing changes it, and every write is checked against it.
        run_id: the run.
        plan: the plan.
        resolve_secret: looks up the value of a secret for a request.
        retry_policy: the time limits.
    """

    api: ManagementApi
    ledger: Ledger
    lease: Callable[[], Lease]
    run_id: str
    plan: Plan
    resolve_secret: SecretResolver
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def journal(self) -> Journal:
        """What this executor records in the ledger."""
        return Journal(self.ledger, self.lease, self.run_id, self.plan)

    async def recover(self) -> None:
        """Settle every open intent of this tenant, of whichever run and plan.

        A test message whose outcome the logs do not show is settled as `unknown`; `send_test` checks for that.
        """
        await self.settle(await self.journal.open_intents())

    async def settle(self, intents: Iterable[IntentRecord]) -> None:
        """Find the results of intents without one, and record them; raises as `apply` does."""
        for intent in intents:
            result, detail = await self._open_result(intent)
            attempts = int(result is StepResult.DONE)
            with suppress(IntentSettled):  # Another process has settled it meanwhile.
                await self.journal.settle(intent.intent_id, result, attempts, detail)

    async def applied(self) -> dict[str, IntentRecord]:
        """Return the applied steps of this plan by key: done or found done, and not reverted since."""
        return applied_steps(await self.journal.records())

    async def has_writes(self) -> bool:
        """Whether a write of this plan may be in effect: then the plan is continued, not checked as a new one."""
        return has_writes(await self.journal.records())

    async def apply(self, step: Step) -> None:
        """Apply one step, unless it is applied already.

        Raises:
            StepFailed: its precondition or its read-back does not hold.
            TenantError: Auth0 refused or could not be reached.
            LeaseHeld, LedgerError: nothing was written.
        """
        handler = handler_for(step)
        records = await self.journal.records()
        applied = applied_steps(records)
        record = applied.get(step.key)
        # An earlier write without success leaves credentials that no read shows.
        is_unshown = handler.has_write_only_fields and step.key in steps_in_place(records)
        is_current = record is not None and await self._is_current(handler, record, applied.values())
        if is_current and not handler.is_idempotent:
            return
        observed = await handler.read(self.api)
        is_applied = handler.is_applied(observed)
        if is_applied and is_current:
            return
        if is_applied and record is None and handler.is_verifiable and not is_unshown:
            await self.journal.note(step, Operation.APPLY, "a read shows that it is applied already")
            return
        writes_again = is_applied and (record is not None or is_unshown)
        if not writes_again and (problem := handler.precondition_failure(observed)) is not None:
            raise self._failed(problem)
        await self._write(step, Operation.APPLY, handler, observed)

    async def _is_current(
        self, handler: AnyHandler, record: IntentRecord, applied: Iterable[IntentRecord]
    ) -> bool:
        """Whether an applied step need not be applied again.

        What no read shows must be recorded by this run, and either by this process (its lease has the same fence) or
        recently: days later a token may have been changed. A test message is evidence only for what was there when it
        was sent.
        """
        if handler.is_idempotent and not handler.has_write_only_fields:
            return True
        if record.run_id != self.run_id:
            return False
        age = await self.ledger.now.in_thread() - record.intended_at
        if age >= self.retry_policy.evidence_ttl and record.fence != self.lease().fence:
            return False
        carriers = {step.key for step in self.plan.steps if step.carries_messages}
        written = (r.intent_id for r in applied if r.key in carriers and r.result == StepResult.DONE)
        return handler.is_idempotent or record.intent_id > max(written, default=0)

    async def revert(self, step: Step) -> None:
        """Restore what the step's `before` says; raises as `apply` does."""
        handler = handler_for(step)
        observed = await handler.read(self.api)
        if handler.is_reverted(observed):
            await self.journal.note(step, Operation.REVERT, "a read shows that it is reverted already")
        elif observed is None:
            await self.record_as_reverted(step)
        else:
            await self._write(step, Operation.REVERT, handler, observed)

    async def record_as_reverted(self, step: Step) -> None:
        """Record a step as reverted although nothing is written: it has nothing to revert, or its object is gone.

        A provider that is created again is then tested again.
        """
        await self.journal.note(step, Operation.REVERT, "nothing to revert")

    async def _write(self, step: Step, operation: Operation, handler: AnyHandler, observed: object) -> None:
        """Write, and write again what never arrived, or may not have; each time under an intent of its own."""
        for remaining in reversed(range(self.retry_policy.max_writes)):
            once = self._write_once(step, operation, handler, observed, is_last=not remaining)
            lost_answer = await finish_before_cancel(once, self.retry_policy.grace)
            if lost_answer is None:
                return
            if not remaining:
                raise lost_answer

    async def _write_once(
        self, step: Step, operation: Operation, handler: AnyHandler, observed: object, *, is_last: bool
    ) -> Unreachable | None:
        """Wait until the step can be written, record one intent, write, and record the result.

        Args:
            step: the step.
            operation: what is done with it.
            handler: of the step.
            observed: what was read before.
            is_last: whether it is not written again: what follows relies on whether it arrived.

        Returns:
            The lost connection if the write is to be sent again, which is safe then; None if it is done.
        """
        if operation is Operation.APPLY:
            # Before the intent, because the lease may be lost meanwhile: the intent checks it.
            problem = await handler.wait_until_writable(self.api, self.retry_policy)
            if problem is not None:
                raise self._failed(problem)
        intent = await self.journal.intend(step, operation)
        lost_answer: Unreachable | None = None
        with count_writes() as writes, writing_while(self._holds_lease):
            try:
                if operation is Operation.REVERT:
                    await handler.revert(self.api, observed)
                else:
                    await handler.write(self.api, observed, await self._resolved(step))
            except Unreachable as error:
                if not error.maybe_applied:
                    await self.journal.settle(intent, StepResult.NOT_APPLIED, writes.count, str(error))
                    await self._check_lease()
                    raise
                lost_answer = error
            except TenantError as refused:
                await self.journal.settle(intent, StepResult.FAILED, writes.count, str(refused))
                raise
            except SecretError as missing:
                await self.journal.settle(intent, StepResult.NOT_APPLIED, writes.count, str(missing))
                raise
            except (PhonefleetError, OSError):
                raise
            except Exception as error:
                # A defect: whether the write was carried out is found out as after a lost answer.
                lost_answer = Unreachable(
                    self.api.domain,
                    f"unexpected {type(error).__name__} at the write of {step.key}",
                    maybe_applied=True,
                )
        if lost_answer is not None and isinstance(step, SendTestStep):
            return await self._settle_send(intent, step, writes.count, lost_answer)
        if lost_answer is not None and operation is Operation.APPLY and handler.is_unshown(observed):
            detail = f"{lost_answer}; {_NOT_SHOWN}"
            await self.journal.settle(intent, StepResult.UNKNOWN, writes.count, detail)
            return lost_answer
        limit = self.retry_policy.read_back_limit(step.kind)
        if lost_answer is not None:
            limit = self.retry_policy.in_flight if is_last else self.retry_policy.read_back
        in_effect, observed = await self._read_back(handler, operation, limit)
        if in_effect:
            await self.journal.settle(intent, StepResult.DONE, writes.count)
            return None
        if lost_answer is not None:
            detail = f"{lost_answer}; a read shows that it never arrived"
            await self.journal.settle(intent, StepResult.NOT_APPLIED, writes.count, detail)
            return lost_answer
        problem = handler.no_effect(observed)
        await self.journal.settle(intent, StepResult.NOT_EFFECTIVE, writes.count, problem.message)
        raise self._failed(problem)

    async def _resolved(self, step: Step) -> SecretResolver:
        """Read the secrets that a step's request needs, in a thread: a command or a keyring may take seconds.

        Raises:
            SecretError: one of them has no value.
        """
        needed = dict.fromkeys(secret_references(step.after_json))
        values = await asyncio.to_thread(lambda: {each: self.resolve_secret(each) for each in needed})
        return values.__getitem__

    async def _read_back(
        self, handler: AnyHandler, operation: Operation, limit: timedelta
    ) -> tuple[bool, object]:
        """Read until the write shows, or until the limit; nothing to read after a test message."""
        if not handler.is_idempotent:
            return True, None
        is_in_effect = handler.is_reverted if operation is Operation.REVERT else handler.is_applied
        observed: object = None
        async for _ in self.retry_policy.reads(limit):
            observed = await handler.read(self.api)
            if is_in_effect(observed):
                return True, observed
        return False, observed

    async def _settle_send(
        self, intent: int, step: SendTestStep, attempts: int, lost_answer: Unreachable
    ) -> Unreachable | None:
        """Settle a test message without an answer: it counts as sent, or never arrived, or is unknown."""
        outcome = await self._send_outcome(intent, step)
        detail = f"{lost_answer}; {EXPLANATIONS[outcome]}"
        await self.journal.settle(intent, RESULTS[outcome], attempts, detail)
        if outcome is SendOutcome.UNKNOWN:
            raise unknown_send_outcome(self.api.domain, step) from lost_answer
        return lost_answer if outcome is SendOutcome.NEVER_ARRIVED else None

    async def _send_outcome(self, intent: int, step: SendTestStep) -> SendOutcome:
        """Find out from the tenant's logs what became of a test message.

        Raises:
            Unreachable: they could not be read; the intent stays open and is settled when the phase is repeated.
        """
        message = step.after
        messages = await self.journal.messages()
        own = next(m for m in messages if m.intent_id == intent)
        send = AmbiguousSend(
            self.api.client_id,
            message.delivery_method,
            message.to,
            own.sent_at,
            known={m.log_id for m in messages if m.log_id},
            earlier=[
                m.accepted_by
                for m in messages
                if m.delivery_method == message.delivery_method and m.intent_id < intent
            ],
        )
        try:
            if self.api.server_clock.now() is None:
                await find_provider(self.api)  # Any answer shows Auth0's clock.
            send = replace(send, clock_ahead=await self.journal.behind(self.api.server_clock))
            return await resolve_send(
                self.api, send, lambda: self._mark(step), deadline=self.retry_policy.logs
            )
        except ApiRefused:
            return SendOutcome.UNKNOWN

    async def _mark(self, step: SendTestStep) -> datetime | None:
        """Set the provider's `disabled` to what it is: a write that changes nothing and is logged.

        Returns:
            The middle between Auth0's times of this write and of the one before it, which tells their log entries
            apart; None where there is no provider, or Auth0 does not show two times.
        """
        provider = await find_provider(self.api)
        if provider is None:
            return None
        intent = await self.journal.intend(step, Operation.MARK)
        with count_writes() as writes, writing_while(self._holds_lease):
            try:
                answer = await self.api.update_phone_provider(provider.id, {"disabled": provider.disabled})
            except TenantError as error:
                await self.journal.settle(intent, StepResult.UNKNOWN, writes.count, str(error))
                raise
        await self.journal.settle(intent, StepResult.DONE, writes.count, "a mark in the tenant's log")
        before, made = provider.updated_at, parse_provider(answer).updated_at
        return before + (made - before) / 2 if before and made and before < made else None

    async def _open_result(self, intent: IntentRecord) -> tuple[StepResult, str]:
        """Find the result of an intent whose process died before recording it, and the detail to record."""
        if intent.operation is Operation.MARK:
            return StepResult.UNKNOWN, "it changes nothing, whether it arrived or not"
        step = await self.journal.step_of(intent)
        handler = handler_for(step)
        if intent.operation is Operation.REVERT and not handler.is_revertible:
            return StepResult.ALREADY, "nothing to revert"
        if isinstance(step, SendTestStep):
            outcome = await self._send_outcome(intent.intent_id, step)
            return (
                RESULTS[outcome],
                f"the run died before its answer was recorded; {EXPLANATIONS[outcome]}",
            )
        if intent.operation is Operation.APPLY and (
            not handler.is_verifiable or (handler.has_write_only_fields and await self._was_in_place(intent))
        ):
            return StepResult.UNKNOWN, _NOT_SHOWN
        # The request may still be on its way: its process may have ended a moment ago.
        limit = self.retry_policy.may_arrive_for(await self.ledger.now.in_thread() - intent.intended_at)
        if step.kind is StepKind.DEPLOY_ACTION:
            # It may be building. If it is not, it was never asked for: a whole build's time is not waited.
            limit = max(limit, self.retry_policy.read_back)
        in_effect, _ = await self._read_back(handler, intent.operation, limit)
        return StepResult.DONE if in_effect else StepResult.NOT_APPLIED, "settled by reading the tenant"

    async def _check_lease(self) -> None:
        """Raise `LeaseHeld` where another process may work on the tenant by now."""
        await self.ledger.leases.check.in_thread(self.lease())

    async def _holds_lease(self) -> bool:
        try:
            await self._check_lease()
        except LeaseHeld:
            return False
        return True

    async def _was_in_place(self, intent: IntentRecord) -> bool:
        """Whether an intent's step may have been in effect before it: a read cannot tell the two apart."""
        records = await self.ledger.steps.of_plan.in_thread(intent.domain, intent.plan_checksum)
        return intent.key in steps_in_place(r for r in records if r.intent_id < intent.intent_id)

    def _failed(self, problem: StepProblem) -> StepFailed:
        return StepFailed(self.api.domain, problem.code, problem.message)
