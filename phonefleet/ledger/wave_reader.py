"""Read the batches of a run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from phonefleet.ledger import tables
from phonefleet.model.run_record import WaveRecord

events = tables.wave_events.c


def read_waves(db: Connection, run_id: str) -> list[WaveRecord]:
    """Read the batches of a run, in the order in which they were first recorded.

    A batch that is started again after a resume goes on: it has no verdict until it ends again, and it keeps its
    first start.
    """
    waves: dict[tuple[str, int], dict[str, Any]] = {}
    for row in db.execute(select(tables.wave_events).where(events.run_id == run_id).order_by(events.id)):
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
