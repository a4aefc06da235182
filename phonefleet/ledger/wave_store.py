"""What a run did with its waves, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.model.run_record import WaveRecord

events = tables.wave_events.c


class WaveStore(Store):
    """Records batches."""

    @blocking
    def plan(self, run_id: str, waves: Sequence[WaveRecord]) -> None:
        """Records the batches that a run intends, so that those it never starts are told too."""
        with self._database.writing() as db:
            for wave in waves:
                sizes = {"planned": wave.planned, "failure_tolerance": wave.failure_tolerance}
                self._event(db, run_id, wave.wave, wave.batch, "planned", **sizes)

    @blocking
    def start(self, run_id: str, wave: str, batch: int, *, planned: int, failure_tolerance: int) -> None:
        """Records the start of a batch: of `planned` tenants, of which `failure_tolerance` may fail."""
        sizes = {"planned": planned, "failure_tolerance": failure_tolerance}
        with self._database.writing() as db:
            self._event(db, run_id, wave, batch, "started", **sizes)

    @blocking
    def end(self, run_id: str, wave: str, batch: int, *, verdict: str, reason: str = "") -> None:
        """Records the end of a batch; `verdict` is `passed` or `stopped`."""
        with self._database.writing() as db:
            self._event(db, run_id, wave, batch, "ended", verdict=verdict, reason=reason)

    def _event(self, db: Connection, run_id: str, wave: str, batch: int, event: str, **more: Any) -> None:
        row = {"verdict": "", "reason": "", **more, "run_id": run_id, "wave": wave, "batch": batch}
        db.execute(insert(tables.wave_events).values(**row, event=event, at=self._database.now(db)))


def read_waves(db: Connection, run_id: str) -> list[WaveRecord]:
    """The batches of a run, in the order in which they were first named.

    A batch that is started again, after a resume, goes on: its verdict is open until it ends again, and its
    start stays the first one.
    """
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in db.execute(select(tables.wave_events).where(events.run_id == run_id).order_by(events.id)):
        wave = found.setdefault(
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
    return [WaveRecord(**wave) for wave in found.values()]
