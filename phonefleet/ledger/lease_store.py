"""Leases: one worker per tenant at a time, across processes and machines.

A lease ends by release or by time. Each acquisition of a domain gets the next number, its fence; whoever
comes back late with an old fence is refused. A lease whose holder is seen to have died on this machine is
free at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from phonefleet.errors import LeaseHeld
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks, insert_missing
from phonefleet.ledger.holders import gone
from phonefleet.ledger.tables import leases as table
from phonefleet.model.ledger_entries import Lease, LeaseConflict

_RUN = "run:"


def run_lease(run_id: str) -> str:
    """What stands in place of a domain in the lease of a run itself: one process at a time works on a run."""
    return f"{_RUN}{run_id}"


class LeaseStore(Store):
    """Gives, renews and takes back leases."""

    @blocking
    def acquire(self, domain: str, holder: str, run_id: str, ttl: timedelta) -> Lease:
        """Takes the lease of one tenant.

        Args:
            domain: the tenant.
            holder: who; `phonefleet.ledger.this_holder()` names this process so that its death is noticed.
            run_id: for which run.
            ttl: for how long; more than the longest request with its retries, since a request that has left
                cannot be called back when its sender's lease ends.

        Raises:
            LeaseHeld: somebody holds it: who, since when, for how long.
        """
        acquired, conflicts = self.acquire_all([domain], holder, run_id, ttl)
        if conflicts:
            raise LeaseHeld(str(conflicts[0]))
        return acquired[0]

    @blocking
    def acquire_all(
        self, domains: Iterable[str], holder: str, run_id: str, ttl: timedelta
    ) -> tuple[list[Lease], list[LeaseConflict]]:
        """Takes as many leases of a batch as are free, in one transaction.

        Returns:
            The leases taken and, for each other domain, who is in the way; both sorted by domain.
        """
        wanted = sorted(set(domains))
        with self._database.writing() as db:
            now = self._database.now(db)
            found = _lock(db, wanted, now)
            held = {domain: row for domain, row in found.items() if _is_held(row, now)}
            new = {
                "holder": holder,
                "run_id": run_id,
                "acquired_at": now,
                "expires_at": now + ttl,
                "held": True,
            }
            free = [domain for domain in wanted if domain not in held]
            for some in chunks(free):
                change = update(table).where(table.c.domain.in_(some))
                db.execute(change.values(fence=table.c.fence + 1, **new))
        acquired = [_lease(found[domain], fence=found[domain].fence + 1, **new) for domain in free]
        return acquired, [_conflict(_lease(row), now) for row in held.values()]

    @blocking
    def renew(self, leases: Sequence[Lease], ttl: timedelta) -> tuple[list[Lease], list[LeaseConflict]]:
        """Prolongs leases to `ttl` from now, in one transaction.

        One that has expired is prolonged too as long as nobody else has taken it since.

        Returns:
            The leases as they are now and, for each lost one, why; both sorted by domain.
        """
        mine = {lease.domain: lease for lease in leases}
        with self._database.writing() as db:
            now = self._database.now(db)
            found = _lock(db, sorted(mine), now)
            kept = {domain for domain, row in found.items() if row.held and row.fence == mine[domain].fence}
            for some in chunks(kept):
                db.execute(update(table).where(table.c.domain.in_(some)).values(expires_at=now + ttl))
        renewed = [_lease(row, expires_at=now + ttl) for row in found.values() if row.domain in kept]
        lost = [_lost(mine[row.domain], row, now) for row in found.values() if row.domain not in kept]
        return renewed, lost

    @blocking
    def release(self, lease: Lease) -> None:
        """Gives a lease back; nothing happens when it is somebody else's by now."""
        self.release_all([lease])

    @blocking
    def release_all(self, leases: Iterable[Lease]) -> None:
        """Gives many leases back in one transaction."""
        rows = sorted(leases, key=lambda lease: lease.domain)
        with self._database.writing() as db:
            for lease in rows:
                mine = (table.c.domain == lease.domain) & (table.c.fence == lease.fence)
                db.execute(update(table).where(mine).values(held=False))

    @blocking
    def force_release(self, domain: str) -> Lease | None:
        """Ends a tenant's lease for whoever holds it: an operator's decision, when that worker is known dead.

        Returns:
            The lease that was ended, None where nobody held one.
        """
        with self._database.writing() as db:
            now = self._database.now(db)
            row = _lock(db, [domain], now)[domain]
            if not row.held:
                return None
            db.execute(update(table).where(table.c.domain == domain).values(held=False))
        return _lease(row)

    @blocking
    def in_force(self) -> list[Lease]:
        """The leases of tenants that are in force now, sorted by domain."""
        with self._database.reading() as db:
            return [
                lease for lease in _in_force(db, self._database.now(db)) if not lease.domain.startswith(_RUN)
            ]


