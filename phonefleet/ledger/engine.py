"""From a path or URL to an engine whose commits are durable."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from phonefleet.errors import LedgerError

HIDDEN = {"password", "passfile", "sslpassword", "sslkey"}
"""Connection options that are not shown in messages."""


def parse(place: str | Path | SecretStr) -> URL:
    """The URL of a ledger, from a file's path or from a URL.

    Raises:
        LedgerError: neither; the message does not repeat what was given, since it may hold a password.
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
        raise LedgerError("a ledger needs a file, since it must outlive the process: give a path")
    return URL.create("sqlite", database=str(Path(path).expanduser().absolute()))


def shown(url: URL) -> str:
    """The file, or the URL without anything secret in it."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.difference_update_query(HIDDEN).render_as_string(hide_password=True)


def make_engine(url: URL, name: str, *, create: bool, patience: timedelta) -> Engine:
    """An engine for `url`; nothing is connected yet, but a missing directory is made when `create` is set.

    Raises:
        LedgerError: the file is missing and may not be made, or its directory cannot be.
    """
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, patience)
    _prepare_file(Path(name), create=create)
    return _sqlite(url, patience)


def _prepare_file(path: Path, *, create: bool) -> None:
    if not create and not path.exists():
        raise LedgerError(f"ledger {path}: there is none yet. Run `phonefleet plan` or `migrate` first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: its directory cannot be made ({error.strerror}). "
            "Make it yourself, or name another ledger"
        ) from error


def _sqlite(url: URL, patience: timedelta) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": patience.total_seconds()}, pool_size=8
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    """Leaves transactions to us, since the driver would commit before a DDL statement of its own accord."""
    connection.isolation_level = None
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes the write lock at once: it then waits its turn and never fails half-way for it."""
    writes = connection.get_execution_options().get("phonefleet_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, patience: timedelta) -> Engine:
    milliseconds = int(patience.total_seconds() * 1000)
    given = url.query.get("options", "")
    options = f"{given} -c synchronous_commit=on -c lock_timeout={milliseconds}".strip()
    return create_engine(
        url.difference_update_query({"options"}),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        connect_args={"options": options, "connect_timeout": max(2, int(patience.total_seconds()))},
    )
