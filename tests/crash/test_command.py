"""The command line itself, killed with SIGKILL in the middle of a fleet and run again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.crash.crash_bench import CrashBench, check_nothing_lost_and_nothing_twice, simulated
from tests.prefect_server import clean_environ, prefect_server
from tests.preloaded import PHONEFLEET


def migrate(bench: CrashBench, api: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", PHONEFLEET, "migrate", str(bench.directory / "fleet.yaml"), "--yes", "--json"],
        env=clean_environ() | {"PREFECT_API_URL": api, "COLUMNS": "200"},
        cwd=bench.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ordered(bench: CrashBench) -> None:
    """Two batches' worth of work in one wave that stops for nothing."""
    path = bench.directory / "fleet.yaml"
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
def test_the_same_command_continues_a_killed_run(writes: int, tmp_path: Path) -> None:
    """Killed early among the preparations, and late among the switches: one run, nothing lost, nothing twice."""
    server = tmp_path / "prefect"
    server.mkdir()
    with simulated(tmp_path / "fleet") as bench, prefect_server(server) as api:
        kinds = ("twilio_sms", "passwordless_gateway", "action_single")
        domains = [bench.put(f"c{n}", kinds[n % 3]) for n in range(8)]
        bench.write()
        ordered(bench)
        process = migrate(bench, api)
        until = time.monotonic() + 120
        while sum(len(bench.writes(d)) for d in domains) < writes:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, "nothing is written"
            time.sleep(0.005)
        process.kill()
        process.communicate(timeout=30)
        with bench.ledger() as ledger:
            left = ledger.runs.record("latest")
            assert left.ended_at is None
        again = migrate(bench, api)
        out, err = again.communicate(timeout=240)
        document: dict[str, Any] = json.loads(out)
        assert document["run"] == left.run_id, err[-2000:]
        endings = {t["domain"]: t["outcome"] for t in document["tenants"]}
        for domain in domains:
            check_nothing_lost_and_nothing_twice(bench, domain)
            assert bench.tenant(domain).flag
        assert endings == dict.fromkeys(domains, "migrated"), document
        with bench.ledger() as ledger:
            record = ledger.runs.record("latest")
        assert [(w.batch, w.planned, w.verdict) for w in record.waves] == [(1, 4, "passed"), (2, 4, "passed")]
        assert Counter(t.batch for t in record.tenants) == {1: 4, 2: 4}
        assert again.returncode == 0, err[-2000:]
