"""The context of a run: shared with the tasks of its flow, opened separately elsewhere, and the leases of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from configs import load_fleet
from phonefleet.errors import LeaseHeld, PlanRefused
from phonefleet.ledger.location import open_ledger
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import Lease, TenantRecord
from tasks.run_context import RunContext, open_run_context, run_context
from tests.flows.fleet_bench import FleetBench

T = TypeVar("T")
A1, B1 = "a1.eu.auth0.com", "b1.eu.auth0.com"


@pytest.fixture
def fleet(make_fleet: Any) -> FleetBench:
    made: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, local_server=True)
    return made


@asynccontextmanager
async def driven(fleet: FleetBench, options: RunOptions) -> AsyncIterator[RunContext]:
    """A run as its flow has it open."""
    loaded = load_fleet(fleet.file)
    with open_ledger(loaded) as ledger:
        run_id = ledger.runs.start(
            "migrate",
            loaded.name,
            [TenantRecord(domain=A1), TenantRecord(domain=B1)],
            options=options.model_dump(mode="json"),
            started_by="ann",
            version="0",
        )
        async with open_run_context(loaded, ledger, run_id) as context:
            yield context


async def in_another_loop(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return await asyncio.to_thread(lambda: asyncio.run(call()))


async def lease_of(context: RunContext, domain: str) -> Lease:
    async with context.lease_source(domain) as lease:
        return lease()


async def test_tasks_share_the_context_of_their_flow(fleet: FleetBench) -> None:
    """In the flow's event loop only, and for as long as the flow has it open."""
    async with driven(fleet, RunOptions()) as context:
        async with run_context(context.fleet_file, context.run_id) as shared:
            assert shared is context
        with pytest.raises(LeaseHeld, match="holds no lease"):
            await lease_of(context, A1)
        with pytest.raises(PlanRefused, match="recorded no plan"):
            await context.plan_of(A1)
    async with run_context(context.fleet_file, context.run_id) as own:
        assert own is not context


async def test_another_process_uses_the_leases_of_the_run(fleet: FleetBench) -> None:
    """It reads the options from the ledger, and writes under the flow's lease or not at all."""
    async with driven(fleet, RunOptions(accepted=("x",), resend_tests=True)) as context:
        assert await context.leases.acquire([A1]) == []

        async def task() -> tuple[RunOptions, Lease]:
            async with run_context(context.fleet_file, context.run_id) as own:
                assert own is not context
                with pytest.raises(LeaseHeld, match=B1):
                    await lease_of(own, B1)
                assert own.delivery_policy.resend
                return own.options, await lease_of(own, A1)

        options, lease = await in_another_loop(task)
        assert options == context.options
        assert lease.fence == context.leases.lease(A1).fence
        assert [each.domain for each in await context.ledger.leases.in_force.in_thread()] == [A1]


async def test_a_task_alone_leases_its_tenant(fleet: FleetBench) -> None:
    """Where no process drives the run; the lease ends with the task."""
    async with driven(fleet, RunOptions()) as context:
        pass
    async with run_context(str(fleet.file), context.run_id) as own:
        async with own.lease_source(A1) as lease:
            assert lease().run_id == context.run_id
            assert [each.domain for each in own.ledger.leases.in_force()] == [A1]
        assert own.ledger.leases.in_force() == []


async def test_a_continued_run_has_its_last_options(fleet: FleetBench) -> None:
    """What is asked for when a run is continued counts for its tasks in every process."""
    async with driven(fleet, RunOptions(wave="all")) as context:
        pass
    again = RunOptions(wave="all", resend_tests=True)
    loaded = load_fleet(fleet.file)
    with open_ledger(loaded) as ledger:
        async with open_run_context(loaded, ledger, context.run_id, resume_with=again) as continued:
            assert continued.options == again
        assert RunOptions.model_validate(ledger.runs.summary(context.run_id).options) == again
