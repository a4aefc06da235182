"""Read runs and their tenants."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.lease_reader import active_runs
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import RunSummary, TenantOutline, TenantRecord

runs, run_events = tables.runs.c, tables.run_events.c


def newest_first() -> Select[Any]:
    """Select all runs, newest first."""
    return select(tables.runs).order_by(runs.started_at.desc(), runs.id.desc())


def last_actor(db: Connection, run_id: str) -> str:
    """Return who started a run or, if it was continued, who continued it last."""
    events = tables.run_events.c
    resumed = select(events.by).where(events.run_id == run_id, events.event == "resumed")
    started = select(tables.runs.c.started_by).where(tables.runs.c.id == run_id)
    return str(
        db.execute(resumed.order_by(events.id.desc()).limit(1)).scalar() or db.execute(started).scalar() or ""
    )


def find_id(db: Connection, name: str) -> str:
    """Return the id of the run named by its id, by the unique beginning of it, or by `latest`.

    Raises:
        LedgerError: There is none, or several.
    """
    newest: list[str] = list(
        db.execute(select(runs.id).order_by(runs.started_at.desc(), runs.id.desc())).scalars()
    )
    if not newest:
        raise LedgerError(f"there is no run {name}: the ledger holds none yet")
    if name == "latest":
        return newest[0]
    matching = [name] if name in newest else [run_id for run_id in newest if name and run_id.startswith(name)]
    match matching:
        case [run_id]:
            return run_id
        case []:
            near = difflib.get_close_matches(name, newest, n=3, cutoff=0.6) or newest[:3]
            raise LedgerError(f"there is no run {name}; near it: {', '.join(near)}")
        case _:
            raise LedgerError(
                f"{len(matching)} runs begin with {name!r}: {', '.join(matching[:5])}; write more of it"
            )


def ended_events(db: Connection, run_ids: list[str]) -> dict[str, Row[Any]]:
    """Return the last event of each run that has ended."""
    query = select(tables.run_events).where(run_events.run_id.in_(run_ids)).order_by(run_events.id)
    last = {row.run_id: row for row in db.execute(query)}
    return {run_id: row for run_id, row in last.items() if row.event == "ended"}


def summaries(db: Connection, query: Select[Any], now: datetime) -> list[RunSummary]:
    """Read the runs of a query, each in one line."""
    rows = db.execute(query).all()
    run_ids = [row.id for row in rows]
    ended = ended_events(db, run_ids)
    sizes = _count(db, tables.tenants.c.run_id, run_ids)
    open_intents = _count(db, tables.intents.c.run_id, run_ids, unsettled=True)
    outcomes = _outcome_counts(db, run_ids)
    holders = active_runs(db, now)
    resumed = _resumed_options(db, run_ids)
    return [
        RunSummary(
            run_id=row.id,
            verb=row.verb,
            fleet=row.fleet,
            phonefleet=row.version,
            started_at=row.started_at,
            started_by=row.started_by,
            ended_at=ended[row.id].at if row.id in ended else None,
            verdict=ended[row.id].verdict if row.id in ended else None,
            exit_code=ended[row.id].exit_code if row.id in ended else None,
            tenants=sizes.get(row.id, 0),
            outcomes=outcomes.get(row.id, {}),
            open_intents=open_intents.get(row.id, 0),
            holder=holders.get(row.id, ""),
            options=resumed.get(row.id, row.options),
        )
        for row in rows
    ]


def _resumed_options(db: Connection, run_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return the options with which each run was last resumed; runs resumed without any are left out."""
    query = select(run_events.run_id, run_events.options).where(
        run_events.run_id.in_(run_ids), run_events.event == "resumed"
    )
    return {row.run_id: row.options for row in db.execute(query.order_by(run_events.id)) if row.options}


def _count(db: Connection, column: Any, run_ids: list[str], *, unsettled: bool = False) -> dict[str, int]:
    query = select(column, func.count()).where(column.in_(run_ids)).group_by(column)
    if unsettled:
        settled = tables.results.c.intent_id
        query = query.select_from(tables.intents.outerjoin(tables.results)).where(settled.is_(None))
    return {row[0]: row[1] for row in db.execute(query)}


def _outcome_counts(db: Connection, run_ids: list[str]) -> dict[str, dict[OutcomeKind, int]]:
    known = tables.outcomes.c
    query = select(known.run_id, known.kind, func.count()).where(known.run_id.in_(run_ids))
    counts: dict[str, dict[OutcomeKind, int]] = {}
    for run_id, kind, number in db.execute(query.group_by(known.run_id, known.kind)):
        counts.setdefault(run_id, {})[OutcomeKind(kind)] = number
    return counts


