"""The ledger's identity, and the audit: a chain of who decided what."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FACTS = ("ledger_identity", "audit_entries")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    """Add both tables, and give the ledger an identity."""
    moment = sa.DateTime(timezone=True)
    identity = op.create_table(
        "ledger_identity",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", moment, nullable=False),
    )
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", moment, nullable=False),
        _text("action"),
        _text("by"),
        _text("run_id"),
        _text("domain"),
        _text("plan_checksum"),
        _text("version"),
        _text("detail"),
        sa.Column("keyed", sa.Boolean, nullable=False),
        _text("previous"),
        _text("hash"),
        sa.Index("ix_audit_entries_action", "action"),
    )
    op.bulk_insert(identity, [{"id": uuid.uuid4().hex, "at": datetime.now(UTC)}])
    for table in FACTS:
        guard(table)


def guard(table: str) -> None:
    """Let the database refuse every change of what a table holds."""
    said = f"facts in {table} are only added"
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{said}')"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
