"""Runs and their tenants: who is in it, what was decided for each, and how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select
from sqlalchemy.sql.dml import Insert

from phonefleet.assessment import Assessment
from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.models import SnapshotMoment
from phonefleet.ledger.redaction import accepts_keys, refuse_keys, refuse_secrets
from phonefleet.ledger.store import Store, chunks, insert_missing
from phonefleet.plan import Plan, canonical
from phonefleet.record import TenantRecord
from phonefleet.snapshot import Snapshot
from phonefleet.vocabulary import OutcomeKind, ReasonCode

Row = dict[str, Any]


class Runs(Store):
    """Writes what happens to runs and their tenants."""

    def start_run(
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
        with self._writing() as db:
            at = self._now(db)
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
            _add_tenants(db, run_id, tenants, at)
        return run_id

    def end_run(self, run_id: str, verdict: str, exit_code: int) -> None:
        """Closes a run. `verdict` is `complete`, `stopped` or `failed`.

        Raises:
            LedgerError: there is no such run, or it is closed already.
        """
        with self._writing() as db:
            if _last_event(db, run_id) == "ended":
                raise LedgerError(f"run {run_id} is closed already; resume it before closing it again")
            row = {"event": "ended", "verdict": verdict, "exit_code": exit_code, "by": ""}
            db.execute(insert(tables.run_events).values(run_id=run_id, at=self._now(db), **row))

    def resume_run(self, run_id: str, by: str) -> None:
        """Opens a run again, whether it was closed or its process died.

        Raises:
            LedgerError: there is no such run.
        """
        with self._writing() as db:
            _last_event(db, run_id)
            row = {"event": "resumed", "verdict": "", "exit_code": None, "by": by}
            db.execute(insert(tables.run_events).values(run_id=run_id, at=self._now(db), **row))

    def assign(self, run_id: str, places: Mapping[str, tuple[str, int | None]]) -> None:
        """Records the wave and batch of each domain; the last assignment counts."""
        with self._writing() as db:
            at = self._now(db)
            rows = [
                {"run_id": run_id, "domain": domain, "wave": wave, "batch": batch, "at": at}
                for domain, (wave, batch) in places.items()
            ]
            _add(db, insert(tables.assignments), rows)

    def assessed(self, run_id: str, domain: str, assessment: Assessment) -> None:
        """Records one tenant's assessment; the last one of a run counts."""
        self.assessed_all(run_id, {domain: assessment})

    def assessed_all(self, run_id: str, assessments: Mapping[str, Assessment]) -> None:
        """Records many tenants' assessments in one transaction."""
        with self._writing() as db:
            _add(db, insert(tables.assessments), _assessment_rows(run_id, assessments, self._now(db)))

    def planned(self, run_id: str, domain: str, plan: Plan) -> None:
        """Records one tenant's plan; needed before the first intent of it."""
        self.planned_all(run_id, {domain: plan})

    def planned_all(self, run_id: str, plans: Mapping[str, Plan]) -> None:
        """Records many tenants' plans in one transaction; each plan is kept once, by its checksum.

        Raises:
            LedgerError: a plan is of another tenant.
            NotRecorded: one holds a secret; none of them was recorded.
        """
        with self._writing() as db:
            _add_plans(db, run_id, plans, self._now(db))

    def started(self, run_id: str, domain: str) -> None:
        """Records that work on a tenant begins; the first time of a run counts."""
        with self._writing() as db:
            db.execute(insert(tables.starts).values(run_id=run_id, domain=domain, at=self._now(db)))

    def snapshot(self, run_id: str, domain: str, moment: SnapshotMoment | str, snapshot: Snapshot) -> None:
        """Keeps what the tenant looked like `before`, `after` or `rolled_back`, without keys in its code and URLs."""
        row = {"run_id": run_id, "domain": domain, "moment": SnapshotMoment(moment).value}
        with self._writing() as db:
            text = _text_of(snapshot, f"snapshot {row['moment']}", domain)
            db.execute(insert(tables.snapshots).values(**row, snapshot=text, at=self._now(db)))

    def outcome(
        self,
        run_id: str,
        domain: str,
        kind: OutcomeKind,
        reason: ReasonCode | None = None,
        message: str = "",
    ) -> None:
        """Records how the run ended for one tenant: once, and nothing is written to the tenant after it.

        Raises:
            LedgerError: the tenant has its outcome already.
        """
        self.outcomes(run_id, [domain], kind, reason, message)

    def finish_held(
        self, run_id: str, domains: Sequence[str], reason: ReasonCode | None, message: str
    ) -> None:
        """Records `held` for all the domains, or for none of them when one has its outcome already."""
        self.outcomes(run_id, domains, OutcomeKind.HELD, reason, message)

    def outcomes(
        self,
        run_id: str,
        domains: Sequence[str],
        kind: OutcomeKind,
        reason: ReasonCode | None = None,
        message: str = "",
    ) -> None:
        """Records the same outcome for all the domains in one transaction; raises as `outcome` does."""
        same = {
            "kind": OutcomeKind(kind).value,
            "reason": reason and ReasonCode(reason).value,
            "message": message,
        }
        with self._writing() as db:
            _refuse_second_outcome(db, run_id, domains)
            at = self._now(db)
            rows = [{"run_id": run_id, "domain": domain, "at": at, **same} for domain in domains]
            _add(db, insert(tables.outcomes), rows)


