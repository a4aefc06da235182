"""`finalize`: remove the legacy leftovers of migrated tenants, each kind accepted by name."""

from __future__ import annotations

import asyncio

from prefect import flow

from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import named, select_for_finalization
from flows.shards import run_selected_phase
from flows.stopping import stoppable
from flows.verdict_states import flow_options, judged
from phonefleet.model.enums import ShardPhase
from phonefleet.model.run_options import RunOptions
from tasks.run_context import RunContext


@flow(**flow_options("finalize"))
@stoppable
@judged
async def finalize(
    fleet: str,
    tenants: list[str] | None = None,
    wave: str | None = None,
    accept: list[str] | None = None,
    reports: str | None = None,
    pool: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Remove leftovers of named tenants, or of every tenant of a wave in which a migration is in effect.

    Args:
        fleet: the path of the fleet file.
        tenants: domains; give either these or `wave`.
        wave: the name of a wave.
        accept: kinds of leftovers that may be removed for good; without any, the run only names them.
        reports: directory for the reports; None for one below the state directory.
        pool: the Prefect work pool whose workers do the work; None for what the fleet file says.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a tenant isn't the fleet's, the ledger has no migration of it, or an accepted name is no
            leftover's; no run was started.
        RunNotDone: a tenant could not be finalized, or something was not accepted.
    """
    options = RunOptions(
        tenants=named(tenants),
        wave=wave,
        accepted=tuple(sorted(accept or ())),
        pool=pool,
        reports=reports,
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        selected = await asyncio.to_thread(select_for_finalization, loaded, ledger, options)
        async with start_run("finalize", loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _finalize(context, selected)))


async def _finalize(context: RunContext, selected: list[str]) -> str:
    await run_selected_phase(context, ShardPhase.FINALIZE, "finalize", selected)
    return ""
