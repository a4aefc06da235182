"""Shards, what a phase came to, and the right to switch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from phonefleet.ledger.migrations.versions.v0004_audit import guard

revision = "0006"
down_revision = "0005"

FACTS = ("shards", "phase_ends", "switch_rights")
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _tenant() -> tuple[Any, ...]:
    return (
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("domain", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    )


def upgrade() -> None:
    """Add the tables; earlier runs have no rows in them."""
    run = sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False)
    driver = sa.Column("driver", sa.BigInteger, nullable=False)
    fence = sa.Column("fence", sa.BigInteger, nullable=False)
    for name, columns, indexes in (
        ("shards", (run, driver, _text("phase"), _text("domains"), _moment("at")), (("run", "run_id"),)),
        (
            "phase_ends",
            (*_tenant(), _text("phase"), _text("result"), _moment("at")),
            (("run", "run_id", "phase"), ("tenant", "run_id", "domain")),
        ),
        (
            "switch_rights",
            (*_tenant(), _text("wave"), fence, _moment("began_at"), _moment("at")),
            (("tenant", "run_id", "domain"), ("at", "began_at")),
        ),
    ):
        number = sa.Column("id", _SERIAL, primary_key=True, autoincrement=True)
        op.create_table(name, number, *columns, sqlite_autoincrement=True)
        for short, *of in indexes:
            op.create_index(f"ix_{name}_{short}", name, of)
    op.create_index("ix_outcomes_kind", "outcomes", ["run_id", "kind"])
    for table in FACTS:
        guard(table)
