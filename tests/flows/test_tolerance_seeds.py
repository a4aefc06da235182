"""Four shards of one wave with random failures: never more tenants fail than the tolerance allows, plus one.

The shards are threads of this process, each with its own event loop, ledger and leases. The right to switch and the
executor are real, the ledger is on PostgreSQL, and Auth0 is simulated. `tests/flows/test_shards.py` does the same with
real workers.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from flows import migration_work, shard_work
from flows.migration_work import prepare_all
from flows.pace import Pace
from flows.run_start import open_fleet, tenant_records
from flows.shard_work import ShardWork, do_simple_phase
from flows.shards import do_shard
from flows.tenant_runs import run_task
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ShardPhase
from phonefleet.model.phase_end import PhaseEnd
from phonefleet.model.run_options import RunOptions
from tasks.run_context import RunContext, open_run_context
from tests.flows.fleet_bench import FleetBench, Json
from tests.ledger.factories import new_database
from tests.tenant_bench import QUICK_RETRY
from tests.write_log import disagreements, kind_of

SHARDS, TENANTS = 4, 8
WAVE = "all"
DOMAINS = [f"t{number}.eu.auth0.com" for number in range(TENANTS)]
SWITCH = {"method": "PATCH", "path": "*/tenants/settings"}
FATAL: tuple[Json, ...] = ({"effect": "lie"}, {"effect": "status", "status": 403})
"""The switch has no effect, or is refused."""
HARMLESS: tuple[Json, ...] = (
    {"effect": "drop_before", "times": 1},
    {"effect": "status", "status": 503, "times": 1},
)
"""The first request fails, and the second one succeeds."""
FAILED = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)


@dataclass(frozen=True)
class Drawn:
    """What a seed decides: how each tenant's switch goes, which of them fail, and the limits of the wave."""

    rules: list[Json]
    failing: set[str]
    tolerated: int
    rollout: Json


def drawn(seed: int) -> Drawn:
    chance = random.Random(seed)
    rules: list[Json] = []
    failing: set[str] = set()
    for domain in DOMAINS:
        rules.append(SWITCH | {"domain": domain, "effect": "delay", "seconds": chance.uniform(0, 0.2)})
        match chance.choice(("none", "harmless", "fatal")):
            case "harmless":
                rules.append(SWITCH | {"domain": domain} | chance.choice(HARMLESS))
            case "fatal":
                rules.append(SWITCH | {"domain": domain} | chance.choice(FATAL))
                failing.add(domain)
    rollout = {"on_failure": chance.choice(("rollback", "hold")), "concurrency": chance.choice((4, 8, 40))}
    return Drawn(rules, failing, seed % 4, rollout | {"max_change": "100%"})


@asynccontextmanager
async def prepared(fleet: FleetBench, tolerated: int) -> AsyncIterator[RunContext]:
    """A run that this process drives, whose tenants are prepared and leased."""
    async with open_fleet(str(fleet.file)) as (loaded, ledger):
        options = RunOptions(pool="four").model_dump(mode="json")
        tenants = tenant_records(loaded)
        run_id = ledger.runs.start(
            "migrate", loaded.name, tenants, options=options, started_by="kim", version="0"
        )
        async with open_run_context(loaded, ledger, run_id, retry_policy=QUICK_RETRY) as context:
            pace = Pace.of_run(context)
            await do_simple_phase(ShardWork(context, ShardPhase.ASSESS, DOMAINS, TENANTS, pace))
            ledger.tenants.assign(run_id, dict.fromkeys(DOMAINS, (WAVE, 1)))
            ledger.waves.start(run_id, WAVE, 1, planned=TENANTS, failure_tolerance=tolerated)
            assert await context.leases.acquire(DOMAINS) == []
            await prepare_all(ShardWork(context, ShardPhase.PREPARE, DOMAINS, TENANTS, pace))
            yield context


