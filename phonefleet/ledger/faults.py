"""Explain the errors of both databases, with what to do next."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeGuard

from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.exc import TimeoutError as PoolTimeout

from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.system_user import operating_system_user

if TYPE_CHECKING:
    import psycopg

NOTHING_WRITTEN = "Nothing was recorded, and nothing more may be written to Auth0 until it can be"


@contextmanager
def naming_faults(place: str, lock_timeout: timedelta) -> Iterator[None]:
    """Turn whatever the database raises into LedgerError.

    Args:
        place: The file or the URL without its password.
        lock_timeout: How long the database waits for a lock.
    """
    try:
        yield
    except DBAPIError as error:
        raise _named(error.orig or error, place, lock_timeout) from error
    except _errors() as error:
        raise _named(error, place, lock_timeout) from error
    except (ValueError, TypeError, LookupError, NoResultFound, MultipleResultsFound) as error:
        # Values are checked before they are recorded, so one that cannot be read was changed afterwards. The error's
        # text is left out: it repeats the value.
        raise LedgerDamaged(
            f"ledger {place}: damaged: a recorded value cannot be read ({type(error).__name__}). "
            f"Restore a copy; `phonefleet ledger verify` says more. {NOTHING_WRITTEN}."
        ) from error


def _psycopg_errors() -> tuple[type[psycopg.Error], ...]:
    """Return the root of psycopg's errors if it is imported: a ledger in a file does without, and starts faster."""
    loaded = sys.modules.get("psycopg")
    return (loaded.Error,) if loaded else ()


def _errors() -> tuple[type[Exception], ...]:
    return (sqlite3.Error, PoolTimeout, *_psycopg_errors())


def _is_of_psycopg(error: BaseException) -> TypeGuard[psycopg.Error]:
    return isinstance(error, _psycopg_errors())


def _named(error: BaseException, place: str, lock_timeout: timedelta) -> LedgerError:
    kind = LedgerDamaged if _is_damage(error) else LedgerError
    return kind(explain(error, place, lock_timeout))


def _is_damage(error: BaseException) -> bool:
    """Return whether a database's refusal means that the ledger is not as phonefleet wrote it.

    phonefleet's statements fit its schema, so an error in a statement is an error of the schema.
    """
    match error:
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            return _is_no_utf8(error) or code in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
                sqlite3.SQLITE_ERROR,
            )
        case _ if _is_of_psycopg(error):
            return (error.sqlstate or "") in ("42P01", "42703", "XX001", "XX002")
        case _:
            return False


def _is_no_utf8(error: sqlite3.Error) -> bool:
    """Return whether a recorded text cannot be decoded: only for that, the driver itself raises this class."""
    return isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode")


def explain(error: BaseException, place: str, lock_timeout: timedelta) -> str:
    """Return one message with the place, the fact, and what to do."""
    match error:
        case sqlite3.Error():
            fact = _sqlite(error, place, lock_timeout)
        case _ if _is_of_psycopg(error):
            fact = _postgresql(error, lock_timeout)
        case _:
            fact = f"no connection came free ({_first_line(error)}). Run fewer workers at once"
    return f"ledger {place}: {fact}. {NOTHING_WRITTEN}."


def lock_message(place: str, lock_timeout: timedelta) -> str:
    """Return the message for a lock that was not released in time."""
    return (
        f"ledger {place}: locked by another program for {lock_timeout.total_seconds():g} s. "
        f"Find it with `fuser -v {place}`, let it finish or close it, then repeat. {NOTHING_WRITTEN}."
    )


def _sqlite(error: sqlite3.Error, place: str, lock_timeout: timedelta) -> str:
    if _is_no_utf8(error):  # the error's text repeats the value
        return "damaged: a recorded text is no UTF-8. Restore a copy; `phonefleet ledger verify` says more"
    text = _first_line(error)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                f"locked by another program for {lock_timeout.total_seconds():g} s. "
                f"Find it with `fuser -v {place}`, let it finish or close it, then repeat"
            )
        case sqlite3.SQLITE_FULL:
            return f"the disk is full ({text}). Free some space on its file system, then repeat"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return (
                f"read-only for user {operating_system_user()} ({text}). "
                "Make the file and its directory writable, or name another ledger"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return (
                f"cannot be opened by user {operating_system_user()} ({text}). "
                "Check that its directory exists and is writable, or name another ledger"
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                f"damaged, or not a ledger ({text}). Keep the file, restore a copy of it, "
                "and check it with `sqlite3 FILE 'PRAGMA integrity_check'`"
            )
        case sqlite3.SQLITE_IOERR:
            return f"the disk failed ({text}). Check the disk and the system's log, then repeat"
        case sqlite3.SQLITE_CONSTRAINT:
            return _refused(text)
        case _:
            return f"the database refused ({text})"


def _postgresql(error: psycopg.Error, lock_timeout: timedelta) -> str:
    from psycopg import OperationalError

    text = _first_line(error)
    match error.sqlstate or "":
        case "55P03" | "57014" | "40P01":
            return (
                f"locked by another program for {lock_timeout.total_seconds():g} s ({text}). "
                "Find it in pg_stat_activity, let it finish or end it, then repeat"
            )
        case "53100":
            return f"the server's disk is full ({text}). Free some space there, then repeat"
        case "25006":
            return f"read-only ({text}). Name the primary server, or make the database writable"
        case "42501":
            return f"the user lacks a privilege ({text}). Grant it on the ledger's schema"
        case state if state.startswith("23"):
            return _refused(text)
        case _ if "password authentication failed" in str(error) or "no password supplied" in str(error):
            return f"wrong user or password ({text}). Check the reference that the URL's password comes from"
        case _ if isinstance(error, OperationalError):
            return f"unreachable ({text}). Check that the server runs, its host, port and database name"
        case _:
            return f"the database refused ({text})"


def _refused(text: str) -> str:
    return (
        f"the fact was refused ({text}). It is already recorded, refers to something that is not, "
        "or tried to change a fact"
    )


def _first_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
