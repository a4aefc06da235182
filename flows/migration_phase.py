"""The two phases of a migration: a run that only prepares, and a later one that only switches."""

from __future__ import annotations

from collections.abc import Iterable

from flows.tenant_runs import record
from phonefleet.errors import PlanRefused
from phonefleet.model.enums import MigrationPhase, OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome
from tasks.run_context import RunContext


def phase_of(*, prepare_only: bool, switch: bool) -> MigrationPhase | None:
    """Return the phase that is asked for; None for a whole migration.

    Raises:
        PlanRefused: both are.
    """
    if prepare_only and switch:
        raise PlanRefused(
            "give one of --prepare-only and --switch; without both, a run does the whole migration"
        )
    if prepare_only:
        return MigrationPhase.PREPARE
    return MigrationPhase.SWITCH if switch else None


async def take_prepared_plans(context: RunContext, domains: Iterable[str]) -> None:
    """Make the plans that earlier runs prepared those of this run, and hold the tenants without one."""
    for domain in domains:
        prepared_by = await context.ledger.tenants.prepared_by.in_thread(domain)
        plan = await context.ledger.plans.of_run.in_thread(prepared_by, domain) if prepared_by else None
        if plan is None:
            why = f"{domain}: no earlier run has prepared it: migrate with --prepare-only first, or without --switch"
            await record(context, domain, Outcome(OutcomeKind.HELD, ReasonCode.NOT_PREPARED, why))
        else:
            await context.ledger.tenants.add_plan.in_thread(context.run_id, domain, plan)