async def in_shards(context: RunContext, phase: ShardPhase) -> None:
    """Give a phase to four shards, and wait for all of them."""
    parts = [DOMAINS[first::SHARDS] for first in range(SHARDS)]
    numbers = [context.ledger.shards.add(context.leases.driver(), phase, part) for part in parts]
    context.leases.lend(DOMAINS)

    def work(number: int, domains: list[str]) -> None:
        asyncio.run(shard(context.fleet_file, context.run_id, phase, number, domains))

    await asyncio.gather(*(asyncio.to_thread(work, *each) for each in zip(numbers, parts, strict=True)))
    assert await context.leases.reclaim(DOMAINS) == []


async def shard(fleet: str, run_id: str, phase: ShardPhase, number: int, domains: list[str]) -> None:
    """What the flow `tenants` does, without Prefect."""
    async with open_fleet(fleet) as (loaded, ledger):
        driver = await ledger.shards.check.in_thread(number, run_id, phase, domains)
        async with open_run_context(
            loaded, ledger, run_id, shard=number, retry_policy=QUICK_RETRY
        ) as context:
            await do_shard(context, phase, domains, driver)


async def without_prefect(context: RunContext, domain: str, task: Any) -> Any:
    """Do a tenant's task as the function that it is."""
    plain: Callable[[str, str, str], Awaitable[Any]] = getattr(task, "fn", task)
    return await run_task(context, domain, plain)


def most_at_risk(ends: list[PhaseEnd]) -> int:
    """The largest number of tenants that had failed or were in their switch at one moment."""

    def at_risk(moment: datetime) -> int:
        begun = [end for end in ends if end.began_at and end.began_at <= moment]
        return sum(end.kind in FAILED or end_of(end) > moment for end in begun)

    return max((at_risk(end.began_at) for end in ends if end.began_at), default=0)


def end_of(end: PhaseEnd) -> datetime:
    assert end.began_at
    return end.began_at + timedelta(seconds=end.seconds)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
async def test_random_failures_keep_the_tolerance(
    make_fleet: Any, postgresql: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(migration_work, "run_task", without_prefect)
    monkeypatch.setattr(shard_work, "run_task", without_prefect)
    monkeypatch.setattr(migration_work, "PLACE_POLL_SECONDS", 0.25)
    chances = drawn(seed)
    fleet: FleetBench = make_fleet(
        {domain.partition(".")[0]: "twilio_sms" for domain in DOMAINS},
        ledger=new_database(postgresql),
        execution={"pool": "four", "shard": TENANTS // SHARDS, "at_once": SHARDS},
        waves=[{"name": WAVE, "failure_tolerance": chances.tolerated}],
        rollout=chances.rollout,
        local_server=True,
    )
    fleet.faults(*chances.rules)
    async with prepared(fleet, chances.tolerated) as context:
        await in_shards(context, ShardPhase.SWITCH)
        run_id = context.run_id
    with fleet.ledger() as ledger:
        check(fleet, ledger, run_id, chances)


def check(fleet: FleetBench, ledger: Ledger, run_id: str, chances: Drawn) -> None:
    tenants = ledger.runs.record(run_id).tenants
    failed = {tenant.domain for tenant in tenants if tenant.outcome in FAILED}
    assert failed <= chances.failing
    assert len(failed) == min(len(chances.failing), chances.tolerated + 1)
    ends = ledger.shards.ends(run_id, ShardPhase.SWITCH)
    assert most_at_risk(ends) <= chances.tolerated + 1
    if len(chances.failing) <= chances.tolerated:
        kinds = Counter(str(tenant.outcome) for tenant in tenants)
        assert kinds["migrated"] == TENANTS - len(failed)
    begun = {end.domain for end in ends}
    for domain in DOMAINS:
        writes = [seen for where, seen in fleet.writes() if where == domain]
        assert domain in begun or "switch_tenant" not in map(kind_of, writes)
        # A switch without effect is written again under the same intent.
        if domain not in failed:
            assert disagreements(writes, ledger.steps.of_tenant(domain=domain)) == []
    assert ledger.leases.in_force() == []
