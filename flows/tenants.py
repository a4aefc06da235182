"""`tenants`: one shard of a run, on a worker. The run itself starts it.

Annotations are evaluated here: Prefect looks names in them up in the module of the outermost decorator.
"""

from prefect import flow

from flows.observers import current_observer, library_logged
from flows.run_start import open_fleet
from flows.shards import do_shard
from flows.stopping import stoppable
from flows.verdict_states import flow_options
from phonefleet.model.enums import ShardPhase
from tasks.run_context import open_run_context


@flow(**flow_options("tenants"))
@stoppable
async def tenants(
    fleet: str,
    run: str,
    phase: ShardPhase,
    shard: int,
    tenants: list[str],
    fleet_checksum: str | None = None,
) -> None:
    """Do one phase of a run for some of its tenants. The run starts this by itself.

    Args:
        fleet: the path of the fleet file.
        run: the id of the run, which another process drives.
        phase: what is done for each tenant.
        shard: the number under which the run gave these tenants away.
        tenants: their domains.
        fleet_checksum: the checksum of the fleet that the run is for; a worker that has another fleet file refuses.
            None accepts any.

    Raises:
        PlanRefused: the fleet file is another one.
        LedgerError: the run did not give these tenants away, or the ledger cannot be used.
        LeaseHeld: another process has worked on the shard, or no process decides for the run any more.
    """
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        driver = await ledger.shards.check.in_thread(shard, run, phase, tenants)
        async with open_run_context(loaded, ledger, run, shard=shard, progress=current_observer()) as context:
            with library_logged():
                await do_shard(context, phase, tenants, driver)
