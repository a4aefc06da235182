"""Runs whose work is done in shards by real workers, over a real PostgreSQL."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phonefleet.model.enums import SWITCHES
from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import FleetBench, Json, started
from tests.flows.test_deployments import children, outcomes
from tests.flows.test_stopping import PHASES, has_asked, has_intent
from tests.flows.test_tolerance_seeds import DOMAINS, FAILED, drawn
from tests.ledger.factories import new_database
from tests.prefect_worker import FINAL, await_condition, await_state, post, start_run, worker

POOL = "shards"
pytestmark = pytest.mark.timeout(900)
"""Each phase starts processes, which takes long on a busy machine."""


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
    found: list[Json] = post(f"{fleet.api}/flow_runs/filter", wanted)
    return found


def wait_in(fleet: FleetBench, method: str, path: str) -> None:
    """Wait until a request of a phase is under way; each phase before it starts a process."""
    await_condition(
        (lambda: has_intent(fleet)) if method != "GET" else (lambda: has_asked(fleet, method, path)),
        f"{method} {path} is not reached",
        300,
    )


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


LIE = {"domain": "*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}


@pytest.mark.slow
@pytest.mark.parametrize("tolerated", [0, 2])
def test_shards_together_keep_the_tolerance(
    make_fleet: Any, postgresql: str, shard_worker: Path, tolerated: int
) -> None:
    """Every switch fails; four shards have the tenants, and never more than the tolerance plus one fail."""
    kinds = {f"t{number}": "twilio_sms" for number in range(8)}
    fleet = pooled(
        make_fleet,
        postgresql,
        kinds,
        fleet=f"tolerance-{tolerated}",
        waves=[{"name": "all", "failure_tolerance": tolerated}],
        rollout={"max_change": "100%"},
        faults={"rules": [LIE]},
    )
    fleet.run("migrate", "--yes", "--json").expect(2)
    kinds_of_end = Counter(str(t.outcome) for t in fleet.record().tenants)
    assert kinds_of_end["failed"] + kinds_of_end["rolled_back"] == tolerated + 1
    assert kinds_of_end["held"] == 8 - tolerated - 1
    assert len({d for d, seen in fleet.writes() if seen.path.endswith("/tenants/settings")}) <= tolerated + 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5])
def test_random_failures_on_real_workers(
    make_fleet: Any, postgresql: str, shard_worker: Path, seed: int
) -> None:
    """`tests/flows/test_tolerance_seeds.py` does it for more seeds in one process."""
    chances = drawn(seed)
    fleet = pooled(
        make_fleet,
        postgresql,
        {domain.partition(".")[0]: "twilio_sms" for domain in DOMAINS},
        fleet=f"chances-{seed}",
        waves=[{"name": "all", "failure_tolerance": chances.tolerated}],
        rollout=chances.rollout,
        faults={"rules": chances.rules},
    )
    fleet.run("migrate", "--yes", "--json").expect(2)
    failed = {t.domain for t in fleet.record().tenants if t.outcome in FAILED}
    assert failed <= chances.failing
    assert len(failed) == min(len(chances.failing), chances.tolerated + 1)


@pytest.mark.slow
def test_shards_refuse_another_fleet_file(
    make_fleet: Any, postgresql: str, shard_worker: Path, tmp_path: Path
) -> None:
    """The workers' file is not that of the process that decides: no tenant is touched, and the run stays open."""
    fleet = pooled(make_fleet, postgresql, {"a1": "twilio_sms"}, fleet="mismatch")
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in fleet.directory.iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    other = FleetBench(copy, fleet.served, fleet.api)
    other.change(rollout={"concurrency": 7})
    refused = other.run("migrate", "--yes").expect(2)
    assert "3 shards in a row came to nothing" in refused.err
    assert "no tenant was read or written" in refused.err
    assert not any(tenant.requests for tenant in fleet.tenants())
    assert other.record().ended_at is None


@pytest.mark.slow
@pytest.mark.parametrize("phase", sorted(PHASES))
def test_a_killed_worker_loses_no_tenant(
    make_fleet: Any, postgresql: str, tmp_path: Path, phase: str
) -> None:
    """Worker and shards are killed in a phase; another worker does the rest, and each write is made once."""
    rule, method, path = PHASES[phase]
    pool = f"killed-{phase}"
    kinds = dict.fromkeys(("a1", "a2", "b1", "b2"), "twilio_sms")
    fleet = pooled(
        make_fleet,
        postgresql,
        kinds,
        pool=pool,
        fleet=pool,
        waves=[{"name": "all"}],
        rollout={"strict": False, "max_change": "100%"},
        faults={"rules": [rule]},
    )
    assert fleet.api
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        with worker(fleet.api, pool, tmp_path / "first") as first:
            wait_in(fleet, method, path)
            for pid in (*reversed(children(first.pid)), first.pid):
                os.kill(pid, signal.SIGKILL)
            first.wait(10)
        fleet.faults()
        with worker(fleet.api, pool, tmp_path / "second"):
            out, err = process.communicate(timeout=500)
    assert process.returncode == 0, out + err
    assert {str(t.outcome) for t in fleet.record().tenants} == {"migrated"}
    assert "the rest of its tenants goes to another shard" in err
    check_each_write_once(fleet)
    with fleet.ledger() as ledger:
        assert ledger.leases.in_force() == []
        assert ledger.steps.open_intents() == []


