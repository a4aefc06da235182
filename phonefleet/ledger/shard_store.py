"""Shards of a run, and what its phases came to for each tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select

from phonefleet.errors import LeaseHeld, LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.lease_reader import driver_fence
from phonefleet.model.enums import SWITCHES, Operation, ShardPhase
from phonefleet.model.phase_end import PhaseEnd
from phonefleet.model.run_record import Lease

_OVERLAP = 500
"""PostgreSQL numbers rows before their transactions end, so a lower number may appear after a higher one."""
shards, ends = tables.shards.c, tables.phase_ends.c


class ShardStore(Store):
    """Records shards, and reads what phases came to."""

    @blocking
    def add(self, driver: Lease, phase: ShardPhase, domains: Sequence[str]) -> int:
        """Record that a process with a run's own lease gives tenants away for one phase; return the number."""
        row = {"run_id": driver.run_id, "driver": driver.fence, "phase": phase, "domains": list(domains)}
        with self._database.writing() as db:
            added = db.execute(insert(tables.shards).values(**row, at=self._database.now(db)))
            return int(added.inserted_primary_key[0])  # type: ignore[index]

    @blocking
    def check(self, number: int, run_id: str, phase: ShardPhase, domains: Sequence[str]) -> int:
        """Check that a shard was given away as this by the process that drives the run now.

        Returns:
            The fence of that process's lease of the run.

        Raises:
            LedgerError: It was not.
            LeaseHeld: No process drives the run any more, or another one.
        """
        with self._database.reading() as db:
            row = db.execute(select(tables.shards).where(shards.id == number)).first()
            driver = driver_fence(db, run_id, self._database.now(db))
        if row is None or (row.run_id, row.phase, row.domains) != (run_id, phase, list(domains)):
            raise LedgerError(
                f"run {run_id} has no shard {number} for the phase {phase} of these {len(domains)} tenant(s): the flow "
                "`tenants` is started by the run itself; start the run's own deployment"
            )
        if driver is None or driver != row.driver:
            raise LeaseHeld(
                f"shard {number} of run {run_id}: the process that gave its tenants away drives the run no longer; "
                "nothing was begun"
            )
        return driver

    @blocking
    def last_number(self) -> int:
        """Return the number of the last end of a phase, of any run; 0 without any."""
        with self._database.reading() as db:
            return int(db.execute(select(func.max(ends.id))).scalar() or 0)

    @blocking
    def ends(self, run_id: str, phase: ShardPhase, after: int = 0, seen: int = 0) -> list[PhaseEnd]:
        """Read what a phase came to for its tenants, oldest first.

        Args:
            run_id: The run.
            phase: The phase.
            after: Only ends with a higher number.
            seen: The highest number that was read before; a few lower ones are read again.
        """
        wanted = (ends.run_id == run_id, ends.phase == phase, ends.id > max(after, seen - _OVERLAP))
        with self._database.reading() as db:
            rows = db.execute(select(tables.phase_ends).where(*wanted).order_by(ends.id))
            return [PhaseEnd(**row.result, domain=row.domain, number=row.id) for row in rows]

    @blocking
    def last_end(self, run_id: str, domain: str, phases: Sequence[ShardPhase]) -> PhaseEnd | None:
        """Read what the last of some phases came to for a tenant in a run; None if it had none of them."""
        wanted = (ends.run_id == run_id, ends.domain == domain, ends.phase.in_(phases))
        query = select(tables.phase_ends).where(*wanted).order_by(ends.id.desc()).limit(1)
        with self._database.reading() as db:
            row = db.execute(query).first()
        return None if row is None else PhaseEnd(**row.result, domain=row.domain, number=row.id)

    @blocking
    def switched_at(self, run_id: str, domain: str) -> datetime:
        """Return when the switch of a tenant began in a run, or else last in any; now, if it never did."""
        if (end := self.last_end(run_id, domain, (ShardPhase.SWITCH,))) and end.began_at:
            return end.began_at
        known = tables.intents.c
        switched = (
            known.domain == domain,
            known.kind.in_(SWITCHES),
            known.operation == Operation.APPLY,
        )
        here = select(func.min(known.at)).where(*switched, known.run_id == run_id)
        anywhere = select(func.max(known.at)).where(*switched)
        with self._database.reading() as db:
            found = db.execute(here).scalar() or db.execute(anywhere).scalar()
            return found or self._database.now(db)
