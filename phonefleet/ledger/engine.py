"""Make an engine whose commits are durable from a path or URL."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from phonefleet.errors import LedgerError
from phonefleet.private_files import make_private_file
from phonefleet.system_user import operating_system_user

HIDDEN = {"password", "passfile", "sslpassword", "sslkey"}
"""Connection options that messages leave out."""


def parse(place: str | Path | SecretStr) -> URL:
    """Return the URL of a ledger, given a file's path or a URL.

    Raises:
        LedgerError: It is neither; the message does not repeat it, because it may hold a password.
    """
    text = place.get_secret_value() if isinstance(place, SecretStr) else str(place)
    if "://" not in text:
        return _file(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise LedgerError(
            "the ledger's URL cannot be read: write postgresql://USER@HOST:PORT/DATABASE"
        ) from None
    match url.get_backend_name():
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite":
            return _file(url.database or "")
        case other:
            raise LedgerError(f"a ledger cannot be kept in {other!r}: give a file, or a postgresql:// URL")


def _file(path: str) -> URL:
    if path in ("", ":memory:"):
        raise LedgerError("a ledger needs a file, because it must outlive the process: give a path")
    return URL.create("sqlite", database=str(Path(path).expanduser().absolute()))


def shown(url: URL) -> str:
    """Return the file, or the URL without its secrets."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.difference_update_query(HIDDEN).render_as_string(hide_password=True)


def place_and_file(place: str | Path | SecretStr) -> tuple[str, Path | None]:
    """Return a ledger's name for messages, and its SQLite file, None for a server.

    Raises:
        LedgerError: See `parse`.
    """
    url = parse(place)
    return shown(url), Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL, name: str, *, create: bool, lock_timeout: timedelta) -> Engine:
    """Make an engine for `url`, and a missing directory if `create` is set; connect nothing yet.

    Raises:
        LedgerError: The file is missing and `create` is not set, or its directory cannot be made.
    """
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, lock_timeout)
    path = Path(name)
    if not create and not path.exists():
        raise LedgerError(f"ledger {path}: it does not exist. Run `phonefleet plan` or `migrate` first")
    if not path.exists():
        _make(path)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": lock_timeout.total_seconds()}, pool_size=8
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _make(path: Path) -> None:
    try:
        make_private_file(path)
    except OSError as error:
        user = operating_system_user()
        fact = "cannot be opened" if path.parent.is_dir() else "its directory cannot be made"
        raise LedgerError(
            f"ledger {path}: {fact} by user {user} ({error.strerror}). "
            "Make its directory writable, or name another ledger"
        ) from error


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    """Turn off the driver's own transactions, which would commit before each DDL statement."""
    connection.isolation_level = None
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the write lock at the start of a writing transaction, which then cannot fail half-way for it."""
    writes = connection.get_execution_options().get("phonefleet_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, lock_timeout: timedelta) -> Engine:
    milliseconds = int(lock_timeout.total_seconds() * 1000)
    given = url.query.get("options", "")
    options = f"{given} -c synchronous_commit=on -c lock_timeout={milliseconds}".strip()
    return create_engine(
        url.difference_update_query({"options"}),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        connect_args={"options": options, "connect_timeout": max(2, int(lock_timeout.total_seconds()))},
    )
