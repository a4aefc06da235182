"""Insert outcomes: one for each tenant and run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import append_entry
from phonefleet.ledger.database import Database, chunks
from phonefleet.ledger.run_reader import last_actor
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.outcome import Outcome


def insert_outcomes(
    database: Database, db: Connection, run_id: str, domains: Sequence[str], outcome: Outcome, at: datetime
) -> None:
    """Insert the same outcome for all the domains.

    Raises:
        LedgerError: A tenant has its outcome already.
    """
    _refuse_second_outcome(db, run_id, domains)
    reason = outcome.reason.value if outcome.reason is not None else None
    same = {"kind": outcome.kind.value, "reason": reason, "message": outcome.message}
    rows = [{"run_id": run_id, "domain": domain, "at": at, **same} for domain in domains]
    if rows:
        db.execute(insert(tables.outcomes), rows)
    for domain in domains if outcome.kind is OutcomeKind.ROLLED_BACK else ():
        action, by = AuditAction.ROLLED_BACK, last_actor(db, run_id)
        append_entry(database, db, action, by, at, run_id=run_id, domain=domain, detail={"reason": reason})


def _refuse_second_outcome(db: Connection, run_id: str, domains: Sequence[str]) -> None:
    known = tables.outcomes.c
    for some in chunks(domains):
        query = select(known.domain, known.kind, known.at).where(
            known.run_id == run_id, known.domain.in_(some)
        )
        for domain, kind, at in db.execute(query):
            raise LedgerError(
                f"{domain}: run {run_id} recorded its outcome {kind} at {at:%Y-%m-%d %H:%M:%S} UTC; "
                "an outcome is final, a new run records a new one"
            )
