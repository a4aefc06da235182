"""Intents and results: each write to a tenant before it is sent, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select

from phonefleet.errors import IntentSettled, LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.lease_check import check_lease
from phonefleet.ledger.secret_guard import refuse_secrets
from phonefleet.ledger.step_reader import Steps, read_selected, read_steps, steps_where
from phonefleet.model.enums import CHANGING_VERBS, Operation, OutcomeKind, StepKind
from phonefleet.model.run_record import IntentRecord, Lease, StepResult
from phonefleet.model.steps import Step

intents, results, outcomes = tables.intents.c, tables.results.c, tables.outcomes.c


def _unsettled() -> Steps:
    own = outcomes.run_id == intents.run_id
    # Then `interrupted_tenants` does not name the run that died.
    overtaken = (
        (outcomes.at >= intents.at)
        & (outcomes.kind != OutcomeKind.HELD)
        & outcomes.run_id.in_(select(tables.runs.c.id).where(tables.runs.c.verb.in_(CHANGING_VERBS)))
    )
    ended = select(outcomes.run_id).where(outcomes.domain == intents.domain, own | overtaken).exists()
    changing = (intents.kind != StepKind.SEND_TEST, intents.operation != Operation.MARK)
    return steps_where(results.intent_id.is_(None), *changing, ended)


# Made once: each tenant of a run asks, and to make the query takes longer than to run it.
_UNSETTLED = _unsettled()
_UNSETTLED_OF = _UNSETTLED.where(intents.domain == bindparam("of"))


class StepStore(Store):
    """Records intents and results, and reads them back."""

    @blocking
    def intend(
        self,
        lease: Lease,
        run_id: str,
        domain: str,
        plan_checksum: str,
        step: Step,
        *,
        operation: Operation = Operation.APPLY,
    ) -> int:
        """Record durably that a write is about to be sent.

        The same transaction checks the lease: it must be of this domain, in force, and have the current fence. The
        plan must be recorded, the tenant must have no outcome in this run, and no intent for the same operation on
        the same step of the plan may be open, in this run or an earlier one.

        Args:
            lease: The process's lease of the tenant.
            run_id: The run.
            domain: The tenant.
            plan_checksum: The plan of the step.
            step: The step; its `after` is recorded as the request.
            operation: What is done with the step.

        Returns:
            The id of the intent, for `settle`.

        Raises:
            LeaseHeld: The lease is not in force; nothing was recorded.
            NotRecorded: The request holds a secret; nothing was recorded.
            LedgerError: Another condition above does not hold, or the ledger cannot be written.
        """
        _refuse_unfit(lease, domain, step)
        with self._database.writing() as db:
            return self._add_intent(db, lease, run_id, domain, plan_checksum, step, operation)

    @blocking
    def note(
        self,
        lease: Lease,
        run_id: str,
        domain: str,
        plan_checksum: str,
        step: Step,
        *,
        operation: Operation = Operation.APPLY,
        detail: str,
    ) -> None:
        """Record that nothing had to be written: an intent with its result `already`, in one transaction.

        A process that dies here leaves no intent without a result, which would count as a write that may have arrived.

        Args:
            lease: The process's lease of the tenant.
            run_id: The run.
            domain: The tenant.
            plan_checksum: The plan of the step.
            step: The step.
            operation: What would have been done with the step.
            detail: A sentence for people, redacted.

        Raises:
            LeaseHeld, NotRecorded, LedgerError: As in `intend`.
        """
        _refuse_unfit(lease, domain, step)
        with self._database.writing() as db:
            intent = self._add_intent(db, lease, run_id, domain, plan_checksum, step, operation)
            row = {"intent_id": intent, "result": StepResult.ALREADY.value, "attempts": 0, "detail": detail}
            db.execute(insert(tables.results).values(**row, at=self._database.now(db)))

    @blocking
    def settle(
        self,
        intent_id: int,
        result: StepResult | str,
        *,
        attempts: int = 0,
        detail: str = "",
    ) -> None:
        """Record the result of an intent, once.

        Args:
            intent_id: The id from `intend`.
            result: The result.
            attempts: Write requests sent over the wire, the transport's retries included.
            detail: A sentence for people, redacted.

        Raises:
            IntentSettled: It has its result already.
            LedgerError: There is no such intent.
        """
        row = {
            "intent_id": intent_id,
            "result": StepResult(result).value,
            "attempts": attempts,
            "detail": detail,
        }
        with self._database.writing() as db:
            _refuse_settled(db, intent_id)
            db.execute(insert(tables.results).values(**row, at=self._database.now(db)))

    @blocking
    def open_intents(self, run_id: str | None = None, domain: str | None = None) -> list[IntentRecord]:
        """Read the intents without a result, oldest first; of one run or one tenant where given."""
        with self._database.reading() as db:
            return read_steps(db, results.intent_id.is_(None), run_id=run_id, domain=domain)

    @blocking
    def unsettled(self, domain: str | None = None) -> dict[str, list[IntentRecord]]:
        """Return the writes whose effect no read has shown and that no run will settle by itself, by tenant.

        Their run has an outcome of the tenant: it failed at the read after the write. Or it died, and a later run has
        an outcome other than `held`. Test messages and marks are left out: they change nothing of a tenant.
        """
        found: dict[str, list[IntentRecord]] = {}
        with self._database.reading() as db:
            query = _UNSETTLED if domain is None else _UNSETTLED_OF
            for intent in read_selected(db, query, None if domain is None else {"of": domain}):
                found.setdefault(intent.domain, []).append(intent)
        return found

    @blocking
    def of_tenant(self, run_id: str | None = None, domain: str | None = None) -> list[IntentRecord]:
        """Read intents with their results, oldest first; of one run or one tenant where given."""
        with self._database.reading() as db:
            return read_steps(db, run_id=run_id, domain=domain)

    @blocking
    def of_plan(self, domain: str, plan_checksum: str) -> list[IntentRecord]:
        """Read a tenant's intents of one plan with their results, over all runs, oldest first."""
        with self._database.reading() as db:
            return read_steps(db, intents.plan_checksum == plan_checksum, domain=domain)

    @blocking
    def recent_durations(self, kind: StepKind, limit: int = 100) -> list[timedelta]:
        """Return how long the last steps of a kind took from their intent to their result, newest first."""
        done = (intents.kind == kind, intents.operation == Operation.APPLY, results.result == StepResult.DONE)
        query = select(intents.at, results.at).where(results.intent_id == intents.id, *done)
        with self._database.reading() as db:
            return [row[1] - row[0] for row in db.execute(query.order_by(intents.id.desc()).limit(limit))]

    @blocking
    def tenants_with_writes(self) -> set[str]:
        """Return the domains of all tenants that have an intent."""
        with self._database.reading() as db:
            return set(db.execute(select(intents.domain).distinct()).scalars())

    def _add_intent(
        self,
        db: Connection,
        lease: Lease,
        run_id: str,
        domain: str,
        plan_checksum: str,
        step: Step,
        operation: Operation,
    ) -> int:
        now = self._database.now(db)
        check_lease(db, lease, now, self._database.own_leases.left(lease.domain, lease.fence))
        _refuse_unplanned(db, run_id, domain, plan_checksum)
        _refuse_open(db, domain, plan_checksum, step, operation)
        added = db.execute(
            insert(tables.intents).values(
                run_id=run_id,
                domain=domain,
                plan_checksum=plan_checksum,
                step=step.index,
                operation=operation,
                kind=step.kind,
                target=step.target,
                key=step.key,
                title=step.title,
                request=step.after_json,
                holder=lease.holder,
                fence=lease.fence,
                at=now,
            )
        )
        return int(added.inserted_primary_key[0])  # type: ignore[index]


