"""Deployments: a worker's run does what the command line does, and only with the fleet that it was deployed with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from flows.fleet_deployments import DEPLOYED, RUN_ENVIRONMENT
from tests.flows.fleet_bench import FleetBench, Json, started
from tests.flows.test_stopping import PHASES, await_, has_asked, has_intent
from tests.prefect_worker import (
    ROOT,
    answered,
    artifacts,
    await_condition,
    await_state,
    cancel,
    flow_run,
    logs,
    post,
    start_run,
    worker,
    worker_environ,
)

POOL = "tests"


@pytest.fixture(scope="session")
def at_work(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker for the session; its home."""
    home = tmp_path_factory.mktemp("worker")
    with worker(prefect_api, POOL, home):
        yield home


def deployed(fleet: FleetBench, *options: str) -> Json:
    """Deploy, again where the tests' one server with all its runs is too busy: its database is a SQLite file."""
    command = ("deploy", "--pool", POOL, "--json", *options)
    done = fleet.run(*command)
    for _ in range(3):
        if "503 Service Unavailable" not in done.err:
            break
        time.sleep(5)
        done = fleet.run(*command)
    return done.expect(0).document


def registered(api: str, fleet: str) -> dict[str, Json]:
    """A fleet's deployments by verb."""
    wanted = {"deployments": {"name": {"any_": [fleet]}}}
    found = post(f"{api}/deployments/filter", wanted)
    return {each["entrypoint"].rpartition(".")[2]: each for each in found}


def outcomes(fleet: FleetBench, run: str) -> list[tuple[str, Any, Any, Any]]:
    """A run's table: each tenant with its verdict, outcome and reason."""
    return [
        (t.domain, t.assessment.verdict if t.assessment else None, t.outcome, t.outcome_reason)
        for t in fleet.record(run).tenants
    ]


def test_deploying_twice_changes_nothing(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="twice")
    assert fleet.api
    first = deployed(fleet, "--cron", "5 4 * * *", "--timezone", "Europe/Berlin")
    before = registered(fleet.api, "twice")
    assert set(before) == {flow.name for flow in DEPLOYED}
    assert deployed(fleet, "--cron", "5 4 * * *", "--timezone", "Europe/Berlin") == first
    after = registered(fleet.api, "twice")
    assert {verb: each["id"] for verb, each in before.items()} == {v: e["id"] for v, e in after.items()}
    (schedule,) = after["compliance"]["schedules"]
    assert schedule["schedule"]["cron"] == "5 4 * * *"
    assert schedule["schedule"]["timezone"] == "Europe/Berlin"
    assert [verb for verb, each in after.items() if each["schedules"]] == ["compliance"]
    named = post(f"{fleet.api}/automations/filter", {})
    assert [each["name"] for each in named].count("phonefleet: dead runs of twice") == 1
    deployed(fleet, "--no-schedule")
    assert registered(fleet.api, "twice")["compliance"]["schedules"] == []


