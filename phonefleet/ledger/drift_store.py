"""Fields of tenants that a run of `compliance` found changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store, insert_missing
from phonefleet.ledger.drift_reader import read_drift
from phonefleet.model.run_record import ChangedField, DriftRecord


class DriftStore(Store):
    """Records drift and reads it back."""

    @blocking
    def add(self, run_id: str, changed: Iterable[ChangedField]) -> None:
        """Record changed fields of tenants in one transaction; a field that the run has recorded stays as it is.

        Raises:
            LedgerError: A tenant is not in the run.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            rows = [{"run_id": run_id, "at": at, **_columns(each)} for each in changed]
            insert_missing(db, tables.drift, rows)

    @blocking
    def of_run(self, run_id: str) -> list[DriftRecord]:
        """Read the changed fields that a run found, by tenant and field."""
        with self._database.reading() as db:
            return read_drift(db, run_id)


def _columns(changed: ChangedField) -> dict[str, Any]:
    by = changed.changed_by
    return changed.model_dump(exclude={"changed_by"}) | {"changed_by": by and by.model_dump(mode="json")}
