"""Reading runs, plans and snapshots back, while others go on writing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, Table, func, select

from phonefleet.assessment import Assessment
from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.drift import COMPLIANCE, read_drift
from phonefleet.ledger.leases import runs_at_work
from phonefleet.ledger.messages import read_messages
from phonefleet.ledger.models import RunSummary, SnapshotMoment, SnapshotRecord
from phonefleet.ledger.steps import read_steps
from phonefleet.ledger.store import Store
from phonefleet.ledger.waves import read_waves
from phonefleet.plan import Plan
from phonefleet.record import RunRecord, TenantRecord
from phonefleet.snapshot import Snapshot
from phonefleet.vocabulary import OutcomeKind, Verdict

runs, run_events = tables.runs.c, tables.run_events.c


class Reading(Store):
    """Reads what runs left behind."""

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The last runs, newest first."""
        with self._reading() as db:
            return _summaries(db, _newest_first().limit(limit), self._now(db))

    def runs_of(self, fleet: str, verb: str) -> list[RunSummary]:
        """All runs of a verb over a fleet, newest first."""
        with self._reading() as db:
            query = _newest_first().where(runs.fleet == fleet, runs.verb == verb)
            return _summaries(db, query, self._now(db))

    def summary(self, name: str) -> RunSummary:
        """One run in one line; see `find_run` for how to name it.

        Raises:
            LedgerError: there is no such run, or several.
        """
        with self._reading() as db:
            return _summaries(db, _newest_first().where(runs.id == _find(db, name)), self._now(db))[0]

    def find_run(self, name: str) -> str:
        """The id of the run with this id, with an id that alone begins so, or of the `latest`.

        Raises:
            LedgerError: there is none, or several.
        """
        with self._reading() as db:
            return _find(db, name)

    def run(self, name: str) -> RunRecord:
        """Everything about one run; see `find_run` for how to name it.

        Raises:
            LedgerError: there is no such run, or several.
        """
        with self._reading() as db:
            run_id = _find(db, name)
            row = db.execute(_newest_first().where(runs.id == run_id)).one()
            ended = _ended(db, [run_id]).get(run_id)
            return RunRecord(
                run_id=run_id,
                verb=row.verb,
                fleet=row.fleet,
                phonefleet=row.version,
                started_at=row.started_at,
                started_by=row.started_by,
                ended_at=ended.at if ended else None,
                exit_code=ended.exit_code if ended else None,
                verdict=ended.verdict if ended else "",
                tenants=tuple(_tenants(db, run_id)),
                steps=tuple(read_steps(db, run_id=run_id)),
                messages=tuple(read_messages(db, tables.intents.c.run_id == run_id)),
                waves=tuple(read_waves(db, run_id)),
                drift=tuple(read_drift(db, run_id)) if row.verb == COMPLIANCE else (),
            )

    def endings(self, run_id: str) -> list[tuple[Verdict | None, OutcomeKind | None]]:
        """Each tenant's verdict and outcome in a run, in the fleet's order: far cheaper than the whole record."""
        with self._reading() as db:
            verdicts = {
                domain: Verdict(orjson.loads(row.assessment)["verdict"])
                for domain, row in _last(db, tables.assessments, run_id).items()
            }
            outcomes = {row.domain: OutcomeKind(row.kind) for row in _of_run(db, tables.outcomes, run_id)}
            known = tables.tenants.c
            domains = select(known.domain).where(known.run_id == run_id).order_by(known.position)
            return [(verdicts.get(one), outcomes.get(one)) for one in db.execute(domains).scalars()]

    def plan(self, checksum: str) -> Plan:
        """The plan with this checksum.

        Raises:
            LedgerError: it was never recorded, or what is kept no longer has its checksum.
        """
        with self._reading() as db:
            kept = db.execute(select(tables.plans.c.plan).where(tables.plans.c.checksum == checksum)).scalar()
        if kept is None:
            raise LedgerError(f"plan {checksum[:12]} is not in the ledger {self.place}; record it first")
        plan = Plan.model_validate_json(kept)
        if plan.checksum != checksum:
            raise LedgerError(
                f"{plan.domain}: the plan kept as {checksum[:12]} has the checksum {plan.checksum[:12]}: "
                "it was changed or written by another version; plan the tenant again"
            )
        return plan

    def snapshots(
        self, domain: str, *, run_id: str | None = None, moment: SnapshotMoment | str | None = None
    ) -> list[SnapshotRecord]:
        """The kept snapshots of a tenant, oldest first; of one run or one moment where given."""
        kept = tables.snapshots.c
        query = select(tables.snapshots).where(kept.domain == domain).order_by(kept.id)
        if run_id is not None:
            query = query.where(kept.run_id == run_id)
        if moment is not None:
            query = query.where(kept.moment == SnapshotMoment(moment).value)
        with self._reading() as db:
            rows = db.execute(query).all()
        return [snapshot_record(row) for row in rows]


def snapshot_record(row: Row[Any]) -> SnapshotRecord:
    """One row of `snapshots`."""
    return SnapshotRecord(
        run_id=row.run_id,
        domain=row.domain,
        moment=SnapshotMoment(row.moment),
        at=row.at,
        snapshot=Snapshot.model_validate_json(row.snapshot),
    )


def _newest_first() -> Select[Any]:
    return select(tables.runs).order_by(runs.started_at.desc(), runs.id.desc())


