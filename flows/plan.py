"""`plan`: read a fleet and write down what would be done, as a file to approve and to migrate with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from prefect import flow

from configs import Fleet
from flows.assess import assess_all
from flows.plan_file import ProposedPlan, check_place, write_plan
from flows.report_files import FinishedRun
from flows.rollout_forecast import forecast_plan
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import check_domains, named
from flows.stopping import stoppable
from flows.tenant_runs import hold_unselected
from flows.verdict_states import flow_options, judged
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.phase_end import PendingApproval
from phonefleet.model.run_options import RunOptions
from tasks.run_context import RunContext


@flow(**flow_options("plan"))
@stoppable
@judged
async def plan(
    fleet: str,
    out: str = "plan.json",
    reports: str | None = None,
    tenants: list[str] | None = None,
    pool: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Read every tenant of a fleet and write the plan file. Writes to no tenant.

    Args:
        fleet: the path of the fleet file.
        out: the path of the plan file.
        reports: directory for the reports; None for one below the state directory.
        tenants: only these domains, and no others are in the file; None for every tenant.
        pool: the Prefect work pool whose workers do the work; None for what the fleet file says.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: the plan file can't be written there; no tenant was read.
        RunNotDone: a tenant waits for a person; the plan file is written.
    """
    place = Path(out)
    check_place(place)
    options = RunOptions(tenants=named(tenants), plan_file=out, pool=pool, reports=reports)
    async with (
        open_fleet(fleet, fleet_checksum) as (loaded, ledger),
        _begun(loaded, ledger, options) as context,
    ):
        pending: dict[str, PendingApproval] = {}

        async def body() -> str:
            results = await assess_all(context, await hold_unselected(context))
            pending.update({domain: r.pending for domain, r in results.items() if r.pending})
            await forecast_plan(context, results)
            return ""

        finished = await run_to_completion(context, body())
        await asyncio.to_thread(_write, ledger, finished.run_id, place, pending)
    return require_done(finished)


@asynccontextmanager
async def _begun(fleet: Fleet, ledger: Ledger, options: RunOptions) -> AsyncIterator[RunContext]:
    """Begin the run for the tenants that were named; raise PlanRefused for one that isn't the fleet's."""
    check_domains(fleet, options.tenants)
    async with start_run("plan", fleet, ledger, options) as context:
        yield context


def _write(ledger: Ledger, run_id: str, place: Path, pending: Mapping[str, PendingApproval]) -> None:
    proposals = {
        domain: ProposedPlan(ledger.plans.get(each.checksum), each.codes) for domain, each in pending.items()
    }
    write_plan(ledger.runs.record(run_id), place, proposals, ledger.mark())
