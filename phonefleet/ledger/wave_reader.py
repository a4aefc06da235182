"""Read the batches of a run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from phonefleet.ledger import tables
from phonefleet.model.enums import DecisionKind, OutcomeKind
from phonefleet.model.run_record import BatchProgress, WaveDecision, WaveRecord
from phonefleet.model.wave_forecast import WaveForecast

events = tables.wave_events.c
_OF_BATCHES = ("planned", "started", "ended")


def read_waves(db: Connection, run_id: str) -> list[WaveRecord]:
    """Read the batches of a run, in the order in which they were first recorded.

    A batch that is started again after a resume goes on: it has no verdict until it ends again, and it keeps its
    first start.
    """
    waves: dict[tuple[str, int], dict[str, Any]] = {}
    of_run = select(tables.wave_events).where(events.run_id == run_id, events.event.in_(_OF_BATCHES))
    for row in db.execute(of_run.order_by(events.id)):
        wave = waves.setdefault(
            (row.wave, row.batch),
            {"wave": row.wave, "batch": row.batch, "planned": 0, "failure_tolerance": 0, "started_at": None},
        )
        if row.event == "ended":
            wave |= {"ended_at": row.at, "verdict": row.verdict, "reason": row.reason}
            continue
        # A batch that is started again has fewer tenants left than it was planned with.
        planned = max(wave["planned"], row.planned)
        wave |= {"planned": planned, "failure_tolerance": row.failure_tolerance}
        if row.event == "started":
            wave |= {"ended_at": None, "verdict": None, "reason": ""}
            wave["started_at"] = wave["started_at"] or row.at
    return [WaveRecord(**wave) for wave in waves.values()]


def read_board(db: Connection, run_id: str) -> list[BatchProgress]:
    """Read the batches of a run with the outcomes of their tenants, without the rest of the run's record."""
    assigned, ended = tables.assignments.c, tables.outcomes.c
    last = select(func.max(assigned.id)).where(assigned.run_id == run_id).group_by(assigned.domain)
    query = (
        select(assigned.wave, assigned.batch, ended.kind, func.count().label("tenants"))
        .join(tables.outcomes, (ended.run_id == assigned.run_id) & (ended.domain == assigned.domain))
        .where(assigned.id.in_(last))
        .group_by(assigned.wave, assigned.batch, ended.kind)
    )
    counts: dict[tuple[str, int | None], dict[OutcomeKind, int]] = {}
    for row in db.execute(query):
        counts.setdefault((row.wave, row.batch), {})[OutcomeKind(row.kind)] = row.tenants
    return [
        BatchProgress(batch=each, outcomes=counts.get((each.wave, each.batch), {}))
        for each in read_waves(db, run_id)
    ]


def read_decisions(db: Connection, run_id: str) -> list[WaveDecision]:
    """Read what a run decided about its batches, oldest first."""
    decided = select(tables.wave_events).where(events.run_id == run_id, events.event == "decided")
    return [
        WaveDecision(
            at=row.at, wave=row.wave, batch=row.batch, kind=DecisionKind(row.verdict), message=row.reason
        )
        for row in db.execute(decided.order_by(events.id))
    ]


def read_forecasts(db: Connection, run_id: str, *, revised: bool = False) -> list[WaveForecast]:
    """Read the last forecast of each wave: those before anything was changed, or those after an earlier wave."""
    known = tables.forecasts.c
    rows = db.execute(select(tables.forecasts).where(known.run_id == run_id).order_by(known.id))
    found = [WaveForecast.model_validate(row.forecast) for row in rows]
    return list({each.wave: each for each in found if each.is_revised is revised}.values())