def test_deploying_updates_an_old_automation(make_fleet: Any) -> None:
    """One of an earlier version would call a run dead that is suspended, and sends no heartbeat."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="old")
    assert fleet.api
    deployed(fleet)
    (found,) = (each for each in automations(fleet.api) if each["name"] == "phonefleet: dead runs of old")
    trigger = found["trigger"]
    assert "prefect.flow-run.Suspended" in trigger["expect"]
    trigger["expect"] = [event for event in trigger["expect"] if not event.endswith("Suspended")]
    keys = ("name", "description", "enabled", "trigger", "actions")
    old = {key: found[key] for key in keys}
    answered("PUT", f"{fleet.api}/automations/{found['id']}", old)
    deployed(fleet)
    (again,) = (each for each in automations(fleet.api) if each["name"] == "phonefleet: dead runs of old")
    assert again["id"] == found["id"]
    assert "prefect.flow-run.Suspended" in again["trigger"]["expect"]


def automations(api: str) -> list[Json]:
    found: list[Json] = post(f"{api}/automations/filter", {})
    return found


def test_a_deployments_form_has_every_parameter(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="form")
    assert fleet.api
    checksum = deployed(fleet)["checksum"]
    for verb, each in registered(fleet.api, "form").items():
        fields = each["parameter_openapi_schema"]["properties"]
        assert all(field.get("description") for field in fields.values()), verb
        assert all(field.keys() & {"type", "anyOf", "$ref"} for field in fields.values()), verb
        assert each["parameters"] == {"fleet": str(fleet.file), "fleet_checksum": checksum}
        assert each["description"]
    refused = httpx.post(
        f"{fleet.api}/deployments/{registered(fleet.api, 'form')['migrate']['id']}/create_flow_run",
        json={"parameters": {"force": "perhaps"}},
    )
    assert refused.status_code >= 400


def test_a_worker_does_what_the_command_line_does(make_fleet: Any, at_work: Path, tmp_path: Path) -> None:
    kinds = {"a1": "twilio_sms", "b1": "twilio_sms", "c1": "foreign_action_deployed", "d1": "empty"}
    waves = [{"name": "canary", "match": {"domain": ["a1.*", "c1.*", "d1.*"]}}, {"name": "rest"}]
    (tmp_path / "cli").mkdir()
    typed: FleetBench = make_fleet(kinds, directory=tmp_path / "cli", waves=waves)
    done = typed.run("migrate", "--wave", "canary", "--yes", "--json")

    fleet: FleetBench = make_fleet(kinds, fleet="same", waves=waves)
    assert fleet.api
    deployed(fleet)
    # A run's current folder is that of the fleet file. No module there may be imported in place of an installed one.
    for module in ("prefect", "httpx", "flows", "phonefleet"):
        (fleet.directory / f"{module}.py").write_text("raise SystemExit('not ours')\n")
    identifier = start_run(fleet.api, "migrate/same", wave="canary")
    state = await_state(fleet.api, identifier)
    record = fleet.record()
    assert outcomes(fleet, "latest") == outcomes(typed, "latest")
    assert record.exit_code == done.code
    expected = {0: ("COMPLETED", "Completed"), 2: ("FAILED", "Failed"), 3: ("FAILED", "Stopped")}
    assert (state["type"], state["name"]) == expected[done.code]
    run = flow_run(fleet.api, identifier)
    assert run["name"] == f"migrate same wave canary {record.run_id}"
    assert {"phonefleet", "same", "migrate", "wave:canary"} <= set(run["tags"])
    made = {path.name for path in (fleet.directory / "phonefleet-reports" / record.run_id).iterdir()}
    theirs = {path.name for path in (typed.directory / "phonefleet-reports" / done.document["run"]).iterdir()}
    assert made == theirs
    assert "wave canary, batch 1: passed" in logs(fleet.api, identifier)
    check_artifacts(fleet, identifier)
    check_no_secret_in_prefect(fleet, identifier)


def check_artifacts(fleet: FleetBench, identifier: str) -> None:
    """What Prefect shows of the waves is what the ledger has."""
    made, record = artifacts(fleet.api or "", identifier), fleet.record()
    board = json.loads(made["migrate-same-waves"]["data"])
    (batch,) = record.waves
    assert [(row["wave"], row["state"], row["tenants"]) for row in board] == [
        (batch.wave, batch.verdict, batch.planned)
    ]
    placed = [t for t in record.tenants if t.batch is not None]
    assert board[0]["ended"] == len(placed) == batch.planned
    assert made["migrate-same-wave-canary"]["data"] == 100
    assert made["migrate-same-progress"]["data"] == 100
    waiting = json.loads(made["migrate-same-not-done"]["data"])
    assert all(row["waits for"] for row in waiting if row["reason"])
    page = fleet.directory / "phonefleet-reports" / record.run_id / "report.html"
    assert page.as_uri() in made["migrate-same-report"]["data"]


def check_no_secret_in_prefect(fleet: FleetBench, identifier: str) -> None:
    """Nothing that Prefect keeps of a run has one of the fleet's secrets."""
    secrets = [
        line.partition("=")[2].strip("'\"")
        for line in (fleet.directory / "secrets.env").read_text().splitlines()
        if "=" in line
    ]
    assert len(secrets) >= 3
    wanted = {"flow_runs": {"id": {"any_": [identifier]}}}
    tasks = post(f"{fleet.api}/task_runs/filter", wanted)
    assert len(tasks) >= 3
    assert all(".eu.auth0.com" in task["name"] for task in tasks)
    kept = json.dumps(
        [
            flow_run(fleet.api or "", identifier),
            tasks,
            logs(fleet.api or "", identifier, 0),
            artifacts(fleet.api or "", identifier),
        ]
    )
    assert not [secret for secret in secrets if secret in kept]


