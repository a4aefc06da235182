"""Who approved which plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, insert_missing
from phonefleet.ledger.plan_store import plan_row
from phonefleet.model.ledger_entries import Approval
from phonefleet.model.plan import Plan

approvals = tables.approvals.c


class ApprovalStore(Store):
    """Records approvals of plans, by checksum."""

    @blocking
    def approve(self, checksum: str, by: str, scope: str = "", note: str = "") -> Approval:
        """Records somebody's approval of a tenant's plan or of a fleet plan, by its checksum."""
        with self._database.writing() as db:
            approval = Approval(checksum=checksum, by=by, scope=scope, note=note, at=self._database.now(db))
            db.execute(insert(tables.approvals).values(**approval.model_dump()))
        return approval

    @blocking
    def approve_plans(self, plans: Sequence[tuple[Plan, str]], by: str, note: str = "") -> list[Approval]:
        """Records plans together with their approvals: all of them or none.

        Args:
            plans: each with its scope, what of it is approved.
            by: who.
            note: why.

        Raises:
            LedgerError: a plan holds a secret.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            insert_missing(db, tables.plans, [plan_row(plan.domain, plan, at) for plan, _ in plans])
            made = [Approval(checksum=p.checksum, by=by, scope=scope, note=note, at=at) for p, scope in plans]
            for approval in made:
                db.execute(insert(tables.approvals).values(**approval.model_dump()))
        return made

    @blocking
    def of_tenant(self, domain: str) -> list[Approval]:
        """The approvals of every plan of a tenant that was ever recorded, oldest first; the last may be void too."""
        plans = select(tables.plans.c.checksum).where(tables.plans.c.domain == domain)
        query = select(tables.approvals).where(approvals.checksum.in_(plans)).order_by(approvals.id)
        with self._database.reading() as db:
            return [_approval(row) for row in db.execute(query)]

    @blocking
    def of_plan(self, checksum: str) -> list[Approval]:
        """The approvals of exactly this checksum, oldest first; empty when nobody approved it."""
        query = select(tables.approvals).where(approvals.checksum == checksum).order_by(approvals.id)
        with self._database.reading() as db:
            return [_approval(row) for row in db.execute(query)]


def _approval(row: Row[Any]) -> Approval:
    return Approval(checksum=row.checksum, by=row.by, at=row.at, scope=row.scope, note=row.note)
