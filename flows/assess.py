"""`assess` and `plan`: read a fleet and say what would be done; neither writes to a tenant."""

from __future__ import annotations

from prefect import flow

from flows.assessing import assess_all
from flows.conclude import Concluded, to_the_end
from tasks.desk import Desk, desk_of


@flow(name="assess", flow_run_name="{verb} {fleet} {run_id}", persist_result=False)
async def assess(run_id: str, fleet: str, verb: str) -> Concluded:  # noqa: ARG001
    """Read every tenant of a fleet; called by the command line, which has opened the run.

    Raises:
        RunNotDone: something waits for a person, such as a tenant that can't be reached.
    """
    return await to_the_end(desk_of(run_id), _assess)


async def _assess(desk: Desk) -> str:
    await assess_all(desk, desk.tenants)
    return ""