def test_a_worker_with_another_fleet_file_refuses(make_fleet: Any, at_work: Path) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="other")
    assert fleet.api
    deployed(fleet)
    fleet.change(rollout={"concurrency": 7})
    state = await_state(fleet.api, identifier := start_run(fleet.api, "migrate/other"))
    assert state["type"] == "FAILED"
    assert "no tenant was read or written" in state["message"]
    assert "phonefleet deploy" in state["message"]
    assert not any(tenant.requests for tenant in fleet.tenants())
    assert not fleet.ledger_file.exists()
    assert flow_run(fleet.api, identifier)["name"] == f"migrate of {fleet.file}"


def test_a_typed_run_says_what_it_is(make_fleet: Any) -> None:
    """Its flow, name and tags are those of its verb, and a retried request is in its log."""
    once = {"method": "GET", "path": "*/tenants/settings", "effect": "status", "status": 503, "times": 1}
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="typed", faults={"rules": [once]})
    assert fleet.api
    fleet.run("plan", "--out", "typed.json").expect(0)
    wanted = {"flow_runs": {"tags": {"all_": ["phonefleet", "typed", "plan"]}}}
    (run,) = post(f"{fleet.api}/flow_runs/filter", wanted)
    assert run["name"] == f"plan typed {fleet.record().run_id}"
    assert answered("GET", f"{fleet.api}/flows/{run['flow_id']}").json()["name"] == "plan"
    assert run["parameters"]["fleet_checksum"] is None
    await_condition(
        lambda: any("status 503; again in" in line for line in logs(fleet.api or "", run["id"])),
        "the retry is not in the log",
    )
    assert artifacts(fleet.api, run["id"])["plan-typed-progress"]["data"] == 100


def test_a_deployment_needs_a_server_that_stays(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, local_server=True)
    refused = fleet.run("deploy", XDG_STATE_HOME=str(fleet.directory / "none")).expect(2)
    assert "phonefleet server start" in refused.err


def check_cancelled(fleet: FleetBench) -> None:
    """A stopped run has settled its writes, freed its leases, and is continued by the same command."""
    with fleet.ledger() as ledger:
        run = ledger.runs.record("latest")
        assert ledger.steps.open_intents() == []
        assert ledger.leases.in_force() == []
        assert run.ended_at is None
    again = fleet.run("migrate", "--yes", "--json").expect(0)
    assert again.document["run"] == run.run_id
    assert set(again.outcomes().values()) == {"migrated"}
    written = [(domain, s.method, s.path, json.dumps(s.body)) for domain, s in fleet.writes() if s.status]
    assert len(written) == len(set(written)), "no write was made twice"


def cancelled_in(make_fleet: Any, phase: str) -> None:
    rule, method, path = PHASES[phase]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet=f"cancel-{phase}",
        waves=[{"name": "all"}],
        faults={"rules": [rule]},
    )
    assert fleet.api
    deployed(fleet)
    identifier = start_run(fleet.api, f"migrate/cancel-{phase}")
    wait_until_in(fleet, method, path)
    cancel(fleet.api, identifier)
    state = await_state(fleet.api, identifier, limit=30)
    assert state["type"] == "CANCELLED", state
    check_cancelled(fleet)