def _refuse_unfit(lease: Lease, domain: str, step: Step) -> None:
    """Refuse a request with a secret and a lease of another tenant, before the ledger is locked."""
    refuse_secrets(step.after_json, f"request of {step.kind} {step.key}", domain)
    if lease.domain != domain:
        raise LedgerError(f"{domain}: the lease is of {lease.domain}; acquire this tenant's own")


def _refuse_unplanned(db: Connection, run_id: str, domain: str, checksum: str) -> None:
    """Refuse a tenant that is not in the run or has its outcome, and a plan that is not recorded."""
    tenants, plans, outcomes = tables.tenants, tables.plans, tables.outcomes
    known = (
        select(plans.c.domain.label("plan_of"), outcomes.c.kind, outcomes.c.at)
        .select_from(tenants.outerjoin(outcomes).outerjoin(plans, plans.c.checksum == checksum))
        .where(tenants.c.run_id == run_id, tenants.c.domain == domain)
    )
    row = db.execute(known).first()
    if row is None:
        raise LedgerError(f"{domain}: is not among the tenants of run {run_id}; start a run that names it")
    if row.plan_of != domain:
        fact = "is not recorded" if row.plan_of is None else f"is of {row.plan_of}"
        raise LedgerError(
            f"{domain}: plan {checksum[:12]} {fact}; record the tenant's plan before applying it"
        )
    if row.kind is not None:
        raise LedgerError(
            f"{domain}: run {run_id} ended for it as {row.kind} at {_clock(row.at)}; start a new run"
        )


def _refuse_open(db: Connection, domain: str, checksum: str, step: Step, operation: Operation) -> None:
    same = (intents.plan_checksum == checksum, intents.operation == operation, intents.key == step.key)
    for intent in read_steps(db, *same, results.intent_id.is_(None), domain=domain):
        raise LedgerError(
            f"{domain}: intent {intent.intent_id} to {operation} {step.kind} {step.key} (run {intent.run_id}, "
            f"{_clock(intent.intended_at)}) is still open; read the tenant and settle it first"
        )


def _refuse_settled(db: Connection, intent_id: int) -> None:
    joined = tables.intents.outerjoin(tables.results)
    query = select(intents.domain, results.result, results.at).select_from(joined)
    row = db.execute(query.where(intents.id == intent_id)).first()
    if row is None:
        raise LedgerError(f"there is no intent {intent_id}")
    if row.result is not None:
        raise IntentSettled(
            f"{row.domain}: intent {intent_id} was settled as {row.result} at {_clock(row.at)}; "
            "a result is final"
        )


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
