"""Runs: who started one and when, how it ended, and everything that a report reads of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import append_entry
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.drift_reader import read_drift
from phonefleet.ledger.interrupted import interrupted_tenants
from phonefleet.ledger.lease_reader import active_runs
from phonefleet.ledger.message_reader import read_messages
from phonefleet.ledger.pause_reader import read_operators_pause, read_pause
from phonefleet.ledger.plan_rows import insert_assessments, insert_plans
from phonefleet.ledger.run_reader import (
    ended_events,
    facts_of_run,
    find_id,
    last_actor,
    last_facts,
    newest_first,
    summaries,
    tenant_outlines,
    tenant_records,
)
from phonefleet.ledger.secret_guard import refuse_secrets
from phonefleet.ledger.step_reader import read_steps
from phonefleet.ledger.wave_reader import read_decisions, read_forecasts, read_waves
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import CHANGING_VERBS, SWITCHES, OutcomeKind, RunVerdict, Verdict
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import RunPause, RunRecord, RunSummary, TenantRecord

runs, run_events = tables.runs.c, tables.run_events.c


class RunStore(Store):
    """Records runs and reads them back."""

    @blocking
    def start(
        self,
        verb: str,
        fleet: str,
        tenants: Sequence[TenantRecord],
        *,
        options: Mapping[str, Any],
        started_by: str,
        version: str,
    ) -> str:
        """Record a run with all its tenants, and the wave, assessment and plan of each that has them.

        Args:
            verb: `assess`, `plan`, `migrate`, `rollback`, `finalize` or `compliance`.
            fleet: The fleet's name.
            tenants: Every tenant of the fleet, each once.
            options: The operator's options, as redacted JSON.
            started_by: The operator.
            version: phonefleet's version.

        Returns:
            The run's id, `YYYYMMDD-HHMMSS-xxxx` in UTC: it sorts by time.
        """
        refuse_secrets(options, "options of the run")
        twice = [domain for domain, count in Counter(t.domain for t in tenants).items() if count > 1]
        if twice:
            raise LedgerError(f"{twice[0]}: listed twice among the {len(tenants)} tenants of the run")
        with self._database.writing() as db:
            at = self._database.now(db)
            run_id = _free_id(db, at)
            db.execute(
                insert(tables.runs).values(
                    id=run_id,
                    verb=verb,
                    fleet=fleet,
                    version=version,
                    started_by=started_by,
                    options=dict(options),
                    started_at=at,
                )
            )
            _insert_tenants(db, run_id, tenants, at)
            self._audit(db, AuditAction.STARTED, started_by, at, run_id, {"verb": verb}, options)
        return run_id

    def _audit(
        self,
        db: Connection,
        action: AuditAction,
        by: str,
        at: datetime,
        run_id: str,
        detail: dict[str, Any],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an entry about a run, and one for each thing that its options accept by name."""
        given = options or {}
        plan = str(given.get("plan") or "")
        detail |= {"options": dict(given)} if options is not None else {}
        append_entry(self._database, db, action, by, at, run_id=run_id, plan_checksum=plan, detail=detail)
        for name in given.get("accepted", ()):
            accepted = {"accepted": name}
            append_entry(self._database, db, AuditAction.ACCEPTED, by, at, run_id=run_id, detail=accepted)

    @blocking
    def end(self, run_id: str, verdict: RunVerdict, exit_code: int) -> None:
        """Close a run.

        Raises:
            LedgerError: There is no such run, or it is closed already.
        """
        with self._database.writing() as db:
            if _last_event(db, run_id) == "ended":
                raise LedgerError(f"run {run_id} is closed already; resume it before closing it again")
            row = {"event": "ended", "verdict": verdict, "exit_code": exit_code, "by": ""}
            at = self._database.now(db)
            db.execute(insert(tables.run_events).values(run_id=run_id, at=at, **row))
            self._audit(
                db,
                AuditAction.ENDED,
                last_actor(db, run_id),
                at,
                run_id,
                {"verdict": verdict, "exit": exit_code},
            )

    @blocking
    def resume(self, run_id: str, by: str, options: Mapping[str, Any] | None = None) -> None:
        """Open a run again, whether it was closed or its process died.

        Args:
            run_id: The run.
            by: The operator.
            options: The operator's options from now on, as redacted JSON; None keeps the earlier ones.

        Raises:
            LedgerError: There is no such run.
        """
        refuse_secrets(options, "options of the run")
        with self._database.writing() as db:
            _last_event(db, run_id)
            given = None if options is None else dict(options)
            row = {"event": "resumed", "verdict": "", "exit_code": None, "by": by, "options": given}
            at = self._database.now(db)
            db.execute(insert(tables.run_events).values(run_id=run_id, at=at, **row))
            self._audit(db, AuditAction.RESUMED, by, at, run_id, {}, options)

    @blocking
    def pause(self, run_id: str, by: str) -> None:
        """Let no further tenant of a run start until `unpause`.

        Raises:
            LedgerError: There is no such run, or it has ended.
        """
        self._add_pause(run_id, by, "paused")

    @blocking
    def unpause(self, run_id: str, by: str) -> None:
        """End a pause; raise as `pause` does."""
        self._add_pause(run_id, by, "unpaused")

    def _add_pause(self, run_id: str, by: str, event: str) -> None:
        with self._database.writing() as db:
            if _last_event(db, run_id) == "ended":
                raise LedgerError(f"run {run_id} has ended, so it can be neither paused nor resumed")
            row = {"event": event, "verdict": "", "exit_code": None, "by": by}
            db.execute(insert(tables.run_events).values(run_id=run_id, at=self._database.now(db), **row))

    @blocking
    def pause_of(self, run_id: str, *, in_shard: bool = False) -> RunPause | None:
        """Return who paused a run and when; None where it is not paused.

        Args:
            run_id: The run.
            in_shard: Also return what the process that drives the run said by `hold_up`.
        """
        with self._database.reading() as db:
            return read_pause(db, run_id) if in_shard else read_operators_pause(db, run_id)

    @blocking
    def hold_up(self, run_id: str, why: str) -> None:
        """Tell the shards of a run that it is paused by something that they cannot see; empty ends that pause.

        Raises:
            LedgerError: There is no such run, or it has ended.
        """
        self._add_pause(run_id, why, "held_up" if why else "let_go")

    @blocking
    def recent(self, limit: int = 50) -> list[RunSummary]:
        """Read the last runs, newest first."""
        with self._database.reading() as db:
            return summaries(db, newest_first().limit(limit), self._database.now(db))

    @blocking
    def of_fleet(self, fleet: str, verb: str) -> list[RunSummary]:
        """Read all runs of a verb over a fleet, newest first."""
        with self._database.reading() as db:
            query = newest_first().where(runs.fleet == fleet, runs.verb == verb)
            return summaries(db, query, self._database.now(db))

    @blocking
    def going_on(self, fleet: str) -> list[RunSummary]:
        """Read the runs of a fleet that a process works on: those that change tenants first, then the newest."""
        with self._database.reading() as db:
            now = self._database.now(db)
            query = newest_first().where(runs.fleet == fleet, runs.id.in_(active_runs(db, now)))
            return sorted(summaries(db, query, now), key=lambda run: run.verb not in CHANGING_VERBS)

    @blocking
    def summary(self, name: str) -> RunSummary:
        """Read one run in one line, named by its id, by the unique beginning of it, or by `latest`.

        Raises:
            LedgerError: There is no such run, or several.
        """
        with self._database.reading() as db:
            query = newest_first().where(runs.id == find_id(db, name))
            return summaries(db, query, self._database.now(db))[0]

    @blocking
    def record(self, name: str) -> RunRecord:
        """Read everything about one run, named as in `summary`.

        Raises:
            LedgerError: There is no such run, or several.
        """
        with self._database.reading() as db:
            run_id = find_id(db, name)
            row = db.execute(newest_first().where(runs.id == run_id)).one()
            ended = ended_events(db, [run_id]).get(run_id)
            return RunRecord(
                run_id=run_id,
                verb=row.verb,
                fleet=row.fleet,
                phonefleet=row.version,
                started_at=row.started_at,
                started_by=row.started_by,
                ended_at=ended.at if ended else None,
                exit_code=ended.exit_code if ended else None,
                verdict=ended.verdict if ended else None,
                tenants=tuple(tenant_records(db, run_id)),
                steps=tuple(read_steps(db, run_id=run_id)),
                messages=tuple(read_messages(db, tables.intents.c.run_id == run_id)),
                waves=tuple(read_waves(db, run_id)),
                decisions=tuple(read_decisions(db, run_id)),
                forecasts=tuple(read_forecasts(db, run_id)),
                revised_forecasts=tuple(read_forecasts(db, run_id, revised=True)),
                drift=tuple(read_drift(db, run_id)),
            )

    @blocking
    def outline(self, name: str) -> RunOutline:
        """Read one run without its assessments and plans, named as in `summary`; raise as it does."""
        intents = tables.intents.c
        with self._database.reading() as db:
            run_id = find_id(db, name)
            row = db.execute(newest_first().where(runs.id == run_id)).one()
            ended = ended_events(db, [run_id]).get(run_id)
            begun = select(intents.domain).where(intents.run_id == run_id).distinct()
            return RunOutline(
                run_id=run_id,
                verb=row.verb,
                fleet=row.fleet,
                started_at=row.started_at,
                started_by=row.started_by,
                ended_at=ended.at if ended else None,
                exit_code=ended.exit_code if ended else None,
                tenants=tuple(tenant_outlines(db, run_id)),
                switches=tuple(read_steps(db, intents.kind.in_(SWITCHES), run_id=run_id)),
                begun=frozenset(db.execute(begun).scalars()),
                waves=tuple(read_waves(db, run_id)),
                decisions=tuple(read_decisions(db, run_id)),
            )

    @blocking
    def verdicts_and_outcomes(self, run_id: str) -> list[tuple[Verdict | None, OutcomeKind | None]]:
        """Read each tenant's verdict and outcome in a run, in the fleet's order, without the rest of its record."""
        with self._database.reading() as db:
            verdicts = {
                domain: Verdict(row.verdict)
                for domain, row in last_facts(db, tables.assessments, run_id).items()
            }
            outcomes = {
                row.domain: OutcomeKind(row.kind) for row in facts_of_run(db, tables.outcomes, run_id)
            }
            known = tables.tenants.c
            domains = select(known.domain).where(known.run_id == run_id).order_by(known.position)
            return [(verdicts.get(one), outcomes.get(one)) for one in db.execute(domains).scalars()]

    @blocking
    def interrupted(self, fleet: str) -> dict[str, str]:
        """Return the tenants at which a run of the fleet stopped between an intent and the outcome, with that run.

        Runs that a process works on are left out, and tenants that a later run has read: it recorded an outcome
        other than `held`.
        """
        with self._database.reading() as db:
            active = active_runs(db, self._database.now(db))
            return {d: run for d, run in interrupted_tenants(db, fleet).items() if run not in active}


