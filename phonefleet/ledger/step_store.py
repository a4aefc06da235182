"""Intents and results: what is about to be written to a tenant, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.lease_store import check_lease
from phonefleet.ledger.secret_guard import refuse_secrets
from phonefleet.model.enums import Operation
from phonefleet.model.ledger_entries import IntentRecord, Lease, StepResult
from phonefleet.model.plan import Step

intents, results = tables.intents.c, tables.results.c


class StepStore(Store):
    """Records intents and their results, and reads them back."""

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
        """Records, durably, that a write is about to leave.

        In the same transaction the lease is checked: it must be of this domain, in force, and carry the
        current fence. The plan must have been recorded with `planned`, the tenant must have no outcome in
        this run, and no intent for the same step of the same plan may be open, in this run or an earlier one.

        Args:
            lease: the worker's lease of the tenant.
            run_id: the run.
            domain: the tenant.
            plan_checksum: the plan that the step is of.
            step: its `after` is kept as the summary of the request.
            operation: what is done with the step.

        Returns:
            The number that `settle` needs.

        Raises:
            LeaseHeld: the lease is not in force; nothing was recorded.
            NotRecorded: the request holds a secret; nothing was recorded.
            LedgerError: anything else above does not hold, or the ledger cannot be written.
        """
        refuse_secrets(step.after, f"request of {step.kind} {step.key}", domain)
        if lease.domain != domain:
            raise LedgerError(f"{domain}: the lease is of {lease.domain}; acquire this tenant's own")
        with self._database.writing() as db:
            now = self._database.now(db)
            check_lease(db, lease, now)
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
                    request=step.after,
                    holder=lease.holder,
                    fence=lease.fence,
                    at=now,
                )
            )
            return int(added.inserted_primary_key[0])  # type: ignore[index]

    @blocking
    def settle(
        self, intent_id: int, result: StepResult | str, *, attempts: int = 0, detail: str = ""
    ) -> None:
        """Records what became of an intent: once.

        Args:
            intent_id: from `intend`.
            result: see `Result`.
            attempts: write requests that went over the wire, the transport's retries included.
            detail: a sentence for people, redacted.

        Raises:
            LedgerError: there is no such intent, or it is settled already.
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
        """Intents without a result, oldest first; of one run or one tenant where given."""
        with self._database.reading() as db:
            return read_steps(db, results.intent_id.is_(None), run_id=run_id, domain=domain)

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
    def tenants_with_writes(self) -> set[str]:
        """The domains of all tenants to which anything was ever intended to be written."""
        with self._database.reading() as db:
            return set(db.execute(select(intents.domain).distinct()).scalars())


def read_steps(
    db: Connection, *which: ColumnElement[bool], run_id: str | None = None, domain: str | None = None
) -> list[IntentRecord]:
    """The intents for which all of `which` hold, oldest first, with their results."""
    columns = (results.result, results.attempts, results.detail, results.at.label("ended_at"))
    query = select(tables.intents, *columns).select_from(tables.intents.outerjoin(tables.results))
    if run_id is not None:
        query = query.where(intents.run_id == run_id)
    if domain is not None:
        query = query.where(intents.domain == domain)
    return [_intent_record(row) for row in db.execute(query.where(*which).order_by(intents.id))]


def _intent_record(row: Row[Any]) -> IntentRecord:
    """One row of `intents` joined with its result."""
    return IntentRecord(
        domain=row.domain,
        intent_id=row.id,
        plan_checksum=row.plan_checksum,
        index=row.step,
        operation=row.operation,
        kind=row.kind,
        target=row.target,
        key=row.key,
        title=row.title,
        intended_at=row.at,
        result=row.result,
        ended_at=row.ended_at,
        attempts=row.attempts or 0,
        detail=row.detail or "",
        run_id=row.run_id,
        holder=row.holder,
        fence=row.fence,
        request=row.request,
    )


def _refuse_unplanned(db: Connection, run_id: str, domain: str, checksum: str) -> None:
    """The tenant must be in the run and not yet over, its plan recorded."""
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
        raise LedgerError(
            f"{row.domain}: intent {intent_id} was settled as {row.result} at {_clock(row.at)}; "
            "a result is final"
        )


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
