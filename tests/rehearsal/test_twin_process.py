"""The process that migrates the twins: what it knows, and what it can reach."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from configs import load_fleet
from flows.rehearsal.rehearsal_faults import RehearsalFaults
from flows.rehearsal.service_watch import ServiceWatch
from flows.rehearsal.stand_ins import StandIns
from flows.rehearsal.twin_fleet import write_twin_fleet
from flows.rehearsal.twin_request import TwinRequest, TwinStage
from flows.rehearsal.twin_runner import RehearsalFailed, TwinRunner
from flows.rehearsal.twin_world import TwinWorld
from simulator.clock import Clock
from simulator.fleet import Fleet as Simulated
from simulator.world import World
from simulator.write_config import write_config

ROOT = Path(__file__).parents[2]
GUARDED = """
import socket, sys, httpx
from flows.rehearsal.loopback_only import refuse_other_machines
refused = refuse_other_machines()
def tried(call):
    try:
        call()
    except BaseException as error:
        return type(error).__name__
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
print(tried(lambda: httpx.get("https://acme.eu.auth0.com/api/v2/clients")))
print(tried(lambda: httpx.get("http://192.0.2.1/")))
print(tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))))
print(tried(lambda: socket.getaddrinfo("localhost", 80)))
print(sorted(set(refused)))
"""


def test_no_code_reaches_another_machine() -> None:
    """Names are not even looked up; this machine stays reachable."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GUARDED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    left = "LeftTheMachine"
    assert done.stdout.splitlines() == [left, left, left, "None", "['192.0.2.1', 'acme.eu.auth0.com']"]


@pytest.fixture
def runner(tmp_path: Path) -> TwinRunner:
    """A runner of twins without a simulator: its processes end before they need one."""
    real = load_fleet(write_config(tmp_path / "real", "http://127.0.0.1:1", Simulated(2, 1, Clock())))
    written = write_twin_fleet(real, tmp_path / "twin", "http://127.0.0.1:2", StandIns())
    watch = ServiceWatch(World(Simulated(0, 0, Clock()), Clock()))
    twins = TwinWorld("http://127.0.0.1:2", written.path, load_fleet(written.path, environ={}), watch, {}, {})
    return TwinRunner(twins, tmp_path, "http://127.0.0.1:3/api")


def test_it_gets_no_secret_of_the_environment(runner: TwinRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT_0001_EU_CLIENT_SECRET", "PREFECT_API_KEY", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "a-real-secret")
    environment = runner.environment()
    assert "a-real-secret" not in environment.values()
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:3/api"
    assert {"PATH", "PYTHONPATH", "PREFECT_HOME"} <= environment.keys()


def test_an_early_end_is_no_prediction(runner: TwinRunner, tmp_path: Path) -> None:
    """What the process printed is kept beside the rehearsal, and no answer is made up for it."""
    request = TwinRequest(fleet_file="none.yaml", simulator="http://127.0.0.1:2", stage=TwinStage.MIGRATE)
    with pytest.raises(RehearsalFailed, match="no plan was marked"):
        runner.run(request)
    assert (tmp_path / "twins.log").read_text()


def test_faults_are_described_without_defaults() -> None:
    assert RehearsalFaults().describe() == "{}"
    assert RehearsalFaults(dead_worker=3).describe() == '{"dead_worker": 3}'
