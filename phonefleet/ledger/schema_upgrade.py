"""The ledger's schema: read its version, and upgrade it under a lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.ledger import advisory_locks
from phonefleet.ledger.database import Database
from phonefleet.ledger.known_ledger import KnownLedger
from phonefleet.ledger.tables import metadata

HEAD = "0007"
"""The newest schema that this version knows. Revisions are numbered: a higher one is newer."""
_VERSIONS = frozenset(f"{number:04}" for number in range(1, int(HEAD) + 1))
VERSION_TABLE = "ledger_version"
"""Not Alembic's default name, which another program in the same database may use."""
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade_schema(database: Database, known: KnownLedger | None = None) -> None:
    """Migrate to `HEAD` where needed; of several processes at once, one does it and the others wait.

    Raises:
        LedgerError: The schema is newer than `HEAD`, or the database holds another program's tables.
        LedgerDamaged: The database is empty, and `known` knows a ledger of the fleet.
    """
    with database.reading() as db:
        current = schema_version(db, database.place)
    if current == HEAD:
        return
    if current is None and known:
        known.refuse_new(database.place)
    if database.is_sqlite:
        _enable_write_ahead(database)
    with database.writing() as db:
        if not database.is_sqlite:
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": advisory_locks.MIGRATIONS})
        if schema_version(db, database.place) != HEAD:
            if known:
                known.expect_change()
            _upgrade(db)


def schema_version(db: Connection, place: str) -> str | None:
    """Return the schema's version, None for an empty database; raise as `upgrade_schema` does."""
    names = set(inspect(db).get_table_names())
    if VERSION_TABLE not in names:
        if taken := sorted(names & set(metadata.tables)):
            raise LedgerError(
                f"ledger {place}: it is another program's database: it has tables {', '.join(taken)} "
                f"but no {VERSION_TABLE}. Name another file, database or schema"
            )
        return None
    current = str(db.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())  # noqa: S608
    if current > HEAD:
        raise LedgerError(
            f"ledger {place}: its schema is {current}, newer than {HEAD}, the newest that this version knows. "
            "Install the version that wrote it, or a newer one"
        )
    if current not in _VERSIONS:
        raise LedgerDamaged(
            f"ledger {place}: damaged: its schema has the unknown version {current[:20]!r}. Keep the file and restore "
            "a copy (`phonefleet ledger backup` makes one)"
        )
    return current


def _enable_write_ahead(database: Database) -> None:
    """Switch the file to write-ahead logging, which the file remembers.

    SQLite does not wait for a lock here as it does elsewhere: without retries, two processes that open a new file
    at once would make each other fail.
    """
    attempts = Retrying(
        retry=retry_if_exception(_is_busy),
        stop=stop_after_delay(database.lock_timeout),
        wait=wait_fixed(0.05),
        reraise=True,
    )
    for attempt in attempts:
        with attempt, closing(database.engine.raw_connection()) as raw:
            cursor = raw.cursor()
            mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            cursor.close()
    if mode != "wal":
        raise LedgerError(
            f"ledger {database.place}: its file system has no write-ahead logging (mode {mode}). "
            "Keep it on a local disk, or use PostgreSQL"
        )


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _upgrade(db: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")
