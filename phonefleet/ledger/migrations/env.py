"""Run revisions on the ledger's own connection, inside its transaction."""

from __future__ import annotations

from alembic import context

from phonefleet.ledger.schema_upgrade import VERSION_TABLE
from phonefleet.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