def wait_until_in(fleet: FleetBench, method: str, path: str) -> None:
    await_condition(
        (lambda: has_intent(fleet)) if method != "GET" else (lambda: has_asked(fleet, method, path)),
        f"{method} {path} is not reached",
    )


def test_cancel_on_a_worker_stops_the_switch(make_fleet: Any, at_work: Path) -> None:
    cancelled_in(make_fleet, "switch")


@pytest.mark.slow
@pytest.mark.parametrize("phase", sorted(PHASES.keys() - {"switch"}))
def test_cancel_on_a_worker_in_each_phase(make_fleet: Any, at_work: Path, phase: str) -> None:
    cancelled_in(make_fleet, phase)


@pytest.mark.slow
def test_cancel_on_a_worker_ends_a_soak(make_fleet: Any, at_work: Path) -> None:
    """Between two batches nothing is in hand; the continued run soaks for the rest and goes on."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet="cancel-soak",
        waves=[{"name": "all", "size": [1], "soak": "25s"}],
    )
    assert fleet.api
    deployed(fleet)
    identifier = start_run(fleet.api, "migrate/cancel-soak")
    await_condition(
        lambda: any("soaks for" in line for line in logs(fleet.api or "", identifier)), "no soak", 90
    )
    cancel(fleet.api, identifier)
    assert await_state(fleet.api, identifier, limit=20)["type"] == "CANCELLED"
    assert sum(fleet.tenant(name).flag for name in ("a1", "b1")) == 1
    check_cancelled(fleet)


@pytest.mark.slow
def test_cancel_on_a_worker_stops_a_rollback(make_fleet: Any, at_work: Path) -> None:
    """The write in hand is settled; the same rollback, given again, finishes it."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"}, fleet="cancel-back", waves=[{"name": "all"}]
    )
    assert fleet.api
    fleet.run("migrate", "--yes").expect(0)
    deployed(fleet)
    rule, *_ = PHASES["switch"]
    fleet.faults(rule)
    identifier = start_run(fleet.api, "rollback/cancel-back", wave="all")
    await_condition(lambda: has_intent(fleet), "no write of the rollback is under way", 90)
    cancel(fleet.api, identifier)
    assert await_state(fleet.api, identifier, limit=30)["type"] == "CANCELLED"
    with fleet.ledger() as ledger:
        assert ledger.steps.open_intents() == []
        assert ledger.leases.in_force() == []
    again = start_run(fleet.api, "rollback/cancel-back", wave="all")
    assert await_state(fleet.api, again)["type"] == "COMPLETED"
    assert not any(fleet.tenant(name).flag for name in ("a1", "b1"))


def test_cancel_stops_a_run_of_the_command_line(make_fleet: Any) -> None:
    rule, _method, _path = PHASES["switch"]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet="cancel-typed",
        waves=[{"name": "all"}],
        faults={"rules": [rule]},
    )
    assert fleet.api
    with started("migrate", str(fleet.file), "--yes", api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: has_intent(fleet), process, "no switch is under way")
        wanted = {"flow_runs": {"tags": {"all_": ["cancel-typed"]}}}
        (run,) = post(f"{fleet.api}/flow_runs/filter", wanted)
        cancel(fleet.api, run["id"])
        out, err = process.communicate(timeout=40)
    assert process.returncode == 130, out + err
    assert f"Continue with: phonefleet migrate {fleet.file} --yes" in err
    assert flow_run(fleet.api, run["id"])["state"]["type"] == "CANCELLED"
    check_cancelled(fleet)


