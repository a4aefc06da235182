"""Check an open ledger: its structure, its guards, its identity."""

from __future__ import annotations

from sqlalchemy import Connection, Integer, text

from phonefleet.errors import LedgerDamaged
from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import read_identity
from phonefleet.ledger.database import Database
from phonefleet.ledger.known_ledger import KnownLedger, LedgerMark

_WHOLE_PAGES = 16_384
"""Up to 64 MiB of 4 KiB pages, indexes are compared with their tables too."""


def check_structure(database: Database) -> None:
    """Check pages, indexes, references and guards of a SQLite ledger, and the guards of any ledger.

    Raises:
        LedgerDamaged: Something is wrong.
    """
    with database.reading() as db:
        if database.is_sqlite:
            small = db.exec_driver_sql("PRAGMA page_count").scalar_one() <= _WHOLE_PAGES
            check = "integrity_check" if small else "quick_check"
            found = db.exec_driver_sql(f"PRAGMA {check}(1)").scalar_one()
            if found != "ok":
                raise _damaged(database, f"its structure is not valid ({str(found)[:200]})")
            if small and (row := db.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise _damaged(database, f"a row of {row[0]} refers to one of {row[2]} that is not there")
        missing = sorted(_expected_guards(database) - _guards(db, database))
        if missing:
            raise _damaged(database, f"{len(missing)} of its guards are missing ({missing[0]})")


def read_mark(db: Connection, place: str) -> LedgerMark:
    """Return which ledger this is and how far it is."""
    return LedgerMark(identity=read_identity(db, place), generation=read_generation(db))


def read_generation(db: Connection) -> int:
    """Return how far a ledger is."""
    return int(db.execute(_GENERATION).scalar_one())


def check_known(database: Database, known: KnownLedger) -> None:
    """Check that an open ledger is the one that the fleet had, and record how far it is from now on.

    Raises:
        LedgerDamaged: It is another ledger, or an older state.
    """

    def measured() -> LedgerMark:
        with database.reading() as db:
            return read_mark(db, database.place)

    identity = known.check_opened(database.place, measured).identity
    database.follow(known, lambda db: LedgerMark(identity=identity, generation=read_generation(db)))


def _last(column: str, table: str) -> str:
    return f"(SELECT coalesce(max({column}), 0) FROM {table})"  # noqa: S608 (names of our own tables)


_NUMBERS = [
    (column.name, table.name)
    for table in tables.FACTS
    for column in table.primary_key
    if isinstance(column.type, Integer)
]
_GENERATION = text("SELECT " + " + ".join(_last(column, table) for column, table in _NUMBERS))
"""The sum of the last numbers: every step of a run adds a numbered fact."""


def _expected_guards(database: Database) -> set[str]:
    if database.is_sqlite:
        return {f"{table.name}_no_{change}" for table in tables.FACTS for change in ("update", "delete")}
    return {f"{table.name}_only_added" for table in tables.FACTS}


def _guards(db: Connection, database: Database) -> set[str]:
    if database.is_sqlite:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    return set(db.execute(text(query)).scalars())


def _damaged(database: Database, fact: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"ledger {database.place}: damaged: {fact}. Keep the file and restore a copy "
        "(`phonefleet ledger backup` makes one)"
    )
