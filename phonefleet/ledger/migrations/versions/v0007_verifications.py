"""Results of verifications, so that equal Actions are verified once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from phonefleet.ledger.migrations.versions.v0004_audit import guard

revision = "0007"
down_revision = "0006"

FACTS = ("verifications",)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "verifications",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("keyed", sa.Boolean, nullable=False),
        sa.Column("seal", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("ix_verifications_key", "key"),
        sqlite_autoincrement=True,
    )
    for table in FACTS:
        guard(table)
