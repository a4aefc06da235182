"""Which tenants must be rehearsed before they are changed, and were not."""

from __future__ import annotations

from collections.abc import Iterable

from phonefleet.model.rehearsal import is_rehearsed
from phonefleet.model.run_record import TenantOutline
from tasks.run_context import RunContext


async def without_rehearsal(context: RunContext, tenants: Iterable[TenantOutline]) -> dict[str, str]:
    """Return the tenants with a plan in waves that require a rehearsal, and whose plan was not rehearsed, with why.

    Raises:
        LedgerDamaged: the audit, which has the rehearsals, is not valid.
    """
    requiring = {wave.name for wave in context.fleet.waves if wave.require_rehearsal}
    found: dict[str, str] = {}
    for tenant in tenants:
        if tenant.wave not in requiring or not tenant.plan_checksum:
            continue
        marks = await context.ledger.audit.rehearsals_of.in_thread(tenant.plan_checksum)
        if not is_rehearsed(marks):
            tried = (
                f"{len(marks)} rehearsal(s) of it did not migrate the twin"
                if marks
                else "it was never rehearsed"
            )
            found[tenant.domain] = (
                f"{tenant.domain}: wave {tenant.wave} requires a rehearsal of plan {tenant.plan_checksum[:12]}, and "
                f"{tried}: phonefleet rehearse {context.fleet.source}"
            )
    return found
