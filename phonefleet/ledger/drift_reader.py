"""Read the drift of a run, with the time since when each tenant has drifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from phonefleet.ledger import tables
from phonefleet.ledger.database import chunks
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.run_record import DriftRecord

drift, runs, outcomes = tables.drift.c, tables.runs.c, tables.outcomes.c


def read_drift(db: Connection, run_id: str) -> list[DriftRecord]:
    """Read the changed fields that a run found, by tenant and field."""
    query = select(tables.drift).where(drift.run_id == run_id).order_by(drift.domain, drift.field)
    rows = db.execute(query).all()
    since: dict[str, datetime] = {}
    for some in chunks(dict.fromkeys(row.domain for row in rows)):
        since |= _first_found(db, run_id, some)
    return [
        DriftRecord(
            domain=row.domain,
            field=row.field,
            expected=row.expected,
            found=row.found,
            expected_at=row.expected_at,
            changed_by=row.changed_by and LoggedWrite.model_validate(row.changed_by),
            first_found_at=since.get(row.domain, row.at),
        )
        for row in rows
    ]


def _first_found(db: Connection, run_id: str, domains: Sequence[str]) -> Mapping[str, datetime]:
    """Return when each tenant was first found drifted, going back until a run that found it unchanged."""
    this = select(runs.verb, runs.started_at).where(runs.id == run_id).subquery()
    query = (
        select(outcomes.domain, outcomes.kind, outcomes.at)
        .join(tables.runs, runs.id == outcomes.run_id)
        .join(this, runs.verb == this.c.verb)
        .where(outcomes.domain.in_(domains), runs.started_at <= this.c.started_at)
        .order_by(runs.started_at.desc())
    )
    first: dict[str, datetime] = {}
    ended: set[str] = set()
    for domain, kind, at in db.execute(query):
        if domain not in first or (kind == OutcomeKind.DRIFTED and domain not in ended):
            first[domain] = at
        elif kind == OutcomeKind.UNCHANGED:
            ended.add(domain)
    return first
