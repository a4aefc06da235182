"""Read intents with their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from phonefleet.ledger import tables
from phonefleet.model.run_record import IntentRecord

intents, results = tables.intents.c, tables.results.c


Steps = Select[tuple[Any, ...]]


def steps_where(*which: ColumnElement[bool]) -> Steps:
    """Select the intents for which all of `which` hold, oldest first, with their results."""
    columns = (
        results.result,
        results.attempts,
        results.detail,
        results.at.label("ended_at"),
    )
    query = select(tables.intents, *columns).select_from(tables.intents.outerjoin(tables.results))
    return query.where(*which).order_by(intents.id)


def read_steps(
    db: Connection, *which: ColumnElement[bool], run_id: str | None = None, domain: str | None = None
) -> list[IntentRecord]:
    """Read the intents for which all of `which` hold, oldest first, with their results."""
    query = steps_where(*which)
    if run_id is not None:
        query = query.where(intents.run_id == run_id)
    if domain is not None:
        query = query.where(intents.domain == domain)
    return read_selected(db, query)


def read_selected(
    db: Connection, query: Steps, values: Mapping[str, str] | None = None
) -> list[IntentRecord]:
    """Read the steps that a query of `steps_where` selects, with values for what it leaves open."""
    return [
        IntentRecord(
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
        for row in db.execute(query, values)
    ]
