"""An open database and its transactions: one writer at a time, and readers that do not block it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import sqlite

from phonefleet.errors import LedgerError
from phonefleet.ledger.engine import make_engine, parse, shown
from phonefleet.ledger.faults import lock_message, naming_faults
from phonefleet.ledger.known_ledger import KnownLedger, LedgerMark
from phonefleet.ledger.own_leases import OwnLeases

Clock = Callable[[], datetime]
CHUNK = 5_000
"""Values in one IN list: both databases accept more, and neither gets faster."""


class Database:
    """An open database of a ledger. Safe to use from several threads; each process opens its own.

    Instants come from `clock`, or by default from the database: from the server for PostgreSQL, so that machines
    with different clocks agree on when a lease ends, and from this machine for SQLite, whose file is local.

    Attributes:
        own_leases: How long the leases of this process last, whatever becomes of that clock.
    """

    def __init__(
        self,
        engine: Engine,
        place: str,
        clock: Clock | None,
        lock_timeout: timedelta,
        audit_key: bytes | None = None,
    ) -> None:
        self.place = place
        self.audit_key = audit_key
        self._known: KnownLedger | None = None
        self._read_mark: Callable[[Connection], LedgerMark] | None = None
        self.lock_timeout = lock_timeout
        self._engine = engine
        self._writer = engine.execution_options(phonefleet_writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self._clock = clock
        self.own_leases = OwnLeases()
        self._turn = threading.Lock()

    @classmethod
    @contextmanager
    def opening(
        cls,
        place: str | Path | SecretStr,
        *,
        create: bool,
        clock: Clock | None,
        lock_timeout: timedelta,
        audit_key: bytes | None = None,
    ) -> Iterator[Self]:
        """Open the database for the setup in the `with` block, and close it if the block raises.

        Raises:
            LedgerError: It cannot be opened; also for any error of the database in the block.
        """
        url = parse(place)
        name = shown(url)
        with naming_faults(name, lock_timeout):
            engine = make_engine(url, name, create=create, lock_timeout=lock_timeout)
            database = cls(engine, name, clock, lock_timeout, audit_key)
            try:
                yield database
            except BaseException:
                database.close()
                raise

    @property
    def has_own_clock(self) -> bool:
        """Whether instants come from the caller's clock, and not from a real one."""
        return self._clock is not None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self._engine.dialect.name == "sqlite"

    @property
    def engine(self) -> Engine:
        """The engine, for what is done outside of a transaction."""
        return self._engine

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(str(self._engine.url.database)) if self.is_sqlite else None

    def close(self) -> None:
        """Close every connection."""
        if self._known is None:
            self._engine.dispose()
            return
        with self._known.closing(self.file):
            self._engine.dispose()

    def follow(self, known: KnownLedger, read_mark: Callable[[Connection], LedgerMark]) -> None:
        """Record from now on how far the ledger is, after each commit and when it is closed."""
        self._known, self._read_mark = known, read_mark

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Start a transaction that sees one state of the ledger."""
        with naming_faults(self.place, self.lock_timeout), self._reader.begin() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Start a transaction that is on disk once it has ended without an exception."""
        with naming_faults(self.place, self.lock_timeout), self._one_writer():
            with self._writer.begin() as db:
                yield db
                mark = self._read_mark(db) if self._read_mark else None
                if self._known and self.is_sqlite:
                    self._known.expect_change()
            if mark and self._known:
                self._known.advance(mark)

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Queue this process's threads, because SQLite makes a second writer poll."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self.lock_timeout.total_seconds()):
            raise LedgerError(lock_message(self.place, self.lock_timeout))
        try:
            yield
        finally:
            self._turn.release()

    def now(self, db: Connection) -> datetime:
        """Return the instant to record, in UTC."""
        if self._clock is not None:
            return self._clock().astimezone(UTC)
        if not self.is_sqlite:
            now: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
            return now.astimezone(UTC)
        return datetime.now(UTC)


class Store:
    """One kind of record in an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database


def insert_missing(db: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Insert the rows whose primary key is missing and leave the others unchanged."""
    if rows:
        make: Any = sqlite.insert
        if db.dialect.name != "sqlite":
            # Imported here: commands that read a ledger in a file start faster without.
            from sqlalchemy.dialects import postgresql

            make = postgresql.insert
        db.execute(make(table).on_conflict_do_nothing(), rows)


def chunks(values: Iterable[str], size: int = CHUNK) -> list[list[str]]:
    """Split values into lists short enough for an IN, or into lists of `size`."""
    every = list(values)
    return [every[i : i + size] for i in range(0, len(every), size)]
