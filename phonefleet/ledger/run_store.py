"""Runs: who started one and when, how it ended, and everything a report reads of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks
from phonefleet.ledger.drift_query import COMPLIANCE, read_drift
from phonefleet.ledger.interrupted import is_unknown, last_intents, told_outcomes
from phonefleet.ledger.lease_store import runs_at_work
from phonefleet.ledger.message_store import read_messages
from phonefleet.ledger.run_reader import (
    ended_events,
    facts_of_run,
    find_id,
    last_facts,
    newest_first,
    summaries,
    tenant_records,
)
from phonefleet.ledger.secret_guard import refuse_secrets
from phonefleet.ledger.step_store import read_steps
from phonefleet.ledger.tenant_store import add_tenants
from phonefleet.ledger.wave_store import read_waves
from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.ledger_entries import RunSummary
from phonefleet.model.run_record import RunRecord, TenantRecord

runs, run_events = tables.runs.c, tables.run_events.c


CHANGING = ("migrate", "rollback", "finalize")
"""The verbs that write to tenants."""
intents, outcomes = tables.intents.c, tables.outcomes.c


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
        fleet_checksum: str = "",
    ) -> str:
        """Records a run with all its tenants, and what is already known of them.

        Args:
            verb: `assess`, `plan`, `migrate`, `rollback`, `finalize`, …
            fleet: the fleet's name.
            tenants: every tenant of the fleet, each once; their wave, assessment and plan are recorded too.
            options: what the operator asked for, as redacted JSON.
            started_by: the operator.
            version: phonefleet's version.
            fleet_checksum: the fleet plan's checksum, so that a tenant's history shows approvals of it.

        Returns:
            The run's id, `YYYYMMDD-HHMMSS-xxxx` in UTC: it sorts by time.
        """
        refuse_secrets(options, "options of the run")
        _refuse_twins(tenants)
        with self._database.writing() as db:
            at = self._database.now(db)
            run_id = _free_id(db, at)
            db.execute(
                insert(tables.runs).values(
                    id=run_id,
                    verb=verb,
                    fleet=fleet,
                    fleet_checksum=fleet_checksum,
                    version=version,
                    started_by=started_by,
                    options=dict(options),
                    started_at=at,
                )
            )
            add_tenants(db, run_id, tenants, at)
        return run_id

    @blocking
    def end(self, run_id: str, verdict: str, exit_code: int) -> None:
        """Closes a run. `verdict` is `complete`, `stopped` or `failed`.

        Raises:
            LedgerError: there is no such run, or it is closed already.
        """
        with self._database.writing() as db:
            if _last_event(db, run_id) == "ended":
                raise LedgerError(f"run {run_id} is closed already; resume it before closing it again")
            row = {"event": "ended", "verdict": verdict, "exit_code": exit_code, "by": ""}
            db.execute(insert(tables.run_events).values(run_id=run_id, at=self._database.now(db), **row))

    @blocking
    def resume(self, run_id: str, by: str, options: Mapping[str, Any] | None = None) -> None:
        """Open a run again, whether it was closed or its process died.

        Args:
            run_id: the run.
            by: the operator.
            options: what the operator asks for from now on, as redacted JSON; None keeps what was asked for before.

        Raises:
            LedgerError: there is no such run.
        """
        refuse_secrets(options, "options of the run")
        with self._database.writing() as db:
            _last_event(db, run_id)
            given = None if options is None else dict(options)
            row = {"event": "resumed", "verdict": "", "exit_code": None, "by": by, "options": given}
            db.execute(insert(tables.run_events).values(run_id=run_id, at=self._database.now(db), **row))

    @blocking
    def recent(self, limit: int = 50) -> list[RunSummary]:
        """The last runs, newest first."""
        with self._database.reading() as db:
            return summaries(db, newest_first().limit(limit), self._database.now(db))

    @blocking
    def of_fleet(self, fleet: str, verb: str) -> list[RunSummary]:
        """All runs of a verb over a fleet, newest first."""
        with self._database.reading() as db:
            query = newest_first().where(runs.fleet == fleet, runs.verb == verb)
            return summaries(db, query, self._database.now(db))

    @blocking
    def summary(self, name: str) -> RunSummary:
        """One run in one line; see `find_run` for how to name it.

        Raises:
            LedgerError: there is no such run, or several.
        """
        with self._database.reading() as db:
            return summaries(db, newest_first().where(runs.id == find_id(db, name)), self._database.now(db))[
                0
            ]

    @blocking
    def find(self, name: str) -> str:
        """The id of the run with this id, with an id that alone begins so, or of the `latest`.

        Raises:
            LedgerError: there is none, or several.
        """
        with self._database.reading() as db:
            return find_id(db, name)

    @blocking
    def record(self, name: str) -> RunRecord:
        """Everything about one run; see `find_run` for how to name it.

        Raises:
            LedgerError: there is no such run, or several.
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
                verdict=ended.verdict if ended else "",
                tenants=tuple(tenant_records(db, run_id)),
                steps=tuple(read_steps(db, run_id=run_id)),
                messages=tuple(read_messages(db, tables.intents.c.run_id == run_id)),
                waves=tuple(read_waves(db, run_id)),
                drift=tuple(read_drift(db, run_id)) if row.verb == COMPLIANCE else (),
            )

    @blocking
    def verdicts_and_outcomes(self, run_id: str) -> list[tuple[Verdict | None, OutcomeKind | None]]:
        """Each tenant's verdict and outcome in a run, in the fleet's order: far cheaper than the whole record."""
        with self._database.reading() as db:
            verdicts = {
                domain: Verdict(orjson.loads(row.assessment)["verdict"])
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
        """The tenants whose last write by a run of the fleet has no outcome in that run, with the run's id.

        A run that a process is at work on is left out. A later run that came to any outcome but `held` has looked at
        the tenant and told what it found.
        """
        found: dict[str, str] = {}
        with self._database.reading() as db:
            going_on = runs_at_work(db, self._database.now(db))
            last = {row.domain: row for row in last_intents(db, fleet)}
            for some in chunks(last):
                told = told_outcomes(db, some)
                found |= {d: last[d].run_id for d in some if is_unknown(last[d], told.get(d, []))}
        return {domain: run_id for domain, run_id in found.items() if run_id not in going_on}


def _free_id(db: Connection, at: datetime) -> str:
    while True:
        run_id = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
            return run_id


def _refuse_twins(tenants: Sequence[TenantRecord]) -> None:
    seen: set[str] = set()
    for tenant in tenants:
        if tenant.domain in seen:
            raise LedgerError(f"{tenant.domain}: listed twice among the {len(tenants)} tenants of the run")
        seen.add(tenant.domain)


def _last_event(db: Connection, run_id: str) -> str:
    """`started`, `ended` or `resumed`; raises LedgerError where there is no such run."""
    if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
        raise LedgerError(f"there is no run {run_id}; `phonefleet runs` lists them")
    events = tables.run_events.c
    last = select(events.event).where(events.run_id == run_id).order_by(events.id.desc()).limit(1)
    return db.execute(last).scalar() or "started"
