"""An open ledger, composed of one store per kind of record."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from sqlalchemy import insert

from phonefleet.ledger import tables
from phonefleet.ledger.approval_store import ApprovalStore
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Clock, Database
from phonefleet.ledger.history_store import HistoryStore
from phonefleet.ledger.lease_store import LeaseStore
from phonefleet.ledger.message_store import MessageStore
from phonefleet.ledger.plan_store import PlanStore
from phonefleet.ledger.run_store import RunStore
from phonefleet.ledger.snapshot_store import SnapshotStore
from phonefleet.ledger.step_store import StepStore
from phonefleet.ledger.tenant_store import TenantStore
from phonefleet.ledger.wave_store import WaveStore


class Ledger:
    """An open ledger; `Ledger.open` makes one, and it is a context manager that closes it.

    Attributes:
        runs: runs as a whole.
        tenants: what a run decided for each of its tenants.
        plans: plans by their checksums.
        snapshots: what tenants looked like.
        steps: intents and their results.
        messages: test messages.
        waves: batches of a run.
        approvals: who approved which plan.
        leases: who works on which tenant.
        history: all of it about one tenant, in order.
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
        self.approvals = ApprovalStore(database)
        self.leases = LeaseStore(database)
        self.history = HistoryStore(database)

    @classmethod
    def open(
        cls,
        place: str | Path | SecretStr,
        *,
        create: bool = True,
        clock: Clock | None = None,
        patience: timedelta = timedelta(seconds=10),
    ) -> Self:
        """Open the ledger at a path or URL and bring its tables up to date; see `Database.open`.

        Raises:
            LedgerError: it cannot be opened, was made by a newer version, or is no ledger.
        """
        return cls(Database.open(place, create=create, clock=clock, patience=patience))

    @property
    def place(self) -> str:
        """The file, or the URL without anything secret in it."""
        return self._database.place

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
        """The instant by the clock that records are dated with, in UTC."""
        with self._database.reading() as db:
            return self._database.now(db)

    @blocking
    def check_writable(self) -> None:
        """Writes and commits a row, to learn now rather than between two writes to a tenant.

        Raises:
            LedgerError: the ledger cannot be written; the message says why.
        """
        with self._database.writing() as db:
            db.execute(insert(tables.checks).values(at=self._database.now(db)))
