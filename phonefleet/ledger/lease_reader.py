"""Which leases are in force: a held lease that has not expired and whose process is not known to have ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from phonefleet.ledger import tables
from phonefleet.ledger.holders import Holder, has_ended

leases = tables.leases.c


def run_lease(run_id: str) -> str:
    """Return what the lease of a run itself has in place of a domain: one process at a time works on a run."""
    return f"run:{run_id}"


def shard_lease(number: int) -> str:
    """Return what the lease of a shard has in place of a domain: one process, once, works on a shard."""
    return f"shard:{number}"


def is_shard_lease(row: Row[Any]) -> bool:
    """Tell whether a row of `leases` is the lease of a shard."""
    return str(row.domain).startswith("shard:")


def is_tenant_lease(row: Row[Any]) -> bool:
    """Tell whether a row of `leases` is the lease of a tenant: no domain has a colon."""
    return ":" not in row.domain


def is_run_lease(row: Row[Any]) -> bool:
    """Tell whether a row of `leases` is the lease of a run, not of a tenant."""
    return bool(row.domain == run_lease(row.run_id))


def is_in_force(row: Row[Any], now: datetime) -> bool:
    """Tell whether a row of `leases` is held, unexpired, and of a process that may still run."""
    holder = Holder(row.holder, row.machine, row.pid, row.started)
    return bool(row.held and row.expires_at > now and not has_ended(holder))


def read_in_force(db: Connection, now: datetime) -> Iterator[Row[Any]]:
    """Read the rows of `leases` that are in force, by domain."""
    rows = db.execute(select(tables.leases).where(leases.held).order_by(leases.domain)).all()
    return (row for row in rows if is_in_force(row, now))


def active_runs(db: Connection, now: datetime) -> dict[str, str]:
    """Return the runs that a process works on, each with its holder."""
    return {row.run_id: row.holder for row in read_in_force(db, now) if is_run_lease(row)}


def read_driver(db: Connection, run_id: str, now: datetime) -> Row[Any] | None:
    """Read the lease of a run itself; None if it is not in force."""
    row = db.execute(select(tables.leases).where(leases.domain == run_lease(run_id))).first()
    return row if row is not None and is_in_force(row, now) else None


def driver_fence(db: Connection, run_id: str, now: datetime) -> int | None:
    """Return the fence of the lease of a run itself; None if no process drives the run."""
    row = read_driver(db, run_id, now)
    return None if row is None else int(row.fence)
