"""Approvals of plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, insert_missing
from phonefleet.ledger.plan_rows import plan_row
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import Approval

approvals = tables.approvals.c


class ApprovalStore(Store):
    """Records approvals of plans by checksum."""

    @blocking
    def approve_plans(
        self, plans: Sequence[tuple[Plan, Sequence[ReasonCode]]], by: str, note: str = ""
    ) -> list[Approval]:
        """Record plans together with their approvals: all of them or none.

        Args:
            plans: Each plan with the reasons that its approval accepts.
            by: The person who approves.
            note: Why.

        Raises:
            LedgerError: A plan holds a secret.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            insert_missing(db, tables.plans, [plan_row(plan.domain, plan, at) for plan, _ in plans])
            made = [
                Approval(checksum=plan.checksum, by=by, reasons=tuple(reasons), note=note, at=at)
                for plan, reasons in plans
            ]
            for approval in made:
                db.execute(insert(tables.approvals).values(**approval.model_dump()))
        return made

    @blocking
    def of_tenant(self, domain: str) -> list[Approval]:
        """Read the approvals of every plan of a tenant, lapsed ones too, oldest first."""
        plans = select(tables.plans.c.checksum).where(tables.plans.c.domain == domain)
        query = select(tables.approvals).where(approvals.checksum.in_(plans)).order_by(approvals.id)
        with self._database.reading() as db:
            return [_approval(row) for row in db.execute(query)]

    @blocking
    def of_plan(self, checksum: str) -> list[Approval]:
        """Read the approvals of exactly this checksum, oldest first."""
        query = select(tables.approvals).where(approvals.checksum == checksum).order_by(approvals.id)
        with self._database.reading() as db:
            return [_approval(row) for row in db.execute(query)]


def _approval(row: Row[Any]) -> Approval:
    return Approval(checksum=row.checksum, by=row.by, at=row.at, reasons=row.reasons, note=row.note)
