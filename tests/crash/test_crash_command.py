"""The command line itself, killed with SIGKILL in the middle of a fleet and run again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from crash_stand import Stand, prove_nothing_lost_and_nothing_twice, simulated

from flows.prefect_settings import prepare

PHONEFLEET = Path(sys.executable).with_name("phonefleet")


def clean() -> dict[str, str]:
    """This process's environment without what other tests or Prefect put into it."""
    ours = ("PREFECT_", "PHONEFLEET_", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def settings(state: Path) -> dict[str, str]:
    """What `flows.prefect_settings` sets, with its files below `state`; this process keeps what it had."""
    kept = dict(os.environ)
    for name in [n for n in os.environ if n.startswith("PREFECT_")]:
        del os.environ[name]
    try:
        prepare(state)
        return {name: value for name, value in os.environ.items() if name not in kept or "PREFECT_" in name}
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def prefect(state: Path) -> Iterator[str]:
    """The API address of a Prefect server of this test's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    where = ["--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (state / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", *where],
            env=clean() | settings(state),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            await_health(server, api)
            yield api
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)


def await_health(server: subprocess.Popen[bytes], api: str) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail("Prefect's server did not come up")


def migrate(stand: Stand, api: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(PHONEFLEET), "migrate", str(stand.directory / "fleet.yaml"), "--yes", "--json"],
        env=clean() | {"PREFECT_API_URL": api, "COLUMNS": "200"},
        cwd=stand.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ordered(stand: Stand) -> None:
    """Two batches' worth of work in one wave that stops for nothing."""
    path = stand.directory / "fleet.yaml"
    document = yaml.safe_load(path.read_text())
    wave = {
        "name": "all",
        "match": {},
        "size": "50%",
        "failure_tolerance": "100%",
        "inconclusive_limit": "100%",
    }
    rollout = document["rollout"] | {"concurrency": 3}
    path.write_text(yaml.safe_dump(document | {"waves": [wave], "rollout": rollout}, sort_keys=False))


@pytest.mark.slow
@pytest.mark.parametrize("writes", [4, 30])
def test_the_same_command_continues_a_run_that_was_killed(writes: int, tmp_path: Path) -> None:
    """Killed early among the preparations, and late among the switches: one run, nothing lost, nothing twice."""
    server = tmp_path / "prefect"
    server.mkdir()
    with simulated(tmp_path / "fleet") as stand, prefect(server) as api:
        kinds = ("twilio_sms", "passwordless_gateway", "action_single")
        domains = [stand.put(f"c{n}", kinds[n % 3]) for n in range(8)]
        stand.write()
        ordered(stand)
        process = migrate(stand, api)
        until = time.monotonic() + 120
        while sum(len(stand.writes(d)) for d in domains) < writes:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, "nothing is written"
            time.sleep(0.005)
        process.kill()
        process.communicate(timeout=30)
        with stand.ledger() as ledger:
            left = ledger.run("latest")
            assert left.ended_at is None
        again = migrate(stand, api)
        out, err = again.communicate(timeout=240)
        document: dict[str, Any] = json.loads(out)
        assert document["run"] == left.run_id, err[-2000:]
        endings = {t["domain"]: t["outcome"] for t in document["tenants"]}
        for domain in domains:
            prove_nothing_lost_and_nothing_twice(stand, domain)
            assert stand.tenant(domain).flag
        assert endings == dict.fromkeys(domains, "migrated"), document
        with stand.ledger() as ledger:
            record = ledger.run("latest")
        assert [(w.batch, w.planned, w.verdict) for w in record.waves] == [(1, 4, "passed"), (2, 4, "passed")]
        assert Counter(t.batch for t in record.tenants) == {1: 4, 2: 4}
        assert again.returncode == 0, err[-2000:]
