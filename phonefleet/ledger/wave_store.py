"""The batches of a run: planned, started, ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from configs import NotifyEvent
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.wave_reader import read_board
from phonefleet.model.enums import DecisionKind, WaveVerdict
from phonefleet.model.run_record import BatchProgress, WaveRecord
from phonefleet.model.wave_forecast import WaveForecast


class WaveStore(Store):
    """Records batches, and reads how far they are."""

    @blocking
    def plan(self, run_id: str, waves: Sequence[WaveRecord]) -> None:
        """Record the batches that a run intends, so that reports show those it never starts too."""
        with self._database.writing() as db:
            for wave in waves:
                sizes = {"planned": wave.planned, "failure_tolerance": wave.failure_tolerance}
                self._add(db, run_id, wave.wave, wave.batch, "planned", **sizes)

    @blocking
    def start(self, run_id: str, wave: str, batch: int, *, planned: int, failure_tolerance: int) -> None:
        """Record the start of a batch of `planned` tenants, of which `failure_tolerance` may fail."""
        sizes = {"planned": planned, "failure_tolerance": failure_tolerance}
        with self._database.writing() as db:
            self._add(db, run_id, wave, batch, "started", **sizes)

    @blocking
    def end(self, run_id: str, wave: str, batch: int, *, verdict: WaveVerdict, reason: str = "") -> None:
        """Record the end of a batch."""
        with self._database.writing() as db:
            self._add(db, run_id, wave, batch, "ended", verdict=verdict, reason=reason)

    @blocking
    def board(self, run_id: str) -> list[BatchProgress]:
        """Read the batches of a run with the outcomes of their tenants so far."""
        with self._database.reading() as db:
            return read_board(db, run_id)

    @blocking
    def decide(self, run_id: str, wave: str, batch: int, kind: DecisionKind, message: str) -> None:
        """Record what the run decided about a batch, with the numbers."""
        with self._database.writing() as db:
            self._add(db, run_id, wave, batch, "decided", verdict=kind, reason=message)

    @blocking
    def note_messages(
        self, run_id: str, event: NotifyEvent, wave: str, kind: DecisionKind, text: str
    ) -> None:
        """Record that messages about an event of a run, or of a wave of it, were tried, and what came of it."""
        with self._database.writing() as db:
            self._add(db, run_id, wave, 0, "notified", verdict=event)
            self._add(db, run_id, wave, 0, "decided", verdict=kind, reason=text)

    @blocking
    def is_notified(self, run_id: str, event: NotifyEvent, wave: str, since: datetime | None = None) -> bool:
        """Return whether messages about an event were tried before, and not earlier than `since`."""
        noted = tables.wave_events.c
        query = select(noted.id).where(
            noted.run_id == run_id, noted.event == "notified", noted.verdict == event, noted.wave == wave
        )
        query = query if since is None else query.where(noted.at >= since)
        with self._database.reading() as db:
            return db.execute(query.limit(1)).first() is not None

    @blocking
    def add_forecasts(self, run_id: str, forecasts: Iterable[WaveForecast]) -> None:
        """Record what a run foresees of its waves."""
        with self._database.writing() as db:
            at = self._database.now(db)
            for each in forecasts:
                row = {
                    "run_id": run_id,
                    "wave": each.wave,
                    "forecast": each.model_dump(mode="json"),
                    "at": at,
                }
                db.execute(insert(tables.forecasts).values(**row))

    def _add(self, db: Connection, run_id: str, wave: str, batch: int, event: str, **more: Any) -> None:
        row = {"verdict": "", "reason": "", **more, "run_id": run_id, "wave": wave, "batch": batch}
        db.execute(insert(tables.wave_events).values(**row, event=event, at=self._database.now(db)))