def _add(db: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Inserts many rows; none is fine too."""
    if rows:
        db.execute(statement, rows)


def _refuse_twins(tenants: Sequence[TenantRecord]) -> None:
    seen: set[str] = set()
    for tenant in tenants:
        if tenant.domain in seen:
            raise LedgerError(f"{tenant.domain}: listed twice among the {len(tenants)} tenants of the run")
        seen.add(tenant.domain)


def _free_id(db: Connection, at: datetime) -> str:
    while True:
        run_id = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
            return run_id


def _add_tenants(db: Connection, run_id: str, tenants: Sequence[TenantRecord], at: datetime) -> None:
    _add(db, insert(tables.tenants), [_tenant_row(run_id, n, tenant) for n, tenant in enumerate(tenants)])
    placed = [t for t in tenants if t.wave or t.batch is not None]
    _add(
        db,
        insert(tables.assignments),
        [{"run_id": run_id, "domain": t.domain, "wave": t.wave, "batch": t.batch, "at": at} for t in placed],
    )
    assessments = {t.domain: t.assessment for t in tenants if t.assessment is not None}
    _add(db, insert(tables.assessments), _assessment_rows(run_id, assessments, at))
    _add_plans(db, run_id, {t.domain: t.plan for t in tenants if t.plan is not None}, at)


def _tenant_row(run_id: str, position: int, tenant: TenantRecord) -> Row:
    return {
        "run_id": run_id,
        "position": position,
        **tenant.model_dump(include={"domain", "environment", "region", "tier", "owner", "labels"}),
    }


def _assessment_rows(run_id: str, assessments: Mapping[str, Assessment], at: datetime) -> list[Row]:
    return [
        {"run_id": run_id, "domain": domain, "assessment": _text_of(each, "assessment", domain), "at": at}
        for domain, each in assessments.items()
    ]


def _text_of(fact: BaseModel, where: str, domain: str) -> str:
    content = fact.model_dump(mode="json")
    refuse_keys(content, where, domain)
    return canonical(content).decode()


def _add_plans(db: Connection, run_id: str, plans: Mapping[str, Plan], at: datetime) -> None:
    insert_missing(db, tables.plans, [plan_row(domain, plan, at) for domain, plan in plans.items()])
    rows = [
        {"run_id": run_id, "domain": domain, "plan_checksum": plan.checksum, "at": at}
        for domain, plan in plans.items()
    ]
    _add(db, insert(tables.plannings), rows)


def plan_row(domain: str, plan: Plan, at: datetime) -> Row:
    """A row of `plans`; raises LedgerError where the plan is another tenant's, NotRecorded where it holds a secret."""
    if plan.domain != domain:
        raise LedgerError(
            f"{domain}: the plan {plan.checksum[:12]} is of {plan.domain}; plan this tenant itself"
        )
    content = plan.model_dump(mode="json")
    where = f"plan {plan.checksum[:12]}"
    refuse_secrets(content, where, domain)
    if not accepts_keys(plan):
        refuse_keys(content, where, domain)
    return {"checksum": plan.checksum, "domain": domain, "plan": canonical(content).decode(), "at": at}


def _last_event(db: Connection, run_id: str) -> str:
    """`started`, `ended` or `resumed`; raises LedgerError where there is no such run."""
    if db.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id)).first() is None:
        raise LedgerError(f"there is no run {run_id}; `phonefleet runs` lists them")
    events = tables.run_events.c
    last = select(events.event).where(events.run_id == run_id).order_by(events.id.desc()).limit(1)
    return db.execute(last).scalar() or "started"


def _refuse_second_outcome(db: Connection, run_id: str, domains: Sequence[str]) -> None:
    known = tables.outcomes.c
    for some in chunks(domains):
        query = select(known.domain, known.kind, known.at).where(
            known.run_id == run_id, known.domain.in_(some)
        )
        for domain, kind, at in db.execute(query):
            raise LedgerError(
                f"{domain}: run {run_id} recorded its outcome {kind} at {at:%Y-%m-%d %H:%M:%S} UTC; "
                "an outcome is final, a new run records a new one"
            )
