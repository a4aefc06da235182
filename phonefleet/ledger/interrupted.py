"""Tenants at which a process stopped in the middle: something was begun, and no run has said how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from phonefleet.ledger import tables
from phonefleet.model.enums import OutcomeKind

CHANGING = ("migrate", "rollback", "finalize")
"""The verbs that write to tenants."""
intents, outcomes = tables.intents.c, tables.outcomes.c


def last_intents(db: Connection, fleet: str) -> Sequence[Row[Any]]:
    """Each tenant's last intent by any run of the fleet."""
    last = select(func.max(intents.id)).join(tables.runs, tables.runs.c.id == intents.run_id)
    last = last.where(tables.runs.c.fleet == fleet).group_by(intents.domain)
    return db.execute(select(intents.domain, intents.run_id, intents.at).where(intents.id.in_(last))).all()


def told_outcomes(db: Connection, domains: Sequence[str]) -> dict[str, list[tuple[str, str, datetime]]]:
    """Each tenant's outcomes in runs that may write: run, kind and moment."""
    query = select(outcomes.domain, outcomes.run_id, outcomes.kind, outcomes.at).join(
        tables.runs, tables.runs.c.id == outcomes.run_id
    )
    query = query.where(outcomes.domain.in_(domains), tables.runs.c.verb.in_(CHANGING))
    told: dict[str, list[tuple[str, str, datetime]]] = {}
    for domain, run_id, kind, at in db.execute(query):
        told.setdefault(domain, []).append((run_id, kind, at))
    return told


def is_unknown(last: Row[Any], told: Iterable[tuple[str, str, datetime]]) -> bool:
    """Whether no outcome since says what became of the intent."""
    return not any(
        run_id == last.run_id or (at >= last.at and kind != OutcomeKind.HELD) for run_id, kind, at in told
    )
