"""Snapshots of tenants before and after their changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Row, func, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks
from phonefleet.ledger.plan_rows import insert_snapshot
from phonefleet.model.run_record import SnapshotMoment, SnapshotRecord
from phonefleet.model.snapshot import Snapshot

LEFT = (SnapshotMoment.AFTER, SnapshotMoment.ROLLED_BACK)
"""The moments after a change of a tenant."""


class SnapshotStore(Store):
    """Records snapshots, without keys in code and URLs."""

    @blocking
    def add(self, run_id: str, domain: str, moment: SnapshotMoment | str, snapshot: Snapshot) -> None:
        """Record a snapshot.

        Raises:
            NotRecorded: Its code or a URL holds a key.
        """
        moment = SnapshotMoment(moment)
        with self._database.writing() as db:
            insert_snapshot(db, run_id, domain, moment, snapshot, self._database.now(db))

    @blocking
    def of_tenant(
        self, domain: str, *, run_id: str | None = None, moment: SnapshotMoment | str | None = None
    ) -> list[SnapshotRecord]:
        """Read the snapshots of a tenant, oldest first; of one run or one moment where given."""
        kept = tables.snapshots.c
        query = select(tables.snapshots).where(kept.domain == domain).order_by(kept.id)
        if run_id is not None:
            query = query.where(kept.run_id == run_id)
        if moment is not None:
            query = query.where(kept.moment == SnapshotMoment(moment).value)
        with self._database.reading() as db:
            rows = db.execute(query).all()
        return [_record(row) for row in rows]

    @blocking
    def latest(
        self, domains: Iterable[str], moments: Collection[SnapshotMoment] = LEFT, *, run_id: str | None = None
    ) -> dict[str, SnapshotRecord]:
        """Read each domain's last snapshot of these moments, of one run where given."""
        kept = tables.snapshots.c
        latest: dict[str, SnapshotRecord] = {}
        with self._database.reading() as db:
            for some in chunks(domains):
                last = select(func.max(kept.id)).where(kept.domain.in_(some), kept.moment.in_([*moments]))
                last = last if run_id is None else last.where(kept.run_id == run_id)
                query = select(tables.snapshots).where(kept.id.in_(last.group_by(kept.domain)))
                latest |= {row.domain: _record(row) for row in db.execute(query)}
        return latest


def _record(row: Row[Any]) -> SnapshotRecord:
    return SnapshotRecord(
        run_id=row.run_id,
        domain=row.domain,
        moment=SnapshotMoment(row.moment),
        at=row.at,
        snapshot=Snapshot.model_validate_json(row.snapshot),
    )
