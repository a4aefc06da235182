"""Read what was last recorded about each tenant of a fleet, over all its runs, as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, func, select

from phonefleet.ledger import tables
from phonefleet.ledger.interrupted import interrupted_tenants
from phonefleet.ledger.lease_reader import active_runs, is_run_lease, read_in_force
from phonefleet.model.enums import CHANGING_VERBS, SWITCHES, Operation, OutcomeKind, ReasonCode, Verdict
from phonefleet.model.run_record import Approval, StepResult
from phonefleet.model.tenant_facts import (
    NOT_JUDGED,
    BatchTimes,
    Ending,
    FleetFacts,
    MadeForecast,
    ProgressPoint,
    Reading,
    TenantFacts,
)
from phonefleet.model.wave_forecast import WaveForecast

runs, assessed, ended = tables.runs.c, tables.assessments.c, tables.outcomes.c
intents, results, events = tables.intents.c, tables.results.c, tables.wave_events.c

_NO_WORK = (OutcomeKind.HELD, OutcomeKind.SKIPPED, OutcomeKind.UNCHANGED)
"""Outcomes of a changing run that left the tenant alone."""
_OPEN = (OutcomeKind.HELD, OutcomeKind.INCONCLUSIVE)
"""Outcomes of `compliance` that may have come about without a look at the tenant."""
_WITHOUT_EFFECT = (StepResult.FAILED, StepResult.NOT_APPLIED)


def read_fleet_facts(
    db: Connection, fleet: str, until: datetime, approvals: Mapping[str, Iterable[Approval]], *, is_now: bool
) -> FleetFacts:
    """Read what was recorded about a fleet until a moment.

    Args:
        db: The connection.
        fleet: The fleet's name.
        until: The moment; what was recorded later is left out.
        approvals: The approvals of each tenant's plans, those that count.
        is_now: Whether the moment is now: only then it is known what is interrupted, and which run works on what.
    """
    read = _readings(db, fleet, until, assessed.verdict != Verdict.UNREACHABLE)
    tried = _readings(db, fleet, until, assessed.verdict == Verdict.UNREACHABLE)
    changed = _endings(db, fleet, until, runs.verb.in_(CHANGING_VERBS), ended.kind.not_in(_NO_WORK))
    reason = func.coalesce(ended.reason, "")
    not_selected = reason == ReasonCode.NOT_SELECTED
    held = _endings(db, fleet, until, runs.verb == "migrate", ended.kind == OutcomeKind.HELD, ~not_selected)
    by_compliance = (runs.verb == "compliance", ~(ended.kind.in_(_OPEN) & reason.in_(NOT_JUDGED)))
    checked = _endings(db, fleet, until, *by_compliance)
    settles = (ended.kind == OutcomeKind.UNCHANGED) | (reason == ReasonCode.TEST_MESSAGE_FAILED)
    tested = _endings(db, fleet, until, *by_compliance, settles)
    active = active_runs(db, until) if is_now else {}
    stopped = interrupted_tenants(db, fleet) if is_now else {}
    interrupted = {domain: run_id for domain, run_id in stopped.items() if run_id not in active}
    verbs = _verbs(db, set(interrupted.values()))
    busy = _busy(db, until) if is_now else {}
    switched = _switched(db, fleet, until)
    domains = dict.fromkeys((*read, *tried, *changed, *held, *checked, *interrupted))
    return FleetFacts(
        at=until,
        tenants=tuple(
            TenantFacts(
                domain=domain,
                read=read.get(domain),
                unread=_later(tried.get(domain), read.get(domain)),
                changed=changed.get(domain),
                held=held.get(domain),
                checked=checked.get(domain),
                tested=tested.get(domain),
                approved=_approved(approvals.get(domain, ()), (read.get(domain), held.get(domain)), until),
                interrupted=interrupted.get(domain, ""),
                interrupted_verb=verbs.get(interrupted.get(domain, ""), ""),
                switched=domain in switched,
                held_by=busy.get(domain, ""),
            )
            for domain in domains
        ),
        batches=tuple(_batches(db, fleet, until)),
        forecasts=tuple(_forecasts(db, fleet, until)),
        progress=tuple(_progress(db, fleet, until)),
    )


def _verbs(db: Connection, run_ids: Iterable[str]) -> dict[str, str]:
    query = select(runs.id, runs.verb).where(runs.id.in_(list(run_ids)))
    return {row.id: row.verb for row in db.execute(query)}


def _later(tried: Reading | None, read: Reading | None) -> Reading | None:
    return tried if tried and (read is None or tried.at > read.at) else None


def _approved(
    approvals: Iterable[Approval], judged: Iterable[Reading | Ending | None], until: datetime
) -> frozenset[ReasonCode]:
    """Return what approvals accept that no run has met yet: a run that meets a valid one finds the tenant eligible."""
    last = max((each.at for each in judged if each), default=None)
    since = [each for each in approvals if each.at <= until and (last is None or each.at > last)]
    return frozenset(code for each in since for code in each.reasons)


def _readings(db: Connection, fleet: str, until: datetime, which: ColumnElement[bool]) -> dict[str, Reading]:
    last = (
        select(func.max(assessed.id))
        .join(tables.runs, runs.id == assessed.run_id)
        .where(runs.fleet == fleet, assessed.at <= until, which)
        .group_by(assessed.domain)
    )
    query = select(tables.assessments).where(assessed.id.in_(last))
    return {
        row.domain: Reading(
            run_id=row.run_id,
            at=row.at,
            verdict=row.verdict,
            # Only the codes: reading whole assessments of a large fleet takes seconds.
            reasons=tuple(reason["code"] for reason in orjson.loads(row.assessment)["reasons"]),
        )
        for row in db.execute(query)
    }


def _endings(db: Connection, fleet: str, until: datetime, *which: ColumnElement[bool]) -> dict[str, Ending]:
    last = (
        select(ended.domain, func.max(ended.at).label("at"))
        .join(tables.runs, runs.id == ended.run_id)
        .where(runs.fleet == fleet, ended.at <= until, *which)
        .group_by(ended.domain)
        .subquery()
    )
    query = (
        select(ended.run_id, ended.domain, ended.kind, ended.reason, ended.at, runs.verb)
        .join(tables.runs, runs.id == ended.run_id)
        .join(last, (last.c.domain == ended.domain) & (last.c.at == ended.at))
        .where(runs.fleet == fleet, *which)
        .order_by(runs.started_at)
    )
    return {
        row.domain: Ending(run_id=row.run_id, verb=row.verb, at=row.at, kind=row.kind, reason=row.reason)
        for row in db.execute(query)
    }


def _switched(db: Connection, fleet: str, until: datetime) -> set[str]:
    """Return the tenants whose last write to a switch set it, or may have set it."""
    last = (
        select(func.max(intents.id))
        .join(tables.runs, runs.id == intents.run_id)
        .where(runs.fleet == fleet, intents.at <= until, intents.kind.in_(SWITCHES))
        .group_by(intents.domain)
    )
    query = (
        select(intents.domain, intents.operation, results.result)
        .select_from(tables.intents.outerjoin(tables.results))
        .where(intents.id.in_(last))
    )
    return {
        row.domain
        for row in db.execute(query)
        if row.result is None or (row.operation == Operation.APPLY) is (row.result not in _WITHOUT_EFFECT)
    }


def _busy(db: Connection, now: datetime) -> dict[str, str]:
    return {row.domain: row.run_id for row in read_in_force(db, now) if not is_run_lease(row)}


def _forecasts(db: Connection, fleet: str, until: datetime) -> Iterable[MadeForecast]:
    known = tables.forecasts.c
    query = (
        select(known.at, known.forecast)
        .join(tables.runs, runs.id == known.run_id)
        .where(runs.fleet == fleet, known.at <= until)
        .order_by(known.id)
    )
    for row in db.execute(query):
        yield MadeForecast(at=row.at, forecast=WaveForecast.model_validate(row.forecast))


def _progress(db: Connection, fleet: str, until: datetime) -> Iterable[ProgressPoint]:
    kinds = (OutcomeKind.MIGRATED, OutcomeKind.FINALIZED, OutcomeKind.ROLLED_BACK)
    query = (
        select(ended.run_id, ended.domain, ended.kind, ended.at)
        .join(tables.runs, runs.id == ended.run_id)
        .where(runs.fleet == fleet, ended.at <= until, ended.kind.in_(kinds))
        .order_by(ended.at, ended.domain)
    )
    migrated: set[str] = set()
    points: dict[str, ProgressPoint] = {}
    for row in db.execute(query):
        migrated.discard(row.domain)
        if row.kind != OutcomeKind.ROLLED_BACK:
            migrated.add(row.domain)
        points[row.run_id] = ProgressPoint(run_id=row.run_id, at=row.at, migrated=len(migrated))
    return sorted(points.values(), key=lambda point: point.at)


def _batches(db: Connection, fleet: str, until: datetime) -> Iterable[BatchTimes]:
    query = (
        select(tables.wave_events)
        .join(tables.runs, runs.id == events.run_id)
        .where(runs.fleet == fleet, runs.verb == "migrate", events.at <= until)
        .where(events.event.in_(("started", "ended")))
        .order_by(events.id)
    )
    found: dict[tuple[str, str, int], list[Row[Any]]] = {}
    for row in db.execute(query):
        found.setdefault((row.run_id, row.wave, row.batch), []).append(row)
    return [times for rows in found.values() if (times := _times(rows))]


def _times(rows: Sequence[Row[Any]]) -> BatchTimes | None:
    """Return when a batch ran: from its first start to its last end, if nothing was started again after that."""
    starts = [row for row in rows if row.event == "started"]
    if not starts:
        return None
    last = rows[-1]
    return BatchTimes(
        run_id=last.run_id,
        wave=last.wave,
        tenants=max(row.planned or 0 for row in starts),
        started_at=starts[0].at,
        ended_at=last.at if last.event == "ended" else None,
    )
