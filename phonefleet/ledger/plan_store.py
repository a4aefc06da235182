"""Plans, each kept once by its checksum."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, insert_missing
from phonefleet.ledger.secret_guard import accepts_keys, refuse_keys, refuse_secrets
from phonefleet.model.plan import Plan, canonical

Row = dict[str, Any]


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
        """The plan with this checksum.

        Raises:
            LedgerError: it was never recorded, or what is kept no longer has its checksum.
        """
        with self._database.reading() as db:
            kept = db.execute(select(tables.plans.c.plan).where(tables.plans.c.checksum == checksum)).scalar()
        if kept is None:
            raise LedgerError(
                f"plan {checksum[:12]} is not in the ledger {self._database.place}; record it first"
            )
        plan = Plan.model_validate_json(kept)
        if plan.checksum != checksum:
            raise LedgerError(
                f"{plan.domain}: the plan kept as {checksum[:12]} has the checksum {plan.checksum[:12]}: "
                "it was changed or written by another version; plan the tenant again"
            )
        return plan


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
