"""What a run foresees of each wave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from phonefleet.ledger.migrations.versions.v0004_audit import guard

revision = "0005"
down_revision = "0004"

FACTS = ("forecasts",)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "forecasts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("wave", sa.Text, nullable=False),
        sa.Column("forecast", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("ix_forecasts_run", "run_id"),
        sqlite_autoincrement=True,
    )
    for table in FACTS:
        guard(table)