def _free_id(db: Connection, at: datetime) -> str:
    while True:
        run_id = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
            return run_id


def _insert_tenants(db: Connection, run_id: str, tenants: Sequence[TenantRecord], at: datetime) -> None:
    fields = {"domain", "environment", "region", "tier", "owner", "labels"}
    rows = [
        {"run_id": run_id, "position": number, **tenant.model_dump(include=fields)}
        for number, tenant in enumerate(tenants)
    ]
    places = [
        {"run_id": run_id, "domain": t.domain, "wave": t.wave, "batch": t.batch, "at": at}
        for t in tenants
        if t.wave or t.batch is not None
    ]
    for table, each in ((tables.tenants, rows), (tables.assignments, places)):
        if each:
            db.execute(insert(table), each)
    insert_assessments(db, run_id, {t.domain: t.assessment for t in tenants if t.assessment}, at)
    insert_plans(db, run_id, {t.domain: t.plan for t in tenants if t.plan}, at)


def _last_event(db: Connection, run_id: str) -> str:
    """Return `started`, `ended` or `resumed`; raise LedgerError if there is no such run."""
    if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
        raise LedgerError(f"there is no run {run_id}; `phonefleet runs` lists them")
    events = tables.run_events.c
    last = select(events.event).where(events.run_id == run_id).order_by(events.id.desc()).limit(1)
    return db.execute(last).scalar() or "started"
