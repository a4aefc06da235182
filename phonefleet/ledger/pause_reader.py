"""Whether a run is paused: by an operator, or by what the process that drives it has seen."""

from __future__ import annotations

from sqlalchemy import Connection, select

from phonefleet.ledger import tables
from phonefleet.model.run_record import RunPause

events = tables.run_events.c


def read_pause(db: Connection, run_id: str) -> RunPause | None:
    """Return the pause that is in effect; None where the run may go on."""
    return _last(db, run_id, "paused", "unpaused") or _last(db, run_id, "held_up", "let_go")


def read_operators_pause(db: Connection, run_id: str) -> RunPause | None:
    """Return the pause by `phonefleet pause` that is in effect; None where there is none."""
    return _last(db, run_id, "paused", "unpaused")


def _last(db: Connection, run_id: str, begins: str, ends: str) -> RunPause | None:
    wanted = (events.run_id == run_id, events.event.in_((begins, ends)))
    row = db.execute(select(tables.run_events).where(*wanted).order_by(events.id.desc()).limit(1)).first()
    if row is None or row.event != begins:
        return None
    return RunPause(by=row.by, at=row.at, seen=begins == "held_up")