@pytest.mark.slow
@pytest.mark.parametrize("twice", [False, True])
def test_sigterm_to_the_worker_stops_its_runs(make_fleet: Any, tmp_path: Path, twice: bool) -> None:
    """A service manager sends SIGTERM to the worker and to its runs at the same time, the worker another one."""
    rule, method, path = PHASES["switch"]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet=f"sigterm-{twice}",
        waves=[{"name": "all"}],
        faults={"rules": [rule]},
    )
    assert fleet.api
    fleet.run("deploy", "--pool", f"sigterm-{twice}").expect(0)
    with worker(fleet.api, f"sigterm-{twice}", tmp_path / "home") as process:
        identifier = start_run(fleet.api, f"migrate/sigterm-{twice}")
        wait_until_in(fleet, method, path)
        if twice:
            for child in children(process.pid):
                os.kill(child, signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        state = await_state(fleet.api, identifier, limit=40)
        process.wait(60)
    assert state["type"] == "CANCELLED", state
    check_cancelled(fleet)


def children(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have, the nearest first."""
    found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(each for child in found for each in children(child))]


@pytest.mark.slow
def test_the_crash_of_a_worker_and_its_runs(make_fleet: Any, tmp_path: Path) -> None:
    """The machine is gone: the run is continued by a new one, and Prefect calls the first one crashed."""
    _, method, path = PHASES["switch"]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet="crash",
        waves=[{"name": "all"}],
        faults={"rules": [PHASES["switch"][0] | {"seconds": 30.0}]},
    )
    assert fleet.api
    fleet.run("deploy", "--pool", "crash").expect(0)
    with worker(fleet.api, "crash", tmp_path / "home") as process:
        identifier = start_run(fleet.api, "migrate/crash")
        wait_until_in(fleet, method, path)
        # The engine first: it would stop properly at the end of the process that guards it.
        for pid in (*reversed(children(process.pid)), process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait(10)
    fleet.faults()
    with fleet.ledger() as ledger:
        assert len(ledger.steps.open_intents()) >= 1
        run = ledger.runs.record("latest").run_id
    with worker(fleet.api, "crash", tmp_path / "home"):
        again = start_run(fleet.api, "migrate/crash")
        assert await_state(fleet.api, again)["type"] == "COMPLETED"
    assert fleet.record().run_id == run
    assert {str(t.outcome) for t in fleet.record().tenants} == {"migrated"}
    assert await_state(fleet.api, identifier, limit=240)["type"] == "CRASHED"


@pytest.mark.slow
def test_a_killed_worker_leaves_its_run_to_finish(make_fleet: Any, tmp_path: Path) -> None:
    rule, method, path = PHASES["switch"]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        fleet="orphan",
        waves=[{"name": "all"}],
        faults={"rules": [rule]},
    )
    assert fleet.api
    fleet.run("deploy", "--pool", "orphan").expect(0)
    with worker(fleet.api, "orphan", tmp_path / "home") as process:
        identifier = start_run(fleet.api, "migrate/orphan")
        wait_until_in(fleet, method, path)
        process.kill()
        process.wait(10)
        assert await_state(fleet.api, identifier)["type"] == "COMPLETED"
    assert {str(t.outcome) for t in fleet.record().tenants} == {"migrated"}


@pytest.mark.slow
def test_prefect_yaml_registers_the_same(make_fleet: Any, tmp_path: Path) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="by-file")
    assert fleet.api
    deployed(fleet)
    ours = registered(fleet.api, "by-file")
    environ = worker_environ(fleet.api, tmp_path / "home") | {
        "PHONEFLEET_FLEET": str(fleet.file),
        "PHONEFLEET_POOL": POOL,
    }
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = registered(fleet.api, "by-file")
    same = ("id", "entrypoint", "parameters", "pull_steps", "job_variables", "work_pool_name", "description")
    assert {v: {key: e[key] for key in same} for v, e in theirs.items()} == {
        v: {key: e[key] for key in same} for v, e in ours.items()
    }
    assert [s["schedule"] for s in theirs["compliance"]["schedules"]] == [
        s["schedule"] for s in ours["compliance"]["schedules"]
    ]


def test_prefect_yaml_lists_the_same_flows() -> None:
    listed = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    entrypoints = [each["entrypoint"] for each in listed["deployments"]]
    assert entrypoints == [f"flows.{flow.name}.{flow.name}" for flow in DEPLOYED]
    assert listed["definitions"]["work_pool"]["job_variables"]["env"] == RUN_ENVIRONMENT
