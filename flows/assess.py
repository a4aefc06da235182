"""`assess`: read a fleet and say what each tenant is. Writes to no tenant."""

from __future__ import annotations

from collections.abc import Iterable

from prefect import flow

from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.stopping import stoppable
from flows.tenant_runs import run_concurrently, run_task
from flows.verdict_states import flow_options, judged
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_options import RunOptions
from tasks.assess import TenantAssessed, assess_tenant
from tasks.run_context import RunContext


@flow(**flow_options("assess"))
@stoppable
@judged
async def assess(
    fleet: str,
    reports: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Read every tenant of a fleet.

    Args:
        fleet: the path of the fleet file.
        reports: directory for the reports; None for one below the state directory.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        RunNotDone: a tenant waits for a person, for example because it can't be reached.
    """
    async with (
        open_fleet(fleet, fleet_checksum) as (loaded, ledger),
        start_run("assess", loaded, ledger, RunOptions(reports=reports)) as context,
    ):
        return require_done(await run_to_completion(context, _assess(context)))


async def _assess(context: RunContext) -> str:
    await assess_all(context, context.tenants)
    return ""


async def assess_all(context: RunContext, domains: Iterable[str]) -> dict[str, TenantAssessed]:
    """Read these tenants, as many at once as the fleet file says.

    Returns:
        The result of each tenant that could be read; one that can't be read doesn't stop the others.
    """
    wanted = list(domains)
    results: dict[str, TenantAssessed] = {}
    context.progress.begin("assess", len(wanted))

    async def one(domain: str) -> None:
        result = await run_task(context, domain, assess_tenant)
        if isinstance(result, Outcome):
            context.progress.done(domain, "unreachable", failed=True)
        else:
            results[domain] = result
            context.progress.done(domain, str(result.verdict))

    await run_concurrently(context.fleet.rollout.concurrency, wanted, one)
    return results
