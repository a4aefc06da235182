"""What a run of `compliance` found changed, field by field, worked out again from what the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from phonefleet.assessment.drift import differences
from phonefleet.ledger import tables
from phonefleet.ledger.database import chunks
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.ledger_entries import SnapshotMoment
from phonefleet.model.run_record import DriftRecord
from phonefleet.model.snapshot import Snapshot

COMPLIANCE = "compliance"
_LEFT = (SnapshotMoment.AFTER, SnapshotMoment.ROLLED_BACK)
_UNREAD = f'%"verdict":"{Verdict.UNREACHABLE}"%'
runs, snapshots, assessed, outcomes = (
    tables.runs.c,
    tables.snapshots.c,
    tables.assessments.c,
    tables.outcomes.c,
)


def read_drift(db: Connection, run_id: str) -> list[DriftRecord]:
    """Every changed field of the tenants that the run called drifted or accepted as they are, by tenant.

    Snapshots and verdicts count that are older than the run: what it accepts is the measure of later runs only.
    """
    query = select(outcomes.domain).where(
        outcomes.run_id == run_id, outcomes.reason == ReasonCode.DRIFT_FOUND.value
    )
    begun = db.execute(select(runs.started_at).where(runs.id == run_id)).scalar_one()
    return [
        found
        for some in chunks(db.execute(query.order_by(outcomes.domain)).scalars())
        for found in _of(db, run_id, begun, some)
    ]


def _of(db: Connection, run_id: str, begun: datetime, domains: Sequence[str]) -> Iterable[DriftRecord]:
    left = _snapshots(db, domains, snapshots.moment.in_(_LEFT), runs.started_at < begun)
    now = _snapshots(db, domains, snapshots.moment == SnapshotMoment.BEFORE, snapshots.run_id == run_id)
    judged = _verdicts(db, domains, runs.started_at < begun, runs.verb != COMPLIANCE)
    judged_now = _verdicts(db, domains, assessed.run_id == run_id)
    since = _first_found(db, begun, domains)
    for domain in domains:
        if domain in left and domain in now:
            was = left[domain]
            for one in differences(_snapshot(was), _snapshot(now[domain])):
                yield _record(domain, one.field, (one.was, one.now), was.at, since[domain])
        elif domain in judged and domain in judged_now:
            verdicts = (_verdict(judged[domain]), _verdict(judged_now[domain]))
            yield _record(domain, "verdict", verdicts, judged[domain].at, since[domain])


def _record(
    domain: str, field: str, values: tuple[str, str], expected_at: datetime, first_found_at: datetime
) -> DriftRecord:
    expected, found = values
    return DriftRecord(
        domain=domain,
        field=field,
        expected=expected,
        found=found,
        expected_at=expected_at,
        first_found_at=first_found_at,
    )


def _snapshots(db: Connection, domains: Sequence[str], *where: Any) -> Mapping[str, Row[Any]]:
    last = select(func.max(snapshots.id)).join(tables.runs, runs.id == snapshots.run_id)
    last = last.where(snapshots.domain.in_(domains), *where)
    return _last(db, select(tables.snapshots).where(snapshots.id.in_(last.group_by(snapshots.domain))))


def _verdicts(db: Connection, domains: Sequence[str], *where: Any) -> Mapping[str, Row[Any]]:
    last = select(func.max(assessed.id)).join(tables.runs, runs.id == assessed.run_id)
    last = last.where(assessed.domain.in_(domains), assessed.assessment.not_like(_UNREAD), *where)
    return _last(db, select(tables.assessments).where(assessed.id.in_(last.group_by(assessed.domain))))


def _last(db: Connection, query: Select[Any]) -> Mapping[str, Row[Any]]:
    return {row.domain: row for row in db.execute(query)}


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot.model_validate_json(row.snapshot)


def _verdict(row: Row[Any]) -> str:
    return str(Assessment.model_validate_json(row.assessment).verdict)


def _first_found(db: Connection, begun: datetime, domains: Sequence[str]) -> Mapping[str, datetime]:
    """The first of the runs in a row, back from this one, that found each tenant drifted."""
    query = select(outcomes.domain, outcomes.kind, outcomes.at).join(tables.runs, runs.id == outcomes.run_id)
    query = query.where(outcomes.domain.in_(domains), runs.verb == COMPLIANCE, runs.started_at <= begun)
    first: dict[str, datetime] = {}
    in_order: set[str] = set()
    for domain, kind, at in db.execute(query.order_by(runs.started_at.desc())):
        if kind == OutcomeKind.DRIFTED or domain not in first:
            first[domain] = first[domain] if domain in in_order else at
        elif kind == OutcomeKind.UNCHANGED:
            in_order.add(domain)
    return first
