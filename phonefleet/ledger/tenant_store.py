"""A run's tenants: where each is placed, what was decided for it, and how it ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import append_entry
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Database, Store, chunks
from phonefleet.ledger.plan_rows import insert_assessments, insert_plans, insert_snapshot
from phonefleet.ledger.run_reader import last_actor, tenant_records
from phonefleet.model.assessment import Assessment
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import CHANGING_VERBS, OutcomeKind, ReasonCode, ShardPhase, Verdict
from phonefleet.model.outcome import Outcome
from phonefleet.model.phase_end import PhaseResult
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import SnapshotMoment, TenantRecord, VerdictRecord
from phonefleet.model.snapshot import Snapshot
from phonefleet.secrets.known_values import KNOWN

PAGE = 200
"""Tenants whose assessments and plans are read at once: those of a large fleet do not fit into memory."""
_AUDITED = {
    OutcomeKind.ROLLED_BACK: AuditAction.ROLLED_BACK,
    OutcomeKind.FINALIZED: AuditAction.FINALIZED,
}
"""Outcomes that someone decided on."""


class TenantStore(Store):
    """Records what happens to the tenants of a run."""

    @blocking
    def assign(self, run_id: str, places: Mapping[str, tuple[str, int | None]]) -> None:
        """Record the wave and batch of each domain; the last assignment counts."""
        with self._database.writing() as db:
            at = self._database.now(db)
            rows = [
                {"run_id": run_id, "domain": domain, "wave": wave, "batch": batch, "at": at}
                for domain, (wave, batch) in places.items()
            ]
            if rows:
                db.execute(insert(tables.assignments), rows)

    @blocking
    def add_assessment(self, run_id: str, domain: str, assessment: Assessment) -> None:
        """Record one tenant's assessment; the last one of a run counts."""
        self.add_assessments(run_id, {domain: assessment})

    @blocking
    def add_assessments(self, run_id: str, assessments: Mapping[str, Assessment]) -> None:
        """Record many tenants' assessments in one transaction."""
        with self._database.writing() as db:
            insert_assessments(db, run_id, assessments, self._database.now(db))

    @blocking
    def add_plan(self, run_id: str, domain: str, plan: Plan) -> None:
        """Record one tenant's plan, before its first intent."""
        self.add_plans(run_id, {domain: plan})

    @blocking
    def add_plans(self, run_id: str, plans: Mapping[str, Plan]) -> None:
        """Record many tenants' plans in one transaction; each plan is kept once, by its checksum.

        Raises:
            LedgerError: A plan is of another tenant.
            NotRecorded: A plan holds a secret; none of them was recorded.
        """
        with self._database.writing() as db:
            insert_plans(db, run_id, plans, self._database.now(db))

    @blocking
    def add_reading(
        self, run_id: str, domain: str, snapshot: Snapshot, assessment: Assessment, plan: Plan | None = None
    ) -> None:
        """Record in one transaction what a tenant was before any change, its assessment, and its plan if it has one.

        Raises:
            LedgerError: The plan is of another tenant.
            NotRecorded: One of them holds a key or a secret; nothing was recorded.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            insert_snapshot(db, run_id, domain, SnapshotMoment.BEFORE, snapshot, at)
            insert_assessments(db, run_id, {domain: assessment}, at)
            insert_plans(db, run_id, {domain: plan} if plan else {}, at)

    @blocking
    def mark_started(self, run_id: str, domain: str) -> None:
        """Record that work on a tenant begins; the first time in a run counts."""
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
        """Record how the run ended for one tenant, once; it refuses intents of the tenant from then on.

        Raises:
            LedgerError: The tenant has its outcome already.
        """
        self.set_outcomes(run_id, [domain], kind, reason, message)

    @blocking
    def hold(self, run_id: str, domains: Sequence[str], reason: ReasonCode | None, message: str) -> None:
        """Record `held` for all the domains, or for none of them if one has its outcome already."""
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
        """Record the same outcome for all the domains in one transaction; raise as `set_outcome` does."""
        outcome = Outcome(OutcomeKind(kind), reason and ReasonCode(reason), message)
        with self._database.writing() as db:
            _insert_outcomes(self._database, db, run_id, domains, outcome, self._database.now(db))

    @blocking
    def end_phase(
        self,
        run_id: str,
        phase: ShardPhase,
        domain: str,
        result: PhaseResult,
        ends_run: Outcome | None = None,
    ) -> None:
        """Record what a phase came to for a tenant and, in the same transaction, the tenant's outcome in the run.

        Raises:
            LedgerError: The tenant has its outcome already.
        """
        masked = {"text": KNOWN.mask(result.text, domain), "message": KNOWN.mask(result.message, domain)}
        kept = result.model_copy(update=masked).model_dump(mode="json", exclude_defaults=True)
        with self._database.writing() as db:
            at = self._database.now(db)
            if ends_run is not None:
                _insert_outcomes(self._database, db, run_id, [domain], ends_run, at)
            row = {"run_id": run_id, "domain": domain, "phase": phase, "result": kept, "at": at}
            db.execute(insert(tables.phase_ends).values(**row))

    @blocking
    def records(self, run_id: str, domains: Iterable[str]) -> list[TenantRecord]:
        """Read everything that a run recorded about some of its tenants, in the fleet's order."""
        with self._database.reading() as db:
            return [record for some in chunks(domains) for record in tenant_records(db, run_id, some)]

    @blocking
    def prepared_by(self, domain: str) -> str | None:
        """Return the run that prepared a tenant, if no later run did anything else to it; None otherwise.

        Runs that held or skipped the tenant wrote nothing to it and do not count.
        """
        known, ran = tables.outcomes.c, tables.runs.c
        nothing = (OutcomeKind.HELD, OutcomeKind.SKIPPED)
        query = (
            select(known.run_id, known.kind)
            .join(tables.runs, ran.id == known.run_id)
            .where(known.domain == domain, ran.verb.in_(CHANGING_VERBS), known.kind.not_in(nothing))
            .order_by(known.at.desc())
            .limit(1)
        )
        with self._database.reading() as db:
            row = db.execute(query).first()
        return row.run_id if row is not None and row.kind == OutcomeKind.PREPARED else None

    @blocking
    def last_recorded(self, domain: str, kind: OutcomeKind) -> datetime | None:
        """Return when a run last recorded an outcome of this kind for a tenant; None if none did."""
        known = tables.outcomes.c
        query = select(func.max(known.at)).where(known.domain == domain, known.kind == kind)
        with self._database.reading() as db:
            at: datetime | None = db.execute(query).scalar()
        return at

    @blocking
    def last_verdicts(
        self, domains: Iterable[str], *, besides: Collection[str] = ()
    ) -> dict[str, VerdictRecord]:
        """Read each domain's last verdict other than `unreachable`, by runs of other verbs than `besides`."""
        assessed = tables.assessments.c
        verdicts: dict[str, VerdictRecord] = {}
        with self._database.reading() as db:
            for some in chunks(domains):
                last = (
                    select(func.max(assessed.id))
                    .join(tables.runs, tables.runs.c.id == assessed.run_id)
                    .where(assessed.domain.in_(some), tables.runs.c.verb.not_in([*besides]))
                    .where(assessed.verdict != Verdict.UNREACHABLE)
                    .group_by(assessed.domain)
                )
                query = select(assessed.domain, assessed.verdict, assessed.at).where(assessed.id.in_(last))
                verdicts |= {
                    row.domain: VerdictRecord(domain=row.domain, verdict=row.verdict, at=row.at)
                    for row in db.execute(query)
                }
        return verdicts


def _insert_outcomes(
    database: Database, db: Connection, run_id: str, domains: Sequence[str], outcome: Outcome, at: datetime
) -> None:
    """Insert the same outcome for all the domains.

    Raises:
        LedgerError: A tenant has its outcome already.
    """
    _refuse_second_outcome(db, run_id, domains)
    reason = outcome.reason.value if outcome.reason is not None else None
    same = {"kind": outcome.kind.value, "reason": reason, "message": outcome.message}
    rows = [{"run_id": run_id, "domain": domain, "at": at, **same} for domain in domains]
    if rows:
        db.execute(insert(tables.outcomes), rows)
    if action := _AUDITED.get(outcome.kind):
        by = last_actor(db, run_id)
        for domain in domains:
            append_entry(
                database, db, action, by, at, run_id=run_id, domain=domain, detail={"reason": reason}
            )


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
