"""An operator pauses compliance's schedule in Prefect and resumes it; a new deployment changes neither."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.fleet_bench import FleetBench, Json
from tests.flows.test_deployments import POOL, deployed, registered
from tests.prefect_worker import answered, await_condition, post, worker, worker_environ

EVERY_MINUTE = ("--cron", "* * * * *")


def compliance(fleet: FleetBench, name: str) -> Json:
    """A fleet's deployment of compliance."""
    return registered(fleet.api or "", name)["compliance"]


def set_active(fleet: FleetBench, name: str, active: bool) -> None:
    """Switch the schedule off or on, as its switch in Prefect's user interface does."""
    found = compliance(fleet, name)
    (schedule,) = found["schedules"]
    where = f"{fleet.api}/deployments/{found['id']}/schedules/{schedule['id']}"
    answered("PATCH", where, {"active": active})


def set_paused(fleet: FleetBench, name: str, paused: bool) -> None:
    """Pause or resume the whole deployment, as Prefect's API does."""
    verb = "pause_deployment" if paused else "resume_deployment"
    where = f"{fleet.api}/deployments/{compliance(fleet, name)['id']}/{verb}"
    answered("POST", where)


@pytest.mark.parametrize("way", ["schedule", "deployment"])
def test_deploying_again_keeps_a_pause(make_fleet: Any, way: str) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet=f"pause-{way}")
    name = f"pause-{way}"

    def state() -> tuple[bool, bool]:
        found = compliance(fleet, name)
        return found["paused"], found["schedules"][0]["active"]

    def shown() -> list[str]:
        return [
            each["name"] for each in deployed(fleet, "--cron", "5 5 * * *")["deployments"] if each["paused"]
        ]

    assert not [each for each in deployed(fleet)["deployments"] if each["paused"]]
    assert state() == (False, True)
    if way == "schedule":
        set_active(fleet, name, active=False)
    else:
        set_paused(fleet, name, paused=True)
    paused = state()
    fleet.change(rollout={"concurrency": 7})
    assert shown() == [f"compliance/{name}"]
    assert state() == paused != (False, True)
    assert compliance(fleet, name)["schedules"][0]["schedule"]["cron"] == "5 5 * * *"
    said = fleet.run("deploy", "--pool", POOL).expect(0)
    assert f"compliance/{name} is paused in Prefect and stays paused" in said.out
    if way == "schedule":
        set_active(fleet, name, active=True)
    else:
        set_paused(fleet, name, paused=False)
    assert shown() == []
    assert state() == (False, True)


def test_deploying_again_keeps_a_paused_verb(make_fleet: Any) -> None:
    """Each deployment can have a schedule that an operator added in Prefect."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="pause-verb")
    deployed(fleet)
    plan = registered(fleet.api or "", "pause-verb")["plan"]
    answered("POST", f"{fleet.api}/deployments/{plan['id']}/pause_deployment")
    assert [e["name"] for e in deployed(fleet)["deployments"] if e["paused"]] == ["plan/pause-verb"]
    assert [v for v, e in registered(fleet.api or "", "pause-verb").items() if e["paused"]] == ["plan"]


def test_deploying_again_keeps_other_schedules(make_fleet: Any) -> None:
    """An operator may schedule another verb in Prefect; `deploy` schedules compliance only."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="pause-other")
    deployed(fleet)
    where = f"{fleet.api}/deployments/{registered(fleet.api or '', 'pause-other')['assess']['id']}/schedules"
    weekly = {"schedule": {"cron": "0 6 * * 1", "timezone": "UTC"}, "active": True}
    post(where, [weekly])
    deployed(fleet)
    (kept,) = answered("GET", where).json()
    assert kept["schedule"]["cron"] == "0 6 * * 1"


def test_a_paused_schedule_beside_another_stays(make_fleet: Any) -> None:
    """An operator paused the schedule of `deploy` and added one, which the next `deploy` replaces."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="pause-beside")
    deployed(fleet, "--cron", "5 5 * * *")
    set_active(fleet, "pause-beside", active=False)
    where = f"{fleet.api}/deployments/{compliance(fleet, 'pause-beside')['id']}/schedules"
    post(where, [{"schedule": {"cron": "0 6 * * 1", "timezone": "UTC"}, "active": True}])
    said = deployed(fleet, "--cron", "5 5 * * *")["deployments"]
    assert [each["name"] for each in said if each["paused"]] == ["compliance/pause-beside"]
    (left,) = compliance(fleet, "pause-beside")["schedules"]
    assert (left["schedule"]["cron"], left["active"]) == ("5 5 * * *", False)


def scheduled(fleet: FleetBench, name: str) -> list[Json]:
    """The flow runs that Prefect's scheduler made of compliance."""
    wanted = {
        "deployments": {"id": {"any_": [compliance(fleet, name)["id"]]}},
        "flow_runs": {"tags": {"all_": ["auto-scheduled"]}},
    }
    found: list[Json] = post(f"{fleet.api}/flow_runs/filter", wanted)
    return found


def done(fleet: FleetBench, name: str) -> int:
    return sum(run["state"]["type"] == "COMPLETED" for run in scheduled(fleet, name))


def prefect(fleet: FleetBench, home: Path, *args: str) -> None:
    """Run a command of Prefect's own command line."""
    ran = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *args],
        env=worker_environ(fleet.api or "", home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_paused_schedule_starts_no_run(make_fleet: Any, tmp_path: Path) -> None:
    """Prefect's scheduler looks every 60 s; the schedule asks for a run every minute."""
    name = "pause-runs"
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet=name, waves=[{"name": "all"}])
    assert fleet.api
    fleet.run("migrate", "--yes").expect(0)
    deployed(fleet, *EVERY_MINUTE)
    with worker(fleet.api, POOL, tmp_path / "worker"):
        await_condition(lambda: done(fleet, name) >= 1, "the schedule started no run", 240)
        (schedule,) = compliance(fleet, name)["schedules"]
        prefect(fleet, tmp_path, "deployment", "schedule", "pause", f"compliance/{name}", schedule["id"])
        await_condition(
            lambda: not any(r["state"]["type"] in ("PENDING", "RUNNING") for r in scheduled(fleet, name)),
            "the last run before the pause does not end",
        )
        before = {run["id"]: run["state"]["type"] for run in scheduled(fleet, name)}
        assert "SCHEDULED" not in before.values()
        deployed(fleet, *EVERY_MINUTE)
        time.sleep(130)
        assert {run["id"]: run["state"]["type"] for run in scheduled(fleet, name)} == before
        (schedule,) = compliance(fleet, name)["schedules"]
        prefect(fleet, tmp_path, "deployment", "schedule", "resume", f"compliance/{name}", schedule["id"])
        count = done(fleet, name)
        await_condition(lambda: done(fleet, name) > count, "the resumed schedule started no run", 240)
