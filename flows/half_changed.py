"""Tenants of which the ledger does not know whether an earlier run changed them."""

from __future__ import annotations

from collections.abc import Mapping

from phonefleet.model.command_lines import continuing
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
    messages = await interruption_messages(context, died)
    return found | {domain: (ReasonCode.INTERRUPTED, message) for domain, message in messages.items()}


async def interruption_messages(context: RunContext, interrupted: Mapping[str, str]) -> dict[str, str]:
    """Return what is said of each tenant at which a run stopped, with the command that finishes that run."""
    again: dict[str, str] = {}
    for run_id in set(interrupted.values()):
        run = await context.ledger.runs.summary.in_thread(run_id)
        again[run_id] = continuing(run.verb, run_id, run.options, context.fleet.source)
    return {domain: interruption_message(domain, run, again[run]) for domain, run in interrupted.items()}
