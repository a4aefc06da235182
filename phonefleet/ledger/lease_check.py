"""Whether a process still holds its lease, and why not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from phonefleet.errors import LeaseHeld
from phonefleet.ledger import tables
from phonefleet.model.run_record import Lease, LeaseConflict

leases = tables.leases.c


def check_lease(db: Connection, lease: Lease, now: datetime, left: timedelta = timedelta(0)) -> None:
    """Lock the lease's row until the transaction ends.

    A lease that has expired by the database's clock, and by the time since boot has not, is extended by the rest: the
    clock was set forward. No other process has it, because its fence is the same.

    Args:
        db: The transaction.
        lease: The lease.
        now: The database's time.
        left: How long it lasts by the time since boot.

    Raises:
        LeaseHeld: It has expired, was released, or another process holds it.
    """
    query = select(tables.leases).where(leases.domain == lease.domain).with_for_update()
    row = db.execute(query).one_or_none()
    if row is None:
        raise LeaseHeld(
            f"{lease.domain}: it was never leased in this ledger; acquire a lease before writing to it"
        )
    if not row.held or row.fence != lease.fence or (row.expires_at <= now and not left):
        raise LeaseHeld(str(lost_conflict(lease, row, now)))
    if row.expires_at <= now:
        db.execute(update(tables.leases).where(leases.domain == lease.domain).values(expires_at=now + left))


def lease_from(row: Row[Any], **changed: Any) -> Lease:
    """Make a lease from its row, with changed fields."""
    values = {**row._mapping, **changed}  # noqa: SLF001
    return Lease(**{name: values[name] for name in Lease.model_fields})


def conflict(held: Lease, now: datetime) -> LeaseConflict:
    """Explain that another process holds a lease."""
    left = max(0, round((held.expires_at - now).total_seconds()))
    message = (
        f"{held.domain}: held by {held.holder} (run {held.run_id}) "
        f"since {held.acquired_at:%Y-%m-%d %H:%M:%S} UTC, expires in {left} s unless renewed; "
        "wait for that run to end; if its process has ended, the lease expires by itself"
    )
    return LeaseConflict(domain=held.domain, held=held, message=message)


def lost_conflict(mine: Lease, row: Row[Any], now: datetime) -> LeaseConflict:
    """Explain why `mine` is no longer in force."""
    if row.held and row.fence != mine.fence and row.expires_at > now:
        return conflict(lease_from(row), now)
    if row.held and row.fence == mine.fence:
        fact = f"the lease of {mine.holder} expired at {row.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    else:
        fact = (
            f"the lease of {mine.holder} (fence {mine.fence}) was released or taken over "
            f"(fence {row.fence} now)"
        )
    message = f"{mine.domain}: {fact}; acquire it again and read the tenant before writing to it"
    return LeaseConflict(domain=mine.domain, held=None, message=message)
