"""`handover`: write the code for what migrations left, for the tool that keeps the tenants. Writes to no tenant."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow

from flows.half_changed import half_changed_tenants
from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import named, select_for_handover
from flows.stopping import stoppable
from flows.tenant_runs import run_selected, run_task
from flows.verdict_states import flow_options, judged
from phonefleet.errors import PlanRefused
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.left_state import CodeFormat
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_options import RunOptions
from tasks.handover import hand_over_tenant
from tasks.run_context import RunContext

VERB = "handover"


@flow(**flow_options(VERB))
@stoppable
@judged
async def handover(
    fleet: str,
    code_format: str,
    out: str,
    tenants: list[str] | None = None,
    reports: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Write code for named tenants, or for every tenant in which a migration is in effect.

    Args:
        fleet: the path of the fleet file.
        code_format: `terraform` or `deploy-cli`.
        out: directory for the code, which must be new or empty; each tenant gets a directory in it.
        tenants: domains; None for all.
        reports: directory for the reports; None for one below the state directory.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a tenant isn't the fleet's, no migration of it is in effect, or the directory can't be used; no
            run was started.
        RunNotDone: a tenant drifted, is not migrated, or could not be read.
    """
    options = RunOptions(
        tenants=named(tenants), code_format=CodeFormat(code_format), out=out, reports=reports
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        selected = await asyncio.to_thread(select_for_handover, loaded, ledger, options)
        await asyncio.to_thread(check_new_folder, Path(out))
        async with start_run(VERB, loaded, ledger, options, on_pool=False) as context:
            return require_done(await run_to_completion(context, _handover(context, selected)))


def check_new_folder(folder: Path) -> None:
    """Check that code can be written there without a mix of old and new files, and create the folder.

    Raises:
        PlanRefused: it is no folder, is not empty, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        used = next(folder.iterdir(), None)
    except OSError as error:
        raise PlanRefused(
            f"{folder}: no code can be written there ({error.strerror}): give another --out"
        ) from error
    if used is not None:
        raise PlanRefused(f"{folder}: not empty, it has {used.name}: give a new folder as --out")


async def _handover(context: RunContext, selected: list[str]) -> str:
    half_changed = await half_changed_tenants(context)

    async def one(domain: str) -> Outcome:
        if half := half_changed.get(domain):
            return Outcome(OutcomeKind.HELD, *half)
        result = await run_task(context, domain, hand_over_tenant)
        if isinstance(result, Outcome):
            return result
        message = (
            f"handed over: {len(result.files)} files in {result.folder}. Nothing was written to the tenant"
        )
        return Outcome(OutcomeKind.UNCHANGED, None, message)

    await run_selected(context, VERB, selected, one)
    return ""