def runs_at_work(db: Connection, now: datetime) -> dict[str, str]:
    """The runs that a process is at work on, each with its holder."""
    return {lease.run_id: lease.holder for lease in _in_force(db, now) if lease.domain.startswith(_RUN)}


def _in_force(db: Connection, now: datetime) -> list[Lease]:
    """Every lease that is held and whose holder isn't known to be gone, sorted by domain."""
    rows = db.execute(select(table).where(table.c.held).order_by(table.c.domain)).all()
    return [_lease(row) for row in rows if _is_held(row, now)]


def check_lease(db: Connection, lease: Lease, now: datetime) -> None:
    """Holds the lease's row until the transaction ends, and raises LeaseHeld unless it is in force.

    Raises:
        LeaseHeld: it has expired, was released, or belongs to somebody else by now.
    """
    row = db.execute(select(table).where(table.c.domain == lease.domain).with_for_update()).one_or_none()
    if row is None:
        raise LeaseHeld(f"{lease.domain}: nobody ever leased it here; acquire a lease before writing to it")
    if not row.held or row.fence != lease.fence or row.expires_at <= now:
        raise LeaseHeld(str(_lost(lease, row, now)))


def _lock(db: Connection, domains: list[str], now: datetime) -> dict[str, Row[Any]]:
    """The domains' rows, held until the transaction ends always in the same order: nobody deadlocks."""
    never = {"fence": 0, "holder": "", "run_id": "", "acquired_at": now, "expires_at": now, "held": False}
    insert_missing(db, table, [{"domain": domain, **never} for domain in domains])
    found: dict[str, Row[Any]] = {}
    for some in chunks(domains):
        query = select(table).where(table.c.domain.in_(some)).order_by(table.c.domain).with_for_update()
        found |= {row.domain: row for row in db.execute(query)}
    return found


def _is_held(row: Row[Any], now: datetime) -> bool:
    return bool(row.held and row.expires_at > now and not gone(row.holder))


def _lease(row: Row[Any], **changed: Any) -> Lease:
    values = {**row._mapping, **changed}  # noqa: SLF001
    return Lease(**{name: values[name] for name in Lease.model_fields})


def _conflict(held: Lease, now: datetime) -> LeaseConflict:
    left = max(0, round((held.expires_at - now).total_seconds()))
    message = (
        f"{held.domain}: held by {held.holder} (run {held.run_id}) "
        f"since {held.acquired_at:%Y-%m-%d %H:%M:%S} UTC, expires in {left} s unless renewed; "
        "wait for that run to end; if its worker is dead, the lease ends then by itself"
    )
    return LeaseConflict(domain=held.domain, held=held, message=message)


def _lost(mine: Lease, row: Row[Any], now: datetime) -> LeaseConflict:
    """Why `mine` is no longer in force."""
    if row.held and row.fence != mine.fence and row.expires_at > now:
        return _conflict(_lease(row), now)
    if row.held and row.fence == mine.fence:
        fact = f"the lease of {mine.holder} expired at {row.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    else:
        fact = (
            f"the lease of {mine.holder} (fence {mine.fence}) was given up or taken over "
            f"(fence {row.fence} now)"
        )
    message = f"{mine.domain}: {fact}; acquire it again and read the tenant before writing to it"
    return LeaseConflict(domain=mine.domain, held=None, message=message)
