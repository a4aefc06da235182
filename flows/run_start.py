"""How every flow begins: open the fleet and its ledger, record the run or continue one, open the run's context."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from configs import Fleet, NotifyEvent, load_fleet
from flows.artifacts import describe_flow_run
from flows.live_artifacts import LiveArtifacts
from flows.notify import notify
from flows.observers import Observers, current_observer, library_logged
from flows.pool_checks import check_pool
from flows.version import VERSION
from phonefleet.errors import PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import CHANGING_VERBS
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import TenantRecord
from phonefleet.private_files import keep_private
from phonefleet.rollout.waves import assign
from phonefleet.system_user import operating_system_user
from tasks.prefect_blocks import use_prefect_blocks
from tasks.run_context import RunContext, open_run_context
from tasks.unexpected_errors import known_run_errors

_LOOK_SECONDS = 1.0


@asynccontextmanager
async def open_fleet(fleet_file: str, checksum: str | None = None) -> AsyncIterator[tuple[Fleet, Ledger]]:
    """Load a fleet file and open the fleet's ledger for writing. What a flow raises in it goes into Prefect's records.

    Args:
        fleet_file: its path.
        checksum: the checksum of the fleet that the run is for; None accepts any.

    Raises:
        PlanRefused: the file's fleet has another checksum: no ledger was opened and no tenant read.
        ConfigError: the fleet file has problems.
        LedgerError: the ledger cannot be opened or written.
        RunDefect: in place of an error that phonefleet does not know.
    """
    with known_run_errors():
        keep_private()
        use_prefect_blocks()
        fleet = await asyncio.to_thread(load_fleet, Path(fleet_file))
        check_checksum(fleet, checksum)
        with await asyncio.to_thread(open_ledger, fleet) as ledger:
            await ledger.check_writable.in_thread()
            yield fleet, ledger


def check_checksum(fleet: Fleet, expected: str | None) -> None:
    """Check that a fleet is the one that a run is for.

    Raises:
        PlanRefused: it is another.
    """
    if expected is not None and expected != fleet.checksum:
        raise PlanRefused(
            f"no tenant was read or written: {fleet.source} on {socket.gethostname()} has the checksum "
            f"{fleet.checksum[:12]}, and this run is for {expected[:12]}: copy the same fleet file to every worker, or "
            f"deploy the changed one (phonefleet deploy {fleet.source})"
        )


@asynccontextmanager
async def start_run(
    verb: str,
    fleet: Fleet,
    ledger: Ledger,
    options: RunOptions,
    *,
    resume: str | None = None,
    on_pool: bool = True,
) -> AsyncIterator[RunContext]:
    """Record a new run of the whole fleet, or that a run is continued, and open its context.

    Args:
        verb: the verb of the run.
        fleet: the fleet.
        ledger: its open ledger.
        options: what the run is asked for.
        resume: the id of the run to continue; None starts a new one.
        on_pool: whether the verb's work can be done on a work pool.

    Raises:
        LeaseHeld: another process drives the run to continue.
        PlanRefused: the work can't be done on the pool that is asked for; no run was started.
    """
    pool = (options.pool or fleet.execution.pool) if on_pool else None
    options = options.model_copy(update={"pool": pool})
    await check_pool(fleet, ledger, pool)
    run_id = resume or await ledger.runs.start.in_thread(
        verb,
        fleet.name,
        tenant_records(fleet),
        options=options.model_dump(mode="json"),
        started_by=operating_system_user(),
        version=VERSION,
    )
    summary = await ledger.runs.summary.in_thread(run_id)
    watched = current_observer()
    live = LiveArtifacts(ledger, summary, watched)
    observer = Observers(watched, live)
    async with (
        live.published(),
        open_run_context(
            fleet, ledger, run_id, resume_with=options if resume else None, progress=observer
        ) as context,
    ):
        observer.started(run_id, await describe_flow_run(summary))
        if verb in CHANGING_VERBS:
            await notify(context, NotifyEvent.START)
        with library_logged():
            await _await_earlier_shards(context)
            yield context


async def _await_earlier_shards(context: RunContext) -> None:
    """Wait until no shard works any more that an earlier process of a continued run gave away.

    It begins no tenant any more, because the run's lease has another fence, and it ends or its leases expire.
    """
    said = False
    while at_work := await context.ledger.leases.of_shards.in_thread(context.run_id):
        if not said:
            said = True
            context.progress.say(
                f"waits for {len(at_work)} shard(s) of the run's earlier process, of {at_work[0].holder}"
            )
        await asyncio.sleep(_LOOK_SECONDS)


def tenant_records(fleet: Fleet) -> list[TenantRecord]:
    """Return the fleet's tenants as a run records them."""
    waves = assign(fleet.tenants, fleet.waves)
    return [
        TenantRecord(
            domain=t.domain,
            wave=waves[t.domain],
            environment=t.environment,
            region=t.region,
            tier=str(t.tier),
            owner=t.owner,
            labels=dict(t.labels),
        )
        for t in fleet.tenants
    ]
