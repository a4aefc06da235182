"""Leases: one process for each tenant at a time, across processes and machines.

A lease ends by release or by time: by the database's clock and, for the process that has it, by the time since boot,
so that a clock that is set forward takes no lease away. Each acquisition of a domain gets the next number, its fence; a
process that comes back with an old fence is refused. A lease whose process has ended on this machine is free at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from phonefleet.errors import LeaseHeld
from phonefleet.ledger.audit_store import append_entry
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks, insert_missing
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.lease_check import check_lease, conflict, lease_from, lost_conflict
from phonefleet.ledger.lease_reader import (
    driver_fence,
    is_in_force,
    is_run_lease,
    is_shard_lease,
    is_tenant_lease,
    read_driver,
    read_in_force,
)
from phonefleet.ledger.own_leases import boot_seconds
from phonefleet.ledger.tables import leases as table
from phonefleet.ledger.tables import unlocks
from phonefleet.model.audit import AuditAction
from phonefleet.model.run_record import Lease, LeaseConflict

_PROCESS = ("holder", "machine", "pid", "started")


class LeaseStore(Store):
    """Acquires, renews and releases leases."""

    @blocking
    def acquire(self, domain: str, holder: Holder, run_id: str, ttl: timedelta) -> Lease:
        """Acquire the lease of one tenant.

        Args:
            domain: The tenant.
            holder: The process; `holders.this_holder()` identifies this one.
            run_id: The run it works on.
            ttl: Its duration; longer than the longest request with its retries, because a request on its way
                cannot be called back when its lease ends.

        Raises:
            LeaseHeld: Another process holds it; the message names it, since when and for how long.
        """
        acquired, conflicts = self.acquire_all([domain], holder, run_id, ttl)
        if conflicts:
            raise LeaseHeld(str(conflicts[0]))
        return acquired[0]

    @blocking
    def acquire_all(
        self,
        domains: Iterable[str],
        holder: Holder,
        run_id: str,
        ttl: timedelta,
        *,
        from_driver: bool = False,
    ) -> tuple[list[Lease], list[LeaseConflict]]:
        """Acquire the free leases of many domains in one transaction.

        Args:
            domains: The tenants.
            holder: The process.
            run_id: The run it works on.
            ttl: Their duration, as in `acquire`.
            from_driver: Also take over the leases that the process which drives the run holds for it.

        Returns:
            The acquired leases, and a conflict for each other domain; both sorted by domain.
        """
        wanted = sorted(set(domains))
        process = asdict(holder)
        new = {"holder": process.pop("name"), **process, "run_id": run_id, "held": True}
        since = boot_seconds()
        with self._database.writing() as db:
            now = self._database.now(db)
            new |= {"acquired_at": now, "expires_at": now + ttl}
            rows = _lock(db, wanted, now)
            driver = read_driver(db, run_id, now) if from_driver else None
            held = {
                domain: row
                for domain, row in rows.items()
                if is_in_force(row, now)
                and not (
                    driver is not None
                    and all(getattr(row, name) == getattr(driver, name) for name in ("run_id", *_PROCESS))
                )
            }
            free = [domain for domain in wanted if domain not in held]
            for some in chunks(free):
                change = update(table).where(table.c.domain.in_(some))
                db.execute(change.values(fence=table.c.fence + 1, **new))
        acquired = [lease_from(rows[domain], fence=rows[domain].fence + 1, **new) for domain in free]
        self._keep(acquired, since, ttl)
        return acquired, [conflict(lease_from(row), now) for row in held.values()]

    @blocking
    def renew(self, leases: Sequence[Lease], ttl: timedelta) -> tuple[list[Lease], list[LeaseConflict]]:
        """Extend leases to `ttl` from now in one transaction, expired ones too unless another process has them.

        Returns:
            The renewed leases, and a conflict for each lost one; both sorted by domain.
        """
        mine = {lease.domain: lease for lease in leases}
        since = boot_seconds()
        with self._database.writing() as db:
            now = self._database.now(db)
            rows = _lock(db, sorted(mine), now)
            kept = {domain for domain, row in rows.items() if row.held and row.fence == mine[domain].fence}
            for some in chunks(kept):
                db.execute(update(table).where(table.c.domain.in_(some)).values(expires_at=now + ttl))
        renewed = [lease_from(row, expires_at=now + ttl) for row in rows.values() if row.domain in kept]
        self._keep(renewed, since, ttl)
        lost = [lost_conflict(mine[row.domain], row, now) for row in rows.values() if row.domain not in kept]
        return renewed, lost

    def _keep(self, leases: Iterable[Lease], since: float, ttl: timedelta) -> None:
        if self._database.has_own_clock:
            return
        for lease in leases:
            self._database.own_leases.keep(lease.domain, lease.fence, since, ttl)

    @blocking
    def check(self, lease: Lease) -> None:
        """Check that this process may still write under a lease.

        Raises:
            LeaseHeld: It has expired, was released, or another process holds it.
        """
        with self._database.writing() as db:
            left = self._database.own_leases.left(lease.domain, lease.fence)
            check_lease(db, lease, self._database.now(db), left)

    @blocking
    def release(self, lease: Lease) -> None:
        """Release a lease unless another process holds it by now."""
        self.release_all([lease])

    @blocking
    def release_all(self, leases: Iterable[Lease]) -> None:
        """Release many leases in one transaction."""
        rows = sorted(leases, key=lambda lease: lease.domain)
        with self._database.writing() as db:
            for lease in rows:
                mine = (table.c.domain == lease.domain) & (table.c.fence == lease.fence)
                db.execute(update(table).where(mine).values(held=False))

    @blocking
    def give_back(self, leases: Iterable[Lease], ttl: timedelta) -> None:
        """Give leases of a run to the process that drives it; release them where none does."""
        mine = {lease.domain: lease for lease in leases}
        with self._database.writing() as db:
            now = self._database.now(db)
            rows = _lock(db, sorted(mine), now)
            for domain, lease in mine.items():
                if rows[domain].fence != lease.fence or not rows[domain].held:
                    continue
                driver = read_driver(db, lease.run_id, now)
                given = {"held": False} if driver is None else _held_by(driver, lease.fence + 1, now, ttl)
                db.execute(update(table).where(table.c.domain == domain).values(**given))

    @blocking
    def driver_fence(self, run_id: str) -> int | None:
        """Return the fence of a run's own lease; None if no process drives the run."""
        with self._database.reading() as db:
            return driver_fence(db, run_id, self._database.now(db))

    @blocking
    def of_shards(self, run_id: str) -> list[Lease]:
        """Read the leases of a run's shards that are in force now."""
        with self._database.reading() as db:
            rows = read_in_force(db, self._database.now(db))
            return [lease_from(row) for row in rows if row.run_id == run_id and is_shard_lease(row)]

    @blocking
    def begun_and_live(self, names: Iterable[str]) -> tuple[set[str], set[str]]:
        """Return which of these leases were ever acquired, and which of those are in force now."""
        begun: set[str] = set()
        live: set[str] = set()
        with self._database.reading() as db:
            now = self._database.now(db)
            for some in chunks(names):
                for row in db.execute(select(table).where(table.c.domain.in_(some))):
                    begun.add(row.domain)
                    live |= {row.domain} if is_in_force(row, now) else set()
        return begun, live

    @blocking
    def unlock(self, domain: str, by: str, fence: int | None = None) -> Lease | None:
        """Release a tenant's lease, whichever process holds it, and record who did: an operator's decision.

        Args:
            domain: the tenant.
            by: the operator.
            fence: the fence of the lease to release; None releases whichever there is.

        Returns:
            The released lease; None if there was none, or another process has acquired it since.
        """
        with self._database.writing() as db:
            now = self._database.now(db)
            row = _lock(db, [domain], now)[domain]
            if not row.held or fence not in (None, row.fence):
                return None
            db.execute(update(table).where(table.c.domain == domain).values(held=False))
            lease = lease_from(row)
            made = {"domain": domain, "run_id": lease.run_id, "holder": lease.holder, "by": by, "at": now}
            db.execute(insert(unlocks).values(**made))
            detail = {"holder": lease.holder, "fence": lease.fence}
            append_entry(
                self._database,
                db,
                AuditAction.UNLOCKED,
                by,
                now,
                run_id=lease.run_id,
                domain=domain,
                detail=detail,
            )
        return lease

    @blocking
    def in_force(self) -> list[Lease]:
        """Read the leases of tenants that are in force now, sorted by domain."""
        with self._database.reading() as db:
            rows = read_in_force(db, self._database.now(db))
            return [lease_from(row) for row in rows if is_tenant_lease(row)]

    @blocking
    def of_runs_in_force(self) -> list[Lease]:
        """Read the leases of runs themselves that are in force now; each has `run:ID` in place of a domain."""
        with self._database.reading() as db:
            return [lease_from(row) for row in read_in_force(db, self._database.now(db)) if is_run_lease(row)]


def _lock(db: Connection, domains: list[str], now: datetime) -> dict[str, Row[Any]]:
    """Lock the domains' rows until the transaction ends, in one order to avoid deadlocks."""
    unheld = {"fence": 0, "holder": "", "machine": "", "pid": 0, "started": "", "run_id": "", "held": False}
    times = {"acquired_at": now, "expires_at": now}
    insert_missing(db, table, [{"domain": domain, **unheld, **times} for domain in domains])
    rows: dict[str, Row[Any]] = {}
    for some in chunks(domains):
        query = select(table).where(table.c.domain.in_(some)).order_by(table.c.domain).with_for_update()
        rows |= {row.domain: row for row in db.execute(query)}
    return rows


def _held_by(driver: Row[Any], fence: int, now: datetime, ttl: timedelta) -> dict[str, Any]:
    process = {name: getattr(driver, name) for name in _PROCESS}
    return {**process, "fence": fence, "acquired_at": now, "expires_at": now + ttl, "held": True}
