"""Waves and approvals: what a run did next, and who said that it may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.models import Approval
from phonefleet.ledger.runs import plan_row
from phonefleet.ledger.store import Store, insert_missing
from phonefleet.plan import Plan
from phonefleet.record import WaveRecord

events, approvals = tables.wave_events.c, tables.approvals.c


class Waves(Store):
    """Writes waves and approvals, and reads approvals."""

    def waves_planned(self, run_id: str, waves: Sequence[WaveRecord]) -> None:
        """Records the batches that a run intends, so that those it never starts are told too."""
        with self._writing() as db:
            for wave in waves:
                sizes = {"planned": wave.planned, "failure_tolerance": wave.failure_tolerance}
                self._event(db, run_id, wave.wave, wave.batch, "planned", **sizes)

    def wave_started(
        self, run_id: str, wave: str, batch: int, *, planned: int, failure_tolerance: int
    ) -> None:
        """Records the start of a batch: of `planned` tenants, of which `failure_tolerance` may fail."""
        sizes = {"planned": planned, "failure_tolerance": failure_tolerance}
        with self._writing() as db:
            self._event(db, run_id, wave, batch, "started", **sizes)

    def wave_ended(self, run_id: str, wave: str, batch: int, *, verdict: str, reason: str = "") -> None:
        """Records the end of a batch; `verdict` is `passed` or `stopped`."""
        with self._writing() as db:
            self._event(db, run_id, wave, batch, "ended", verdict=verdict, reason=reason)

    def approve(self, checksum: str, by: str, scope: str = "", note: str = "") -> Approval:
        """Records somebody's approval of a tenant's plan or of a fleet plan, by its checksum."""
        with self._writing() as db:
            approval = Approval(checksum=checksum, by=by, scope=scope, note=note, at=self._now(db))
            db.execute(insert(tables.approvals).values(**approval.model_dump()))
        return approval

    def approve_plans(self, plans: Sequence[tuple[Plan, str]], by: str, note: str = "") -> list[Approval]:
        """Records plans together with their approvals: all of them or none.

        Args:
            plans: each with its scope, what of it is approved.
            by: who.
            note: why.

        Raises:
            LedgerError: a plan holds a secret.
        """
        with self._writing() as db:
            at = self._now(db)
            insert_missing(db, tables.plans, [plan_row(plan.domain, plan, at) for plan, _ in plans])
            made = [Approval(checksum=p.checksum, by=by, scope=scope, note=note, at=at) for p, scope in plans]
            for approval in made:
                db.execute(insert(tables.approvals).values(**approval.model_dump()))
        return made

    def approvals_of(self, domain: str) -> list[Approval]:
        """The approvals of every plan of a tenant that was ever recorded, oldest first; the last may be void too."""
        plans = select(tables.plans.c.checksum).where(tables.plans.c.domain == domain)
        query = select(tables.approvals).where(approvals.checksum.in_(plans)).order_by(approvals.id)
        with self._reading() as db:
            return [_approval(row) for row in db.execute(query)]

    def approved(self, checksum: str) -> list[Approval]:
        """The approvals of exactly this checksum, oldest first; empty when nobody approved it."""
        query = select(tables.approvals).where(approvals.checksum == checksum).order_by(approvals.id)
        with self._reading() as db:
            return [_approval(row) for row in db.execute(query)]

    def _event(self, db: Connection, run_id: str, wave: str, batch: int, event: str, **more: Any) -> None:
        row = {"verdict": "", "reason": "", **more, "run_id": run_id, "wave": wave, "batch": batch}
        db.execute(insert(tables.wave_events).values(**row, event=event, at=self._now(db)))


def _approval(row: Row[Any]) -> Approval:
    return Approval(checksum=row.checksum, by=row.by, at=row.at, scope=row.scope, note=row.note)


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
