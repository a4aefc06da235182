"""An open database and its transactions: one writer at a time, readers never in its way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from phonefleet.errors import LedgerError
from phonefleet.ledger.engine import make_engine, parse, shown
from phonefleet.ledger.faults import locked, naming_faults
from phonefleet.ledger.schema import bring_up_to_date

Clock = Callable[[], datetime]
CHUNK = 5_000
"""Values in one IN list: both databases take more, and neither gets faster by it."""


class Database:
    """An open database of a ledger. Safe to use from several threads; open one in each process.

    Instants come from `clock`, or by default from the database's own: the server's for PostgreSQL, so that
    machines with different ideas of the time agree on when a lease ends, and this machine's for SQLite, whose
    file lives on one machine anyway.
    """

    def __init__(self, engine: Engine, place: str, clock: Clock | None, patience: timedelta) -> None:
        self.place = place
        self._engine = engine
        self._writer = engine.execution_options(phonefleet_writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self._clock = clock
        self._patience = patience
        self._turn = threading.Lock()

    @classmethod
    def open(
        cls,
        place: str | Path | SecretStr,
        *,
        create: bool = True,
        clock: Clock | None = None,
        patience: timedelta = timedelta(seconds=10),
    ) -> Self:
        """Opens the ledger at a path or URL and brings its tables up to date.

        Args:
            place: a file for SQLite, or a URL (`postgresql://USER:PASSWORD@HOST/DATABASE`).
            create: make a missing file and its directory; False raises instead.
            clock: gives aware datetimes; None for the database's own clock.
            patience: how long to wait for a lock or a connection.

        Raises:
            LedgerError: it cannot be opened, was made by a newer version, or is no ledger.
        """
        url = parse(place)
        name = shown(url)
        with naming_faults(name, patience):
            engine = make_engine(url, name, create=create, patience=patience)
            database = cls(engine, name, clock, patience)
            try:
                bring_up_to_date(database._reader, database._writer, name, patience)
            except BaseException:
                engine.dispose()
                raise
        return database

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r})"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the ledger."""
        with naming_faults(self.place, self._patience), self._reader.begin() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on disk once it has ended without an exception."""
        with naming_faults(self.place, self._patience), self._one_writer(), self._writer.begin() as db:
            yield db

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """SQLite makes a second writer poll; this process's own threads queue here instead."""
        if self._engine.dialect.name != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=self._patience.total_seconds()):
            raise LedgerError(locked(self.place, self._patience))
        try:
            yield
        finally:
            self._turn.release()

    def now(self, db: Connection) -> datetime:
        """The instant to record, in UTC."""
        if self._clock is not None:
            return self._clock().astimezone(UTC)
        if db.dialect.name == "postgresql":
            now: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
            return now.astimezone(UTC)
        return datetime.now(UTC)


class Store:
    """One kind of record in an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database


def insert_missing(db: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Inserts the rows whose primary key is not there yet and leaves the others as they are."""
    if not rows:
        return
    make = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    db.execute(make(table).on_conflict_do_nothing(), rows)


def chunks(values: Iterable[str]) -> list[list[str]]:
    """The values in lists short enough for an IN."""
    every = list(values)
    return [every[i : i + CHUNK] for i in range(0, len(every), CHUNK)]
