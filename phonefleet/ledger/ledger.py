"""An open ledger, composed of one store for each kind of record."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from sqlalchemy import insert

from phonefleet.ledger import tables
from phonefleet.ledger.approval_store import ApprovalStore
from phonefleet.ledger.audit_store import AuditStore, append_entry
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Clock, Database
from phonefleet.ledger.drift_store import DriftStore
from phonefleet.ledger.engine import place_and_file
from phonefleet.ledger.fact_checks import unreadable_facts
from phonefleet.ledger.fleet_store import FleetStore
from phonefleet.ledger.history_store import HistoryStore
from phonefleet.ledger.known_ledger import KnownLedger, LedgerMark
from phonefleet.ledger.lease_store import LeaseStore
from phonefleet.ledger.message_store import MessageStore
from phonefleet.ledger.opening_checks import check_known, check_structure, read_mark
from phonefleet.ledger.plan_store import PlanStore
from phonefleet.ledger.run_store import RunStore
from phonefleet.ledger.schema_upgrade import upgrade_schema
from phonefleet.ledger.shard_store import ShardStore
from phonefleet.ledger.snapshot_store import SnapshotStore
from phonefleet.ledger.step_store import StepStore
from phonefleet.ledger.switch_store import SwitchStore
from phonefleet.ledger.tenant_store import TenantStore
from phonefleet.ledger.verification_store import VerificationStore
from phonefleet.ledger.wave_store import WaveStore
from phonefleet.model.audit import AuditAction


class Ledger:
    """An open ledger; `Ledger.open` makes one, and as a context manager it closes itself.

    Attributes:
        runs: Runs as a whole.
        tenants: What a run decided for each of its tenants.
        plans: Plans by their checksums.
        snapshots: States of tenants before and after their changes.
        steps: Intents and their results.
        messages: Test messages and their evidence.
        waves: Batches of a run.
        shards: Shards of a run, and what its phases came to.
        switches: The right to switch a tenant.
        verifications: Results of verifications.
        drift: Fields of tenants that `compliance` found changed.
        audit: Who decided what.
        approvals: Approvals of plans.
        leases: Which process may write to which tenant.
        fleets: What was last recorded about each tenant of a fleet, over all runs.
        history: Everything about one tenant, in order.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.runs = RunStore(database)
        self.tenants = TenantStore(database)
        self.plans = PlanStore(database)
        self.snapshots = SnapshotStore(database)
        self.steps = StepStore(database)
        self.messages = MessageStore(database)
        self.waves = WaveStore(database)
        self.shards = ShardStore(database)
        self.switches = SwitchStore(database)
        self.verifications = VerificationStore(database)
        self.drift = DriftStore(database)
        self.audit = AuditStore(database)
        self.approvals = ApprovalStore(database, self.audit)
        self.leases = LeaseStore(database)
        self.fleets = FleetStore(database, self.audit)
        self.history = HistoryStore(database)

    @classmethod
    def open(
        cls,
        place: str | Path | SecretStr,
        *,
        create: bool = True,
        clock: Clock | None = None,
        lock_timeout: timedelta = timedelta(seconds=10),
        audit_key: SecretStr | None = None,
        known: Path | None = None,
    ) -> Self:
        """Open the ledger at a path or URL and upgrade its schema.

        Args:
            place: A file for SQLite, or a URL (`postgresql://USER:PASSWORD@HOST/DATABASE`).
            create: Make a missing file and its directory; False raises instead.
            clock: Returns aware datetimes; None for the database's own clock.
            lock_timeout: How long to wait for a lock or a connection.
            audit_key: The key of the audit's hashes; None for hashes without a key.
            known: The file with what the fleet knows of its ledger; None to know nothing.

        Raises:
            LedgerError: It cannot be opened, was made by a newer version, or is not a ledger.
            LedgerDamaged: It is damaged, or not the ledger that the fleet had.
        """
        record = KnownLedger(known) if known else None
        unchanged = record is not None and record.check_before_opening(*place_and_file(place))
        key = audit_key.get_secret_value().encode() if audit_key else None
        with Database.opening(
            place, create=create, clock=clock, lock_timeout=lock_timeout, audit_key=key
        ) as database:
            upgrade_schema(database, record)
            if not unchanged:
                check_structure(database)
            if record:
                check_known(database, record)
        return cls(database)

    @blocking
    def mark(self) -> LedgerMark:
        """Read which ledger this is and how far it is."""
        with self._database.reading() as db:
            return read_mark(db, self._database.place)

    @blocking
    def adopt(self, known: Path, by: str) -> None:
        """Let the fleet know this ledger from now on, whatever it knew before, and record who decided that."""
        database = self._database
        with database.writing() as db:
            append_entry(database, db, AuditAction.LEDGER_ADOPTED, by, database.now(db))
        record = KnownLedger(known)
        record.adopt(self.mark())
        check_known(database, record)

    @blocking
    def verify(self) -> list[str]:
        """Check everything that can be checked, and return what is wrong.

        Raises:
            LedgerDamaged: It is too damaged to go on checking.
        """
        check_structure(self._database)
        audit = [fault.message for fault in self.audit.faults()]
        return [*audit, *unreadable_facts(self._database), *self.verifications.faults()]

    @property
    def place(self) -> str:
        """The file, or the URL without its secrets."""
        return self._database.place

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file, which one machine has."""
        return self._database.is_sqlite

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r})"

    @blocking
    def now(self) -> datetime:
        """Read the clock that dates the records, in UTC."""
        with self._database.reading() as db:
            return self._database.now(db)

    @blocking
    def check_writable(self) -> None:
        """Write and commit a row, to find a failure before the first write to a tenant.

        Raises:
            LedgerError: The ledger cannot be written; the message says why.
        """
        with self._database.writing() as db:
            db.execute(insert(tables.checks).values(at=self._database.now(db)))
