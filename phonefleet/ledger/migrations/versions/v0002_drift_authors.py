"""Who changed a field that drifted, as the tenant's logs show it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the write that changed a field; earlier rows have none."""
    op.add_column("drift", sa.Column("changed_by", sa.Text))
