"""Read a run without its assessments and plans, so that a large fleet's fits into memory."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from phonefleet.ledger import tables
from phonefleet.ledger.run_reader import ended_events, facts_of_run, find_id, last_facts, newest_first
from phonefleet.ledger.step_reader import read_steps
from phonefleet.ledger.wave_reader import read_decisions, read_waves
from phonefleet.model.enums import SWITCHES
from phonefleet.model.run_outline import RunOutline, TenantOutline

intents, begun = tables.intents.c, tables.starts.c


def read_outline(db: Connection, name: str) -> RunOutline:
    """Read the outline of the run named as in `find_id`, and raise as it does."""
    run_id = find_id(db, name)
    row = db.execute(newest_first().where(tables.runs.c.id == run_id)).one()
    ended = ended_events(db, [run_id]).get(run_id)
    with_intents = select(intents.domain).where(intents.run_id == run_id).distinct()
    return RunOutline(
        run_id=run_id,
        verb=row.verb,
        fleet=row.fleet,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=ended.at if ended else None,
        exit_code=ended.exit_code if ended else None,
        tenants=tuple(_tenants(db, run_id)),
        switches=tuple(read_steps(db, intents.kind.in_(SWITCHES), run_id=run_id)),
        begun=frozenset(db.execute(with_intents).scalars()),
        waves=tuple(read_waves(db, run_id)),
        decisions=tuple(read_decisions(db, run_id)),
    )


def _tenants(db: Connection, run_id: str) -> list[TenantOutline]:
    """Read a run's tenants, in the fleet's order."""
    assessed, planned, known = tables.assessments.c, tables.plannings.c, tables.tenants.c
    places = last_facts(db, tables.assignments, run_id)
    verdicts = select(assessed.domain, assessed.verdict).where(assessed.run_id == run_id)
    verdict = {row.domain: row.verdict for row in db.execute(verdicts.order_by(assessed.id))}
    plans = select(planned.domain, planned.plan_checksum).where(planned.run_id == run_id)
    plan = {row.domain: row.plan_checksum for row in db.execute(plans.order_by(planned.id))}
    first = select(begun.domain, func.min(begun.at).label("at")).where(begun.run_id == run_id)
    starts = {row.domain: row.at for row in db.execute(first.group_by(begun.domain))}
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
