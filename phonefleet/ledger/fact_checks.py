"""Read every recorded value again, to find those that were changed."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Table, select

from phonefleet.errors import LedgerDamaged
from phonefleet.ledger import tables
from phonefleet.ledger.database import Database
from phonefleet.model.assessment import Assessment
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.wave_forecast import WaveForecast


def unreadable_facts(database: Database) -> list[str]:
    """Return what is wrong with recorded values, a sentence for each; empty if every one can be read."""
    found: list[str] = []
    for table in tables.metadata.sorted_tables:
        try:
            with database.reading() as db:
                for _ in db.execute(select(table)):
                    pass
        except LedgerDamaged as damaged:
            found.append(f"table {table.name}: {damaged}")
    with database.reading() as db:
        found += _changed_plans(db)
        found += _invalid(db, tables.assessments, "assessment", Assessment)
        found += _invalid(db, tables.snapshots, "snapshot", Snapshot)
        found += _invalid(db, tables.forecasts, "forecast", WaveForecast)
    return found


def _changed_plans(db: Connection) -> Iterator[str]:
    for row in db.execute(select(tables.plans)):
        try:
            same = Plan.model_validate_json(row.plan).checksum == row.checksum
        except ValidationError:
            same = False
        if not same:
            yield f"{row.domain}: plan {row.checksum[:12]} does not have its checksum: it was changed"


def _invalid(db: Connection, table: Table, column: str, model: type[BaseModel]) -> Iterator[str]:
    for row in db.execute(select(table)):
        kept, names = getattr(row, column), row._mapping  # noqa: SLF001
        try:
            # A column of JSON is decoded already.
            model.model_validate_json(kept) if isinstance(kept, str) else model.model_validate(kept)
        except ValidationError as error:
            about = names.get("domain", f"run {row.run_id}")
            yield f"{about}: {column} {row.id} cannot be read ({error.error_count()} fields)"
