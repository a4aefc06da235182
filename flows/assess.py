"""`assess`: read a fleet and say what each tenant is. Writes to no tenant."""

from __future__ import annotations

from collections.abc import Iterable

from prefect import flow

from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import check_domains, named, parse_allowed
from flows.stopping import stoppable
from flows.tenant_runs import hold_unselected, run_concurrently, run_task
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
    allow_unreachable: str = "0",
    tenants: list[str] | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Read every tenant of a fleet.

    Args:
        fleet: the path of the fleet file.
        reports: directory for the reports; None for one below the state directory.
        allow_unreachable: so many tenants, or such a percentage, may be unreadable without effect on the exit code.
        tenants: only these domains; None for every tenant.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a domain isn't the fleet's; no run was started.
        RunNotDone: a tenant could not be read, or its users get no messages now.
    """
    options = RunOptions(
        tenants=named(tenants), reports=reports, allow_unreachable=parse_allowed(allow_unreachable)
    )
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        check_domains(loaded, options.tenants)
        async with start_run("assess", loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _assess(context)))


async def _assess(context: RunContext) -> str:
    await assess_all(context, await hold_unselected(context))
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
            context.progress.done(domain, str(result.reason or result.kind), failed=True)
        else:
            results[domain] = result
            context.progress.done(domain, str(result.verdict))

    await run_concurrently(context.fleet.rollout.concurrency, wanted, one)
    return results