@pytest.mark.slow
def test_two_runs_at_once_share_no_tenant(make_fleet: Any, postgresql: str, shard_worker: Path) -> None:
    """The same command is refused, another request finds the tenants leased; no write is made twice."""
    refused = {"method": "PATCH", "path": "*/tenants/settings", "effect": "status", "status": 429}
    fleet = pooled(
        make_fleet,
        postgresql,
        {"a1": "twilio_sms", "a2": "twilio_sms"},
        fleet="rivals",
        waves=[{"name": "all"}],
        rollout={"max_change": "100%"},
        faults={"rules": [refused]},
    )
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        await_condition(lambda: has_asked(fleet, "PATCH", "/tenants/settings"), "no switch is asked for", 300)
        first = fleet.record().run_id
        same = fleet.run("migrate", "--yes").expect(2)
        assert f"run {first} is going on" in same.err
        second = fleet.run("migrate", "--wave", "all", "--yes", "--json").expect(3)
        fleet.faults()
        out, err = process.communicate(timeout=200)
    assert process.returncode == 0, out + err
    assert {t["outcome_reason"] for t in second.document["tenants"]} == {"leased_elsewhere"}
    assert all(fleet.tenant(name).flag for name in ("a1", "a2"))
    switched = Counter(d for d, seen in fleet.writes() if seen.path.endswith("/tenants/settings"))
    assert set(switched.values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["assess", "switch"])
def test_stopping_a_run_stops_its_shards(
    make_fleet: Any, postgresql: str, shard_worker: Path, phase: str
) -> None:
    """Writes in hand are finished, leases are free, and the same command continues."""
    rule, method, path = PHASES[phase]
    name = f"stopped-{phase}"
    fleet = pooled(
        make_fleet,
        postgresql,
        {"a1": "twilio_sms", "a2": "twilio_sms"},
        fleet=name,
        waves=[{"name": "all"}],
        rollout={"max_change": "100%"},
        faults={"rules": [rule]},
    )
    with started("migrate", str(fleet.file), "--yes", api=fleet.api, cwd=fleet.directory) as process:
        wait_in(fleet, method, path)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 130, out + err
    assert {each["state"]["type"] for each in shard_runs(fleet, name)} <= {"COMPLETED", "CANCELLED"}
    with fleet.ledger() as ledger:
        run = ledger.runs.record("latest")
        assert ledger.steps.open_intents() == []
        assert ledger.leases.in_force() == []
        assert run.ended_at is None
    again = fleet.run("migrate", "--yes", "--json").expect(0)
    assert again.document["run"] == run.run_id
    assert set(again.outcomes().values()) == {"migrated"}
    check_each_write_once(fleet)


@pytest.mark.slow
def test_the_other_verbs_on_a_pool(make_fleet: Any, postgresql: str, shard_worker: Path) -> None:
    """Rollback, compliance and finalize give their tenants to shards; a deployment can drive a run too."""
    fleet = pooled(
        make_fleet,
        postgresql,
        {"a1": "twilio_sms", "a2": "twilio_sms", "a3": "twilio_sms"},
        fleet="verbs",
        waves=[{"name": "all"}],
        rollout={"max_change": "100%", "finalize_after": "0s"},
    )
    assert fleet.api
    state = await_state(fleet.api, start_run(fleet.api, "migrate/verbs"), limit=240, states=FINAL)
    assert state["type"] == "COMPLETED", state
    apply_overrides(fleet.tenant("a2"), {"settings": {"phone_consolidated_experience": False}})
    drifted = fleet.run("compliance", "--json").expect(1)
    assert drifted.outcomes() == {"a1": "unchanged", "a2": "drifted", "a3": "unchanged"}
    back = fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert back.outcomes()["a1"] == "rolled_back"
    done = fleet.run(
        "finalize", "--tenant", "a3.eu.auth0.com", "--yes", "--json", "--accept", "clear_connection_twilio"
    )
    assert done.outcomes()["a3"] in ("unchanged", "finalized", "held"), done.err
    phases = {each["parameters"]["phase"] for each in shard_runs(fleet, "verbs")}
    assert {"assess", "prepare", "switch", "health", "explain", "roll_back", "finalize"} <= phases
