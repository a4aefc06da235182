"""Read the assessments and plans of a run's tenants a page at a time: those of a large fleet do not fit into memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from phonefleet.ledger.database import chunks
from phonefleet.ledger.tenant_store import PAGE
from phonefleet.model.run_record import TenantRecord
from tasks.run_context import RunContext


async def tenant_pages(context: RunContext, domains: Iterable[str]) -> AsyncIterator[list[TenantRecord]]:
    """Yield what the run has recorded of these tenants, so many at once as `PAGE` says."""
    for page in chunks(domains, PAGE):
        yield await context.ledger.tenants.records.in_thread(context.run_id, page)
