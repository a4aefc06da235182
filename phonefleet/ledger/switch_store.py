"""The right to switch a tenant: given in one transaction that counts everything that speaks against it.

A right is in effect until its tenant is switched or has an outcome in the run, as long as the lease is in force under
which it was given. A process that died therefore holds no place for longer than its leases last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from phonefleet.ledger import advisory_locks, tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks
from phonefleet.ledger.lease_reader import driver_fence, is_in_force
from phonefleet.ledger.pause_reader import read_operators_pause, read_pause
from phonefleet.model.enums import SWITCHES, Operation, OutcomeKind, ShardPhase
from phonefleet.rollout.caps import DAY
from phonefleet.rollout.switch_rights import SwitchCounts, SwitchGrant, SwitchLimits, grant

_FAILED = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)
rights, outcomes = tables.switch_rights.c, tables.outcomes.c


class SwitchStore(Store):
    """Gives the right to switch, and reads which switches began."""

    @blocking
    def take(
        self,
        run_id: str,
        wave: str,
        wanted: Mapping[str, int],
        limits: SwitchLimits,
        at: datetime,
        driver: int | None = None,
    ) -> SwitchGrant:
        """Give as many tenants of a wave the right to be switched as may begin now.

        Args:
            run_id: The run.
            wave: The wave of all the tenants.
            wanted: Their domains in order, each with the fence of the lease that this process holds.
            limits: The limits of the run.
            at: Now, by the clock of the run.
            driver: The fence of the run's own lease when this process got the tenants; None in the process that
                drives the run.
        """
        with self._database.writing() as db:
            if not self._database.is_sqlite:
                db.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": advisory_locks.SWITCH_RIGHTS}
                )
            now = self._database.now(db)
            if driver is not None and driver_fence(db, run_id, now) != driver:
                return SwitchGrant(undriven=True)
            pause = read_operators_pause(db, run_id) if driver is None else read_pause(db, run_id)
            if pause:
                return SwitchGrant(paused=pause.by)
            given = grant(wanted, limits, _counts(db, run_id, wave, limits, at, now), at)
            rows = [
                {
                    "run_id": run_id,
                    "domain": domain,
                    "wave": wave,
                    "fence": wanted[domain],
                    "began_at": at,
                    "at": now,
                }
                for domain in given.now
            ]
            if rows:
                db.execute(insert(tables.switch_rights), rows)
        return given

    @blocking
    def since(self, moment: datetime) -> dict[str, datetime]:
        """Return when the last switch of each tenant began that any run began since a moment, by domain."""
        with self._database.reading() as db:
            return _switched_since(db, moment)

    @blocking
    def is_over(self, run_id: str, wave: str) -> bool:
        """Return whether more tenants of a wave have failed or were rolled back than may fail."""
        with self._database.reading() as db:
            return _failures(db, run_id, wave) > _tolerated(db, run_id, wave)


def _counts(
    db: Connection, run_id: str, wave: str, limits: SwitchLimits, at: datetime, now: datetime
) -> SwitchCounts:
    in_flight = [row for row in _rights_in_effect(db) if is_in_force(row, now)]
    changed = select(rights.domain).where(rights.run_id == run_id).distinct()
    per_day = any(group.per_day for groups in limits.groups.values() for group in groups)
    return SwitchCounts(
        tolerated=_tolerated(db, run_id, wave),
        failed=_failures(db, run_id, wave),
        in_flight=frozenset(
            row.domain for row in in_flight if row.run_id == run_id and row.right_wave == wave
        ),
        in_flight_anywhere=frozenset(row.domain for row in in_flight),
        changed=frozenset(db.execute(changed).scalars()) if limits.max_change is not None else frozenset(),
        switched=_switched_since(db, at - DAY) if per_day else {},
    )


def _rights_in_effect(db: Connection) -> Sequence[Row[Any]]:
    """Read the held leases whose fence has a right, with the right's wave, of tenants that are not switched since.

    A switched tenant may wait for its outcome until the gate of its wave.
    """
    held = tables.leases.c
    same = (rights.domain == held.domain) & (rights.run_id == held.run_id) & (rights.fence == held.fence)
    ended = (outcomes.run_id == rights.run_id) & (outcomes.domain == rights.domain)
    joined = tables.leases.join(tables.switch_rights, same).outerjoin(tables.outcomes, ended)
    done = tables.phase_ends.c
    since = (done.run_id == rights.run_id, done.domain == rights.domain, done.at >= rights.at)
    switched = select(done.id).where(*since, done.phase == ShardPhase.SWITCH).exists()
    query = select(tables.leases, rights.wave.label("right_wave")).select_from(joined)
    return db.execute(query.where(held.held, outcomes.kind.is_(None), ~switched)).all()


def _tolerated(db: Connection, run_id: str, wave: str) -> int:
    """Return how many of a wave's tenants may fail, as the run last recorded it; 0 before it did."""
    events = tables.wave_events.c
    known = (events.run_id == run_id, events.wave == wave, events.failure_tolerance.is_not(None))
    query = select(events.failure_tolerance).where(*known).order_by(events.id.desc()).limit(1)
    return db.execute(query).scalar() or 0


def _failures(db: Connection, run_id: str, wave: str) -> int:
    placed = tables.assignments.c
    failed = select(outcomes.domain).where(outcomes.run_id == run_id, outcomes.kind.in_(_FAILED))
    total = 0
    for some in chunks(db.execute(failed).scalars()):
        of_wave = (placed.run_id == run_id, placed.domain.in_(some), placed.wave == wave)
        total += db.execute(select(func.count(placed.domain.distinct())).where(*of_wave)).scalar_one()
    return total


def _switched_since(db: Connection, moment: datetime) -> dict[str, datetime]:
    intents = tables.intents.c
    written = (intents.kind.in_(SWITCHES), intents.operation == Operation.APPLY, intents.at >= moment)
    begun = select(intents.domain, func.max(intents.at)).where(*written).group_by(intents.domain)
    given = (
        select(rights.domain, func.max(rights.began_at))
        .where(rights.began_at >= moment)
        .group_by(rights.domain)
    )
    # Runs of earlier versions have intents only; of others, the right began by the clock that caps go by.
    return {row[0]: row[1] for query in (begun, given) for row in db.execute(query)}
