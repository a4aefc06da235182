"""What Twilio says of a test message, beside what the tenant's logs say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEW = {"receipt": "not_asked", "receipt_sid": "", "error_code": ""}
"""Columns of `message_evidence`, with their values in the rows that are there."""


def upgrade() -> None:
    """Add the columns."""
    for name, value in _NEW.items():
        op.add_column(
            "message_evidence", sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{value}'"))
        )