def _find(db: Connection, name: str) -> str:
    newest: list[str] = list(
        db.execute(select(runs.id).order_by(runs.started_at.desc(), runs.id.desc())).scalars()
    )
    if not newest:
        raise LedgerError(f"there is no run {name}: the ledger holds none yet")
    if name == "latest":
        return newest[0]
    found = [name] if name in newest else [run_id for run_id in newest if name and run_id.startswith(name)]
    match found:
        case [run_id]:
            return run_id
        case []:
            near = difflib.get_close_matches(name, newest, n=3, cutoff=0.6) or newest[:3]
            raise LedgerError(f"there is no run {name}; near it: {', '.join(near)}")
        case _:
            raise LedgerError(
                f"{len(found)} runs begin with {name!r}: {', '.join(found[:5])}; write more of it"
            )


def _ended(db: Connection, run_ids: list[str]) -> dict[str, Row[Any]]:
    """The closing event of each run that is over."""
    query = select(tables.run_events).where(run_events.run_id.in_(run_ids)).order_by(run_events.id)
    last = {row.run_id: row for row in db.execute(query)}
    return {run_id: row for run_id, row in last.items() if row.event == "ended"}


def _summaries(db: Connection, query: Select[Any], now: datetime) -> list[RunSummary]:
    rows = db.execute(query).all()
    run_ids = [row.id for row in rows]
    ended = _ended(db, run_ids)
    sizes = _count(db, tables.tenants.c.run_id, run_ids)
    open_intents = _count(db, tables.intents.c.run_id, run_ids, unsettled=True)
    outcomes = _outcome_counts(db, run_ids)
    holders = runs_at_work(db, now)
    return [
        RunSummary(
            run_id=row.id,
            verb=row.verb,
            fleet=row.fleet,
            phonefleet=row.version,
            started_at=row.started_at,
            started_by=row.started_by,
            ended_at=ended[row.id].at if row.id in ended else None,
            verdict=ended[row.id].verdict if row.id in ended else "",
            exit_code=ended[row.id].exit_code if row.id in ended else None,
            tenants=sizes.get(row.id, 0),
            outcomes=outcomes.get(row.id, {}),
            open_intents=open_intents.get(row.id, 0),
            holder=holders.get(row.id, ""),
            options=row.options,
        )
        for row in rows
    ]


def _count(db: Connection, column: Any, run_ids: list[str], *, unsettled: bool = False) -> dict[str, int]:
    query = select(column, func.count()).where(column.in_(run_ids)).group_by(column)
    if unsettled:
        settled = tables.results.c.intent_id
        query = query.select_from(tables.intents.outerjoin(tables.results)).where(settled.is_(None))
    return {row[0]: row[1] for row in db.execute(query)}


def _outcome_counts(db: Connection, run_ids: list[str]) -> dict[str, dict[OutcomeKind, int]]:
    known = tables.outcomes.c
    query = select(known.run_id, known.kind, func.count()).where(known.run_id.in_(run_ids))
    counts: dict[str, dict[OutcomeKind, int]] = {}
    for run_id, kind, number in db.execute(query.group_by(known.run_id, known.kind)):
        counts.setdefault(run_id, {})[OutcomeKind(kind)] = number
    return counts


def _tenants(db: Connection, run_id: str) -> list[TenantRecord]:
    places = _last(db, tables.assignments, run_id)
    assessments = _last(db, tables.assessments, run_id)
    plans = _plans(db, run_id)
    starts = _first_starts(db, run_id)
    outcomes = {row.domain: row for row in _of_run(db, tables.outcomes, run_id)}
    rows = db.execute(
        select(tables.tenants).where(tables.tenants.c.run_id == run_id).order_by(tables.tenants.c.position)
    )
    return [
        _tenant(
            row,
            places.get(row.domain),
            assessments.get(row.domain),
            plans.get(row.domain),
            starts.get(row.domain),
            outcomes.get(row.domain),
        )
        for row in rows
    ]


def _tenant(row: Any, place: Any, assessed: Any, planned: Any, started: Any, outcome: Any) -> TenantRecord:
    return TenantRecord(
        domain=row.domain,
        wave=place.wave if place else "",
        batch=place.batch if place else None,
        environment=row.environment,
        region=row.region,
        tier=row.tier,
        owner=row.owner,
        labels=row.labels,
        assessment=Assessment.model_validate_json(assessed.assessment) if assessed else None,
        plan=Plan.model_validate_json(planned.plan) if planned else None,
        plan_checksum=planned.checksum if planned else "",
        outcome=outcome.kind if outcome else None,
        outcome_reason=outcome.reason if outcome else None,
        outcome_message=outcome.message if outcome else "",
        started_at=started,
        ended_at=outcome.at if outcome else None,
    )


def _of_run(db: Connection, table: Table, run_id: str) -> Iterable[Row[Any]]:
    return db.execute(select(table).where(table.c.run_id == run_id))


def _last(db: Connection, table: Table, run_id: str) -> dict[str, Row[Any]]:
    """The last fact about each tenant of a run."""
    query = select(table).where(table.c.run_id == run_id).order_by(table.c.id)
    return {row.domain: row for row in db.execute(query)}


def _plans(db: Connection, run_id: str) -> dict[str, Row[Any]]:
    planned = tables.plannings.c
    query: Select[Any] = select(planned.domain, tables.plans.c.checksum, tables.plans.c.plan).join(
        tables.plans, tables.plans.c.checksum == planned.plan_checksum
    )
    return {row.domain: row for row in db.execute(query.where(planned.run_id == run_id).order_by(planned.id))}


def _first_starts(db: Connection, run_id: str) -> dict[str, datetime]:
    starts = tables.starts.c
    query = select(starts.domain, func.min(starts.at)).where(starts.run_id == run_id).group_by(starts.domain)
    return {row[0]: row[1] for row in db.execute(query)}
