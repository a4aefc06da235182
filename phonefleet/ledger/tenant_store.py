"""A run's tenants: where each is placed, what was decided for it, and how it ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.sql.dml import Insert

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, chunks, insert_missing
from phonefleet.ledger.plan_store import plan_row
from phonefleet.ledger.secret_guard import text_of
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import TenantRecord

Row = dict[str, Any]


_UNREAD = f'%"verdict":"{Verdict.UNREACHABLE}"%'


class TenantStore(Store):
    """Records what happens to the tenants of a run."""

    @blocking
    def assign(self, run_id: str, places: Mapping[str, tuple[str, int | None]]) -> None:
        """Records the wave and batch of each domain; the last assignment counts."""
        with self._database.writing() as db:
            at = self._database.now(db)
            rows = [
                {"run_id": run_id, "domain": domain, "wave": wave, "batch": batch, "at": at}
                for domain, (wave, batch) in places.items()
            ]
            _add(db, insert(tables.assignments), rows)

    @blocking
    def add_assessment(self, run_id: str, domain: str, assessment: Assessment) -> None:
        """Records one tenant's assessment; the last one of a run counts."""
        self.add_assessments(run_id, {domain: assessment})

    @blocking
    def add_assessments(self, run_id: str, assessments: Mapping[str, Assessment]) -> None:
        """Records many tenants' assessments in one transaction."""
        with self._database.writing() as db:
            _add(
                db, insert(tables.assessments), _assessment_rows(run_id, assessments, self._database.now(db))
            )

    @blocking
    def add_plan(self, run_id: str, domain: str, plan: Plan) -> None:
        """Records one tenant's plan; needed before the first intent of it."""
        self.add_plans(run_id, {domain: plan})

    @blocking
    def add_plans(self, run_id: str, plans: Mapping[str, Plan]) -> None:
        """Records many tenants' plans in one transaction; each plan is kept once, by its checksum.

        Raises:
            LedgerError: a plan is of another tenant.
            NotRecorded: one holds a secret; none of them was recorded.
        """
        with self._database.writing() as db:
            _add_plans(db, run_id, plans, self._database.now(db))

    @blocking
    def mark_started(self, run_id: str, domain: str) -> None:
        """Records that work on a tenant begins; the first time of a run counts."""
        with self._database.writing() as db:
            db.execute(insert(tables.starts).values(run_id=run_id, domain=domain, at=self._database.now(db)))

    @blocking
    def set_outcome(
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
        self.set_outcomes(run_id, [domain], kind, reason, message)

    @blocking
    def hold(self, run_id: str, domains: Sequence[str], reason: ReasonCode | None, message: str) -> None:
        """Records `held` for all the domains, or for none of them when one has its outcome already."""
        self.set_outcomes(run_id, domains, OutcomeKind.HELD, reason, message)

    @blocking
    def set_outcomes(
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
        with self._database.writing() as db:
            _refuse_second_outcome(db, run_id, domains)
            at = self._database.now(db)
            rows = [{"run_id": run_id, "domain": domain, "at": at, **same} for domain in domains]
            _add(db, insert(tables.outcomes), rows)

    @blocking
    def last_verdicts(self, domains: Iterable[str], *, besides: Collection[str] = ()) -> dict[str, Verdict]:
        """Each domain's last verdict other than `unreachable`, by runs of other verbs than `besides`."""
        assessed = tables.assessments.c
        found: dict[str, Verdict] = {}
        with self._database.reading() as db:
            for some in chunks(domains):
                last = (
                    select(func.max(assessed.id))
                    .join(tables.runs, tables.runs.c.id == assessed.run_id)
                    .where(assessed.domain.in_(some), tables.runs.c.verb.not_in([*besides]))
                    .where(assessed.assessment.not_like(_UNREAD))
                    .group_by(assessed.domain)
                )
                query = select(assessed.domain, assessed.assessment).where(assessed.id.in_(last))
                rows = db.execute(query).all()
                found |= {r.domain: Assessment.model_validate_json(r.assessment).verdict for r in rows}
        return found


def _add(db: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Inserts many rows; none is fine too."""
    if rows:
        db.execute(statement, rows)


def add_tenants(db: Connection, run_id: str, tenants: Sequence[TenantRecord], at: datetime) -> None:
    """Add the tenants of a new run, with what is already known of each."""
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
        {"run_id": run_id, "domain": domain, "assessment": text_of(each, "assessment", domain), "at": at}
        for domain, each in assessments.items()
    ]


def _add_plans(db: Connection, run_id: str, plans: Mapping[str, Plan], at: datetime) -> None:
    insert_missing(db, tables.plans, [plan_row(domain, plan, at) for domain, plan in plans.items()])
    rows = [
        {"run_id": run_id, "domain": domain, "plan_checksum": plan.checksum, "at": at}
        for domain, plan in plans.items()
    ]
    _add(db, insert(tables.plannings), rows)


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
