"""The local Prefect server that stays: started once, found by later commands, without secrets, never confused."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows import kept_server, prefect_settings
from flows.cli import common
from flows.kept_server import ServerNotStarted, ServerRecord
from tests.flows.fleet_bench import FleetBench
from tests.prefect_server import clean_environ
from tests.preloaded import PHONEFLEET

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@pytest.fixture
def state_home(tmp_path: Path) -> Iterator[Path]:
    """The user's state directory; a server that is left in it is stopped."""
    home = tmp_path / "home"
    yield home
    kept_server.stop(directory_in(home))


def directory_in(home: Path) -> Path:
    return home / "phonefleet" / ".server"


def server(home: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", PHONEFLEET, "server", *args],
        env=clean_environ() | {"XDG_STATE_HOME": str(home), "A_SECRET_OF_THE_FLEET": "marker-51c7"},
        cwd=home.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], code: int = 0) -> str:
    out, err = process.communicate(timeout=150)
    assert process.returncode == code, out + err
    return out


@needs_proc
def test_two_starts_start_one_server_for_all(make_fleet: Any, state_home: Path) -> None:
    both = [server(state_home, "start", "--port", "0", "--json") for _ in range(2)]
    shown = [json.loads(ended(process)) for process in both]
    assert shown[0] == shown[1]
    pid = shown[0]["pid"]
    assert os.getsid(pid) == pid
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"marker-51c7" not in environ
    assert f"PREFECT_HOME={directory_in(state_home)}".encode() in environ
    assert b"TASK_RUN_RECORDER_BATCH_SIZE=200" in environ
    assert b"EVENT_PERSISTER_ENABLED=false" in environ
    status = ended(server(state_home, "status"))
    assert shown[0]["ui"] in status
    assert shown[0]["prefect"] in status

    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, local_server=True)
    home = {"XDG_STATE_HOME": str(state_home)}
    done = fleet.run("assess", **home).expect(0)
    assert "temporary" not in done.err
    assert re.search(
        rf"Z run {fleet.record().run_id}: {shown[0]['ui']}/runs/flow-run/", done.err, re.MULTILINE
    )

    # A server that was configured is used, and a lost one is not replaced without a word.
    refused = fleet.run("assess", PREFECT_API_URL="http://127.0.0.1:9/api", **home).expect(2)
    assert "http://127.0.0.1:9/api" in refused.err
    assert "stopped" in ended(server(state_home, "stop"))
    assert "phonefleet server start" in ended(server(state_home, "status"), 1)


def test_a_silent_server_is_waited_for(
    state_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run belongs where the operator looks for it: a temporary server is the last resort, and is announced."""
    shown = json.loads(ended(server(state_home, "start", "--port", "0", "--json")))
    monkeypatch.setenv("XDG_STATE_HOME", str(state_home))
    os.kill(shown["pid"], signal.SIGSTOP)
    status = ended(server(state_home, "status"), 1)
    assert f"(pid {shown['pid']}) does not answer" in " ".join(status.split())
    threading.Timer(kept_server.QUICK_ANSWER_SECONDS + 2, os.kill, (shown["pid"], signal.SIGCONT)).start()
    assert common._kept_server() == shown["api"]
    said = " ".join(capfd.readouterr().err.split())
    assert "it is waited for" in said
    assert "temporary" not in said

    os.kill(shown["pid"], signal.SIGSTOP)
    monkeypatch.setattr(prefect_settings, "ANSWER_SECONDS", 1.0)
    assert common._kept_server() is None
    assert "a temporary one is used" in " ".join(capfd.readouterr().err.split())
    assert "stopped" in ended(server(state_home, "stop"))


@pytest.mark.slow
def test_a_killed_server_is_started_again(state_home: Path) -> None:
    first = json.loads(ended(server(state_home, "start", "--port", "0", "--json")))
    os.kill(first["pid"], signal.SIGKILL)
    until = time.monotonic() + 10
    while kept_server.find(directory_in(state_home)) is not None and time.monotonic() < until:
        time.sleep(0.1)
    assert "no local Prefect server" in ended(server(state_home, "status"), 1)
    again = json.loads(ended(server(state_home, "start", "--json")))
    assert again["api"] == first["api"], "it keeps its address"
    assert again["pid"] != first["pid"]


def test_a_stale_record_names_no_process(tmp_path: Path) -> None:
    """The recorded process id may belong to another process by now: it gets no signal."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {"pid": stranger.pid, "port": 9, "prefect": "3.8.8"}
        (tmp_path / "server.json").write_text(json.dumps(record))
        assert kept_server.find(tmp_path) is None
        assert kept_server.stop(tmp_path) is None
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_asking_for_a_server_creates_nothing(tmp_path: Path) -> None:
    assert kept_server.find(tmp_path / "none") is None
    assert kept_server.stop(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_used_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServerNotStarted, match=f"port {port} .*--port"):
            kept_server.start(tmp_path, port)


def test_another_prefect_does_not_fit() -> None:
    assert not ServerRecord(1, 2, "3.7.0").fits
    assert ServerRecord(1, 2, kept_server.version("prefect")).fits
