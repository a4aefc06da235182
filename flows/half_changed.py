"""Tenants of which the ledger does not know whether an earlier run changed them."""

from __future__ import annotations

from phonefleet.model.enums import ReasonCode
from phonefleet.model.outcome import interruption_message, unsettled_message
from tasks.run_context import RunContext


async def half_changed_tenants(context: RunContext) -> dict[str, tuple[ReasonCode, str]]:
    """Return why nothing may be concluded from a tenant's state, and the message, by domain.

    A run died in the middle of it, or a run ended and no read has shown the effect of one of its writes.
    """
    ledger = context.ledger
    found = {
        domain: (
            ReasonCode.WRITE_NOT_SETTLED,
            unsettled_message(domain, intents[0].run_id, intents[0].key),
        )
        for domain, intents in (await ledger.steps.unsettled.in_thread()).items()
    }
    died = await ledger.runs.interrupted.in_thread(context.fleet.name)
    return found | {
        domain: (ReasonCode.INTERRUPTED, interruption_message(domain, run)) for domain, run in died.items()
    }
