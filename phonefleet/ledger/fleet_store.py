"""A fleet over all its runs: what was last recorded about each tenant, and which runs changed what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from phonefleet.ledger.audit_store import AuditStore
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Database, Store
from phonefleet.ledger.fleet_reader import read_fleet_facts
from phonefleet.model.run_record import Approval
from phonefleet.model.tenant_facts import FleetFacts


class FleetStore(Store):
    """Reads what the ledger has about a whole fleet.

    Args:
        database: The ledger's database.
        audit: The audit of the same ledger.
    """

    def __init__(self, database: Database, audit: AuditStore) -> None:
        super().__init__(database)
        self._audit = audit

    @blocking
    def approvals(self) -> Mapping[str, Iterable[Approval]]:
        """Read the approvals that count, by tenant.

        Raises:
            LedgerDamaged: The audit is not valid, so none counts.
        """
        return self._audit.approvals_by_tenant()

    @blocking
    def facts(
        self,
        fleet: str,
        until: datetime | None = None,
        *,
        approvals: Mapping[str, Iterable[Approval]] | None = None,
    ) -> FleetFacts:
        """Read what was recorded about a fleet until a moment, by default until now.

        Args:
            fleet: The fleet's name.
            until: The moment; None for now.
            approvals: The approvals by tenant, as `approvals` returns them; None counts none.
        """
        with self._database.reading() as db:
            now = self._database.now(db)
            return read_fleet_facts(db, fleet, until or now, approvals or {}, is_now=until is None)
