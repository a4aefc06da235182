"""`assess`: read a fleet and say what each tenant is. Writes to no tenant."""

from __future__ import annotations

from collections.abc import Iterable

from prefect import flow

from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import check_domains, named, parse_allowed
from flows.shards import run_phase
from flows.stopping import stoppable
from flows.tenant_runs import hold_unselected
from flows.verdict_states import flow_options, judged
from phonefleet.auth0.rate_limits import reading_seconds
from phonefleet.model.enums import ShardPhase
from phonefleet.model.phase_end import PhaseEnd
from phonefleet.model.run_options import RunOptions
from tasks.run_context import RunContext


@flow(**flow_options("assess"))
@stoppable
@judged
async def assess(
    fleet: str,
    reports: str | None = None,
    allow_unreachable: str = "0",
    tenants: list[str] | None = None,
    pool: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Read every tenant of a fleet.

    Args:
        fleet: the path of the fleet file.
        reports: directory for the reports; None for one below the state directory.
        allow_unreachable: so many tenants, or such a percentage, may be unreadable without effect on the exit code.
        tenants: only these domains; None for every tenant.
        pool: the Prefect work pool whose workers do the work; None for what the fleet file says.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a domain isn't the fleet's; no run was started.
        RunNotDone: a tenant could not be read, or its users get no messages now.
    """
    options = RunOptions(
        tenants=named(tenants), pool=pool, reports=reports, allow_unreachable=parse_allowed(allow_unreachable)
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        check_domains(loaded, options.tenants)
        async with start_run("assess", loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _assess(context)))


async def _assess(context: RunContext) -> str:
    await assess_all(context, await hold_unselected(context))
    return ""


async def assess_all(context: RunContext, domains: Iterable[str]) -> dict[str, PhaseEnd]:
    """Read these tenants, as many at once as the fleet file says.

    Those with the slowest rate limits are begun first: begun last, they would be waited for alone.

    Returns:
        The result of each tenant; one that can't be read doesn't stop the others.
    """
    wanted = sorted(domains, key=lambda domain: -reading_seconds(context.tenants[domain].tier))
    context.progress.begin("assess", len(wanted))
    return await run_phase(context, ShardPhase.ASSESS, wanted)
