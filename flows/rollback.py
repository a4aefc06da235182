"""`rollback`: roll migrated tenants back, each only if it breaks nothing that was not accepted by name."""

from __future__ import annotations

import asyncio

from prefect import flow

from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import select_for_rollback
from flows.stopping import stoppable
from flows.tenant_runs import run_selected, run_task
from flows.verdict_states import flow_options, judged
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_options import RunOptions
from tasks.rollback import roll_back_tenant
from tasks.run_context import RunContext


@flow(**flow_options("rollback"))
@stoppable
@judged
async def rollback(
    fleet: str,
    tenants: list[str] | None = None,
    wave: str | None = None,
    accept: list[str] | None = None,
    reports: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Roll back named tenants, or every tenant of a wave in which a migration is in effect.

    Args:
        fleet: the path of the fleet file.
        tenants: domains; give either these or `wave`.
        wave: the name of a wave.
        accept: dependents (`kind:id`) that may break.
        reports: directory for the reports; None for one below the state directory.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a tenant isn't the fleet's, or the ledger has no migration of it; no run was started.
        RunNotDone: a tenant could not be rolled back.
    """
    options = RunOptions(
        tenants=tuple(tenants or ()), wave=wave, accepted=tuple(sorted(accept or ())), reports=reports
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        selected = await asyncio.to_thread(select_for_rollback, loaded, ledger, options)
        async with start_run("rollback", loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _rollback(context, selected)))


async def _rollback(context: RunContext, selected: list[str]) -> str:
    async def one(domain: str) -> Outcome:
        result = await run_task(context, domain, roll_back_tenant)
        if isinstance(result, Outcome):
            return result
        if not result.changed:
            message = "no migration of it is in effect any more: it was rolled back before"
            return Outcome(OutcomeKind.UNCHANGED, None, message)
        message = f"not restored: {'; '.join(result.losses)}" if result.losses else ""
        return Outcome(OutcomeKind.ROLLED_BACK, None, message)

    await run_selected(context, "roll back", selected, one)
    return ""
