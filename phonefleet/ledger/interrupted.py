"""Tenants at which a process stopped: the last intent has no outcome in its run, nor in a later one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from phonefleet.ledger import tables
from phonefleet.ledger.database import chunks
from phonefleet.model.enums import CHANGING_VERBS, OutcomeKind

intents, outcomes, runs = tables.intents.c, tables.outcomes.c, tables.runs.c


class Event(NamedTuple):
    """An intent or an outcome of a tenant."""

    run_id: str
    kind: str
    at: datetime


def interrupted_tenants(db: Connection, fleet: str) -> dict[str, str]:
    """Return the tenants whose last intent by a changing run of the fleet has no known outcome, with that run.

    An outcome of a later run counts unless it is `held`: that run has read the tenant.
    """
    last_ids = select(func.max(intents.id)).join(tables.runs, runs.id == intents.run_id)
    # A test message of compliance changes nothing of a tenant.
    changing = (runs.fleet == fleet) & runs.verb.in_(CHANGING_VERBS)
    last_ids = last_ids.where(changing).group_by(intents.domain)
    query = select(intents.domain, intents.run_id, intents.kind, intents.at).where(intents.id.in_(last_ids))
    last = {domain: Event(*event) for domain, *event in db.execute(query)}
    return {
        domain: last[domain].run_id
        for some in chunks(last)
        for domain, ends in _outcomes(db, some).items()
        if not _is_settled(last[domain], ends)
    }


def _outcomes(db: Connection, domains: Sequence[str]) -> dict[str, list[Event]]:
    """Read each tenant's outcomes in runs that may write."""
    query = select(outcomes.domain, outcomes.run_id, outcomes.kind, outcomes.at).join(
        tables.runs, runs.id == outcomes.run_id
    )
    ends: dict[str, list[Event]] = {domain: [] for domain in domains}
    for domain, *event in db.execute(
        query.where(outcomes.domain.in_(domains), runs.verb.in_(CHANGING_VERBS))
    ):
        ends[domain].append(Event(*event))
    return ends


def _is_settled(last: Event, ends: Iterable[Event]) -> bool:
    return any(
        end.run_id == last.run_id or (end.at >= last.at and end.kind != OutcomeKind.HELD) for end in ends
    )