def tenant_records(db: Connection, run_id: str, only: list[str] | None = None) -> list[TenantRecord]:
    """Read a run's tenants, or only these of them, in the fleet's order."""
    places = last_facts(db, tables.assignments, run_id, only)
    assessments = last_facts(db, tables.assessments, run_id, only)
    planned = tables.plannings.c
    query = select(planned.domain, tables.plans.c.checksum, tables.plans.c.plan).join(tables.plans)
    query = query.where(*_of_run(tables.plannings, run_id, only)).order_by(planned.id)
    plans = {row.domain: row for row in db.execute(query)}
    starts = _first_starts(db, run_id, only)
    outcomes = {row.domain: row for row in facts_of_run(db, tables.outcomes, run_id, only)}
    rows = db.execute(
        select(tables.tenants)
        .where(*_of_run(tables.tenants, run_id, only))
        .order_by(tables.tenants.c.position)
    )
    return [
        _tenant(
            row,
            places.get(row.domain),
            assessments.get(row.domain),
            plans.get(row.domain),
            starts.get(row.domain),
            outcomes.get(row.domain),
        )
        for row in rows
    ]


def _tenant(row: Any, place: Any, assessed: Any, planned: Any, started: Any, outcome: Any) -> TenantRecord:
    return TenantRecord(
        domain=row.domain,
        wave=place.wave if place else "",
        batch=place.batch if place else None,
        environment=row.environment,
        region=row.region,
        tier=row.tier,
        owner=row.owner,
        labels=row.labels,
        assessment=Assessment.model_validate_json(assessed.assessment) if assessed else None,
        plan=Plan.model_validate_json(planned.plan) if planned else None,
        plan_checksum=planned.checksum if planned else "",
        outcome=outcome.kind if outcome else None,
        outcome_reason=outcome.reason if outcome else None,
        outcome_message=outcome.message if outcome else "",
        started_at=started,
        ended_at=outcome.at if outcome else None,
    )


def facts_of_run(
    db: Connection, table: Table, run_id: str, only: list[str] | None = None
) -> Iterable[Row[Any]]:
    """Read all facts of a run in one table, or only those about these tenants."""
    return db.execute(select(table).where(*_of_run(table, run_id, only)))


def last_facts(
    db: Connection, table: Table, run_id: str, only: list[str] | None = None
) -> dict[str, Row[Any]]:
    """Read the last fact about each tenant of a run, or about each of these tenants."""
    query = select(table).where(*_of_run(table, run_id, only)).order_by(table.c.id)
    return {row.domain: row for row in db.execute(query)}


def _first_starts(db: Connection, run_id: str, only: list[str] | None = None) -> dict[str, datetime]:
    begun = tables.starts.c
    first = select(begun.domain, func.min(begun.at).label("at")).where(*_of_run(tables.starts, run_id, only))
    return {row.domain: row.at for row in db.execute(first.group_by(begun.domain))}


def _of_run(table: Table, run_id: str, only: list[str] | None) -> list[ColumnElement[bool]]:
    of_run: list[ColumnElement[bool]] = [table.c.run_id == run_id]
    return of_run if only is None else [*of_run, table.c.domain.in_(only)]


def tenant_outlines(db: Connection, run_id: str) -> list[TenantOutline]:
    """Read a run's tenants without their assessments and plans, in the fleet's order."""
    assessed, planned, known = tables.assessments.c, tables.plannings.c, tables.tenants.c
    places = last_facts(db, tables.assignments, run_id)
    verdicts = select(assessed.domain, assessed.verdict).where(assessed.run_id == run_id)
    verdict = {row.domain: row.verdict for row in db.execute(verdicts.order_by(assessed.id))}
    plans = select(planned.domain, planned.plan_checksum).where(planned.run_id == run_id)
    plan = {row.domain: row.plan_checksum for row in db.execute(plans.order_by(planned.id))}
    starts = _first_starts(db, run_id)
    outcomes = {row.domain: row for row in facts_of_run(db, tables.outcomes, run_id)}
    rows = select(known.domain, known.owner).where(known.run_id == run_id).order_by(known.position)
    return [
        TenantOutline(
            domain=row.domain,
            owner=row.owner,
            wave=place.wave if (place := places.get(row.domain)) else "",
            batch=place.batch if place else None,
            verdict=verdict.get(row.domain),
            plan_checksum=plan.get(row.domain, ""),
            outcome=outcome.kind if (outcome := outcomes.get(row.domain)) else None,
            outcome_reason=outcome.reason if outcome else None,
            started_at=starts.get(row.domain),
            ended_at=outcome.at if outcome else None,
        )
        for row in db.execute(rows)
    ]
