"""Plans, each kept once by its checksum."""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy import select

from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, insert_missing
from phonefleet.ledger.plan_rows import plan_row
from phonefleet.model.plan import Plan


class PlanStore(Store):
    """Records plans and reads them back."""

    @blocking
    def add(self, plan: Plan) -> None:
        """Record a plan that is no tenant's plan in a run, such as one that waits for approval.

        Raises:
            NotRecorded: the plan holds a secret.
        """
        with self._database.writing() as db:
            insert_missing(db, tables.plans, [plan_row(plan.domain, plan, self._database.now(db))])

    @blocking
    def of_run(self, run_id: str, domain: str) -> Plan | None:
        """Return the last plan of a tenant in a run; None when it has none there."""
        planned = tables.plannings.c
        query = select(planned.plan_checksum).where(planned.run_id == run_id, planned.domain == domain)
        with self._database.reading() as db:
            checksum = db.execute(query.order_by(planned.id.desc()).limit(1)).scalar()
        return None if checksum is None else self.get(checksum)

    @blocking
    def get(self, checksum: str) -> Plan:
        """Return the plan with this checksum.

        Raises:
            LedgerError: It was never recorded, or the recorded plan no longer has this checksum.
        """
        with self._database.reading() as db:
            kept = db.execute(select(tables.plans.c.plan).where(tables.plans.c.checksum == checksum)).scalar()
        if kept is None:
            raise LedgerError(
                f"plan {checksum[:12]} is not in the ledger {self._database.place}; record it first"
            )
        try:
            plan = Plan.model_validate_json(kept)
        except ValidationError as error:
            count = error.error_count()
            raise LedgerDamaged(
                f"plan {checksum[:12]} in the ledger {self._database.place} cannot be read ({count} fields): it was "
                "changed. Restore a copy of the ledger, or plan the tenant again"
            ) from None
        if plan.checksum != checksum:
            raise LedgerDamaged(
                f"{plan.domain}: the plan kept as {checksum[:12]} has the checksum {plan.checksum[:12]}: "
                "it was changed or written by another version; plan the tenant again"
            )
        return plan
