"""Tenants at which a process stopped in the middle: something was begun, and no run has said how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from phonefleet.ledger import tables
from phonefleet.ledger.leases import runs_at_work
from phonefleet.ledger.store import Store, chunks
from phonefleet.vocabulary import OutcomeKind

CHANGING = ("migrate", "rollback", "finalize")
"""The verbs that write to tenants."""
intents, outcomes = tables.intents.c, tables.outcomes.c


class Interrupted(Store):
    """Finds what died runs left."""

    def interrupted(self, fleet: str) -> dict[str, str]:
        """The tenants whose last write by a run of the fleet has no outcome in that run, with the run's id.

        A run that a process is at work on is left out. A later run that came to any outcome but `held` has looked at
        the tenant and told what it found.
        """
        found: dict[str, str] = {}
        with self._reading() as db:
            going_on = runs_at_work(db, self._now(db))
            last = {row.domain: row for row in _last_intents(db, fleet)}
            for some in chunks(last):
                told = _told(db, some)
                found |= {d: last[d].run_id for d in some if _unknown(last[d], told.get(d, []))}
        return {domain: run_id for domain, run_id in found.items() if run_id not in going_on}


def _last_intents(db: Connection, fleet: str) -> Sequence[Row[Any]]:
    last = select(func.max(intents.id)).join(tables.runs, tables.runs.c.id == intents.run_id)
    last = last.where(tables.runs.c.fleet == fleet).group_by(intents.domain)
    return db.execute(select(intents.domain, intents.run_id, intents.at).where(intents.id.in_(last))).all()


def _told(db: Connection, domains: Sequence[str]) -> dict[str, list[tuple[str, str, datetime]]]:
    """Each tenant's outcomes in runs that may write: run, kind and moment."""
    query = select(outcomes.domain, outcomes.run_id, outcomes.kind, outcomes.at).join(
        tables.runs, tables.runs.c.id == outcomes.run_id
    )
    query = query.where(outcomes.domain.in_(domains), tables.runs.c.verb.in_(CHANGING))
    told: dict[str, list[tuple[str, str, datetime]]] = {}
    for domain, run_id, kind, at in db.execute(query):
        told.setdefault(domain, []).append((run_id, kind, at))
    return told


def _unknown(last: Row[Any], told: Iterable[tuple[str, str, datetime]]) -> bool:
    return not any(
        run_id == last.run_id or (at >= last.at and kind != OutcomeKind.HELD) for run_id, kind, at in told
    )
