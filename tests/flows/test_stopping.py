"""A signal stops a run: writes in hand are settled, leases are free, and the same command continues."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.local_server import server_environment
from phonefleet.model.enums import StepKind
from tests.flows.fleet_bench import FleetBench, Process, started, tenant_field
from tests.prefect_server import clean_environ
from tests.prefect_worker import post
from tests.preloaded import PHONEFLEET

SECONDS = 4.0
"""How long the delayed answers of these tests take."""


def delayed(method: str, path: str, seconds: float = SECONDS) -> dict[str, Any]:
    return {"method": method, "path": path, "effect": "delay", "seconds": seconds, "times": 1}


PHASES = {
    "assess": (delayed("GET", "*/tenants/settings"), "GET", "/tenants/settings"),
    "prepare": (delayed("POST", "*/branding/phone/providers"), "POST", "/branding/phone/providers"),
    "test": (delayed("POST", "*/try"), "POST", "/try"),
    "switch": (delayed("PATCH", "*/tenants/settings"), "PATCH", "/tenants/settings"),
}


def await_(condition: Callable[[], bool], process: Process, what: str, limit: float = 90.0) -> None:
    until = time.monotonic() + limit
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, what
        time.sleep(0.05)


def has_asked(fleet: FleetBench, method: str, path: str) -> bool:
    return any(s.method == method and s.path.endswith(path) for t in fleet.tenants() for s in t.requests)


def has_intent(fleet: FleetBench) -> bool:
    if fleet.keeps_a_file and not fleet.ledger_file.exists():
        return False
    with fleet.ledger() as ledger:
        return bool(ledger.steps.open_intents())


def flow_run_state(fleet: FleetBench, run_id: str) -> str:
    wanted = {"flow_runs": {"name": {"like_": run_id}}}
    (found,) = post(f"{fleet.api}/flow_runs/filter", wanted)
    return str(found["state"]["type"])


@pytest.mark.parametrize(
    ("phase", "number"), [*((phase, signal.SIGINT) for phase in PHASES), ("switch", signal.SIGTERM)]
)
def test_a_signal_stops_a_migration_in_each_phase(
    make_fleet: Any, phase: str, number: signal.Signals
) -> None:
    rule, method, path = PHASES[phase]
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}], faults={"rules": [rule]}
    )
    with started("migrate", str(fleet.file), "--yes", api=fleet.api, cwd=fleet.directory) as process:
        waiting = (lambda: has_intent(fleet)) if method != "GET" else (lambda: has_asked(fleet, method, path))
        await_(waiting, process, f"{phase} is not reached")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping after the writes in hand" in err
    assert f"Continue with: phonefleet migrate {fleet.file} --yes" in err
    assert "Traceback" not in out + err
    assert "reports: " in out
    with fleet.ledger() as ledger:
        run = ledger.runs.record("latest")
        assert ledger.steps.open_intents() == []
        assert ledger.leases.in_force() == []
        assert run.ended_at is None
        assert ledger.runs.summary(run.run_id).holder == ""
    assert flow_run_state(fleet, run.run_id) == "CANCELLED"
    again = fleet.run("migrate", "--yes", "--json").expect(0)
    assert again.document["run"] == run.run_id
    assert tenant_field(again, "outcome") == {"a1": "migrated", "b1": "migrated"}
    written = [(domain, s.method, s.path, json.dumps(s.body)) for domain, s in fleet.writes() if s.status]
    assert len(written) == len(set(written)), "no write was made twice"


def test_a_second_signal_ends_the_process_at_once(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        waves=[{"name": "all"}],
        faults={"rules": [delayed("PATCH", "*/tenants/settings", 20.0)]},
    )
    with started("migrate", str(fleet.file), "--yes", api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: has_asked(fleet, "PATCH", "/tenants/settings"), process, "no switch is under way")
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert time.monotonic() - began < 5
    assert process.returncode == 130
    with fleet.ledger() as ledger:
        assert [intent.kind for intent in ledger.steps.open_intents()] == [StepKind.SWITCH_TENANT]
    fleet.faults()
    again = fleet.run("migrate", "--yes", "--json", limit=200).expect(0)
    assert tenant_field(again, "outcome") == {"a1": "migrated"}


@pytest.mark.parametrize("verb", ["assess", "compliance"])
def test_a_signal_stops_a_reading_run(make_fleet: Any, verb: str) -> None:
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        faults={"rules": [delayed("GET", "*/tenants/settings", 30.0)]},
    )
    with started(verb, str(fleet.file), api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: has_asked(fleet, "GET", "/tenants/settings"), process, "nothing is read")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"Continue with: phonefleet {verb} " in err
    fleet.faults()
    fleet.run(verb).expect(0)


def test_ctrl_c_on_a_terminal_with_a_temporary_server(make_fleet: Any) -> None:
    """The terminal sends SIGINT to its whole process group; the server is not in it and takes the last reports."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        waves=[{"name": "all"}],
        local_server=True,
        faults={"rules": [delayed("PATCH", "*/tenants/settings")]},
    )
    child, terminal = pty.fork()
    if not child:
        environ = clean_environ() | {"COLUMNS": "80", "TERM": "xterm"}
        os.chdir(fleet.directory)
        os.execve(
            sys.executable, [sys.executable, "-P", PHONEFLEET, "migrate", str(fleet.file), "--yes"], environ
        )
    shown, pressed, ended = b"", 0.0, False
    until = time.monotonic() + 200
    while not ended and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # Linux: the other side of the terminal is closed.
                ended = True
        if not pressed and has_asked(fleet, "PATCH", "/tenants/settings"):
            os.write(terminal, b"\x03")
            pressed = time.monotonic()
    _, status = os.waitpid(child, 0)
    text = shown.decode(errors="replace")
    assert os.waitstatus_to_exitcode(status) == 130, text
    assert "stopping after the writes in hand" in text
    assert "Continue with: phonefleet migrate" in text
    assert "Traceback" not in text
    assert "ConnectError" not in text
    assert time.monotonic() - pressed < 60
    assert fleet.tenant("a1").flag


def servers_of(state: Path) -> list[int]:
    """The processes that have this state directory's Prefect database as their home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environ = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"flows.local_server_process" in command and str(state).encode() in environ:
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_temporary_server_ends_with_a_killed_command(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        local_server=True,
        faults={"rules": [delayed("GET", "*/tenants/settings", 60.0)]},
    )
    secret = {"A_SECRET_OF_THE_FLEET": "marker-3f9c"}
    process = subprocess.Popen(
        [sys.executable, "-P", PHONEFLEET, "assess", str(fleet.file)],
        env=clean_environ() | secret,
        cwd=fleet.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    await_(lambda: has_asked(fleet, "GET", "/tenants/settings"), process, "nothing is read", 200)
    state = fleet.directory / ".state"
    (server,) = servers_of(state)
    assert b"marker-3f9c" not in Path(f"/proc/{server}/environ").read_bytes()
    process.kill()
    process.communicate()
    until = time.monotonic() + 20
    while servers_of(state) and time.monotonic() < until:
        time.sleep(0.1)
    assert servers_of(state) == []


def test_the_server_gets_no_secret() -> None:
    environ = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "PREFECT_HOME": "/state",
        "PREFECT_API_KEY": "k",
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
        "ACME_CLIENT_SECRET": "s",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    assert set(server_environment(environ)) - {"PREFECT_UI_ENABLED"} == {
        "PATH",
        "LC_ALL",
        "PREFECT_HOME",
        "PREFECT__SERVER_EPHEMERAL",
        "PREFECT__SERVER_FINAL",
    }
