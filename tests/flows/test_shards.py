"""Runs whose work is done in shards by real workers, over a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from phonefleet.model.enums import SWITCHES
from tests.flows.fleet_bench import FleetBench, Json
from tests.flows.test_deployments import outcomes
from tests.ledger.factories import new_database
from tests.prefect_worker import worker

POOL = "shards"


@pytest.fixture(scope="session")
def shard_worker(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker for the session; its home."""
    home = tmp_path_factory.mktemp("shard-worker")
    with worker(prefect_api, POOL, home):
        yield home


def pooled(
    make_fleet: Any, postgresql: str, kinds: Json, *, pool: str = POOL, shard: int = 2, **more: Any
) -> FleetBench:
    """A fleet whose ledger is on PostgreSQL, deployed to a pool."""
    execution = {"pool": pool, "shard": shard, "at_once": 4}
    fleet: FleetBench = make_fleet(kinds, ledger=new_database(postgresql), execution=execution, **more)
    fleet.run("deploy", "--pool", pool, "--no-schedule").expect(0)
    return fleet


def shard_runs(fleet: FleetBench, name: str) -> list[Json]:
    """The flow runs of a fleet's shards, oldest first."""
    wanted = {"flow_runs": {"tags": {"all_": ["tenants", name]}}, "sort": "START_TIME_ASC"}
    found: list[Json] = httpx.post(f"{fleet.api}/flow_runs/filter", json=wanted).raise_for_status().json()
    return found


def check_each_write_once(fleet: FleetBench) -> None:
    """The simulator's log against the ledger: each switch was written once and is recorded once."""
    switched = Counter(
        domain for domain, seen in fleet.writes() if seen.path.endswith("/tenants/settings") and seen.status
    )
    assert set(switched.values()) <= {1}, switched
    recorded = Counter(s.domain for s in fleet.record().steps if s.kind in SWITCHES and s.result == "done")
    assert recorded == switched


def test_a_pool_comes_to_the_same_outcomes(
    make_fleet: Any, postgresql: str, shard_worker: Path, tmp_path: Path
) -> None:
    """One seed, without and with a pool; the shards' parameters have no data, and Prefect links them to the run."""
    kinds = {"a1": "twilio_sms", "a2": "twilio_both", "b1": "foreign_action_deployed", "c1": "empty"}
    waves = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "rest"}]
    (tmp_path / "alone").mkdir()
    alone: FleetBench = make_fleet(kinds, directory=tmp_path / "alone", waves=waves)
    done = alone.run("migrate", "--yes", "--json")
    fleet = pooled(make_fleet, postgresql, kinds, fleet="pooled", waves=waves)
    run = fleet.run("migrate", "--yes", "--json").expect(done.code)
    assert outcomes(fleet, "latest") == outcomes(alone, "latest")
    runs = shard_runs(fleet, "pooled")
    assert {each["state"]["type"] for each in runs} == {"COMPLETED"}
    assert {each["parameters"]["phase"] for each in runs} == {"assess", "prepare", "switch", "health"}
    assert {frozenset(each["parameters"]) for each in runs} == {
        frozenset(("fleet", "fleet_checksum", "run", "phase", "shard", "tenants"))
    }
    parents = {each["parent_task_run_id"] for each in runs}
    assert None not in parents
    assert len(parents) == len(runs)
    with fleet.ledger() as ledger:
        assert ledger.leases.in_force() == []
    check_each_write_once(fleet)
    assert run.document["run"] == fleet.record().run_id


def test_a_pool_with_a_file_is_refused(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    refused = fleet.run("migrate", "--yes", "--pool", POOL).expect(2)
    assert "is a SQLite file, which several machines cannot share" in refused.err
    assert not any(tenant.requests for tenant in fleet.tenants())


def test_a_pool_needs_its_deployment(make_fleet: Any, postgresql: str) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="bare", ledger=new_database(postgresql))
    refused = fleet.run("assess", "--pool", POOL).expect(2)
    assert "Prefect has no deployment tenants/bare: phonefleet deploy" in refused.err
    fleet.run("deploy", "--pool", "another", "--no-schedule").expect(0)
    refused = fleet.run("assess", "--pool", POOL).expect(2)
    assert "is for the pool another" in refused.err
    assert not any(tenant.requests for tenant in fleet.tenants())
