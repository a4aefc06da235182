"""The ledger's schema: which version a database has, and bringing it up to date under a lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from phonefleet.errors import LedgerError
from phonefleet.ledger.tables import metadata

HEAD = "0001"
"""The newest schema that this version knows. Revisions are numbered, so a higher one is a newer one."""
VERSION_TABLE = "ledger_version"
"""Not Alembic's own name for it, which another program in the same database may use."""
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_004_662_811
"""Number of PostgreSQL's advisory lock for migrations; any other number would do."""


def bring_up_to_date(reader: Engine, writer: Engine, place: str, patience: timedelta) -> None:
    """Migrates to `HEAD` where that is needed; of several processes at once, one does it and the others wait.

    Raises:
        LedgerError: the schema is newer than `HEAD`, or the database holds tables of something else.
    """
    with reader.begin() as db:
        found = version(db, place)
    if found == HEAD:
        return
    if writer.dialect.name == "sqlite":
        _write_ahead(writer, place, patience)
    with writer.begin() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if version(db, place) != HEAD:
            _upgrade(db)


def version(db: Connection, place: str) -> str | None:
    """The schema's version, None for an empty database.

    Raises:
        LedgerError: as for `bring_up_to_date`.
    """
    names = set(inspect(db).get_table_names())
    if VERSION_TABLE not in names:
        _refuse_strangers(names, place)
        return None
    found = str(db.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())  # noqa: S608
    if found > HEAD:
        raise LedgerError(
            f"ledger {place}: its schema is {found}, newer than {HEAD}, the newest that is known here. "
            "Install the version that wrote it, or a newer one"
        )
    return found


def _refuse_strangers(names: set[str], place: str) -> None:
    if taken := sorted(names & set(metadata.tables)):
        raise LedgerError(
            f"ledger {place}: it is another program's database: it has tables {', '.join(taken)} "
            f"but no {VERSION_TABLE}. Name another file, database or schema"
        )


def _write_ahead(engine: Engine, place: str, patience: timedelta) -> None:
    """Switches the file to write-ahead logging, which stays so.

    SQLite does not wait for a lock here as it does elsewhere, so two processes that open a new file at once
    would fail each other.
    """
    attempts = Retrying(
        retry=retry_if_exception(_busy), stop=stop_after_delay(patience), wait=wait_fixed(0.05), reraise=True
    )
    for attempt in attempts:
        with attempt, closing(engine.raw_connection()) as raw:
            cursor = raw.cursor()
            mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            cursor.close()
    if mode != "wal":
        raise LedgerError(
            f"ledger {place}: its file system has no write-ahead logging (mode {mode}). "
            "Keep it on a local disk, or use PostgreSQL"
        )


def _busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _upgrade(db: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")
