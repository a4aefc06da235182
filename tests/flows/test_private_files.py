"""Files of ours belong to their owner alone, and what crosses into Prefect carries ids, counts and a verdict."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from phonefleet.errors import PhonefleetError
from phonefleet.ledger.ledger import Ledger
from phonefleet.private_files import chosen_umask
from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import FleetBench
from tests.prefect_worker import ROOT

KINDS = {"a1": "twilio_both", "b1": "action_single", "c1": "passwordless_gateway", "d1": "not_configured"}
TEXT = "Canary {{code}} text-0a1b2c3d"
MARKERS = ("text-0a1b2c3d", "Friendly-4e5f6a7b", "code-8c9d0e1f")
IN_PREFECT = {
    *("fleet", "run_id", "domain", "since", "wave", "tenants", "plan", "force", "resume", "resend_tests"),
    *("reports", "out", "prepare_only", "switch", "fleet_checksum", "allow_unreachable", "pool"),
}
"""Parameters of flows and tasks: paths, ids, and what the operator asked for."""


def modes(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file and folder below a folder, with its permissions."""
    yield ".", folder.stat().st_mode & 0o777
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)), path.stat().st_mode & 0o777


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The umask of most systems: without phonefleet's own, every user may read new files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def migrated(make_fleet: Any, **environ: str) -> FleetBench:
    """Plan and migrate a fleet with markers in what its tenants have, with a Prefect server below its state folder."""
    fleet: FleetBench = make_fleet(KINDS, local_server=True, rollout={"max_change": "100%"})
    for name in KINDS:
        settings = {"friendly_name": "Friendly-4e5f6a7b"}
        texts = {"enrollment_message": TEXT, "verification_message": TEXT}
        apply_overrides(fleet.tenant(name), {"settings": settings, "guardian": {"templates": texts}})
    for action in fleet.tenant("b1").actions.values():
        action.code += "\n// code-8c9d0e1f\n"
    fleet.run("plan", "--out", "plan.json", "--reports", "reports/plan", **environ)
    fleet.run("migrate", "--yes", "--reports", "reports/migrate", **environ)
    return fleet


def test_files_of_a_run_are_its_owners_alone(make_fleet: Any, open_umask: None) -> None:
    fleet = migrated(make_fleet)
    state, reports = fleet.directory / ".state", fleet.directory / "reports"
    with Ledger.open(fleet.ledger_file, create=False) as ledger:
        ledger.check_writable()  # so that the files beside the ledger are there
        found = {**dict(modes(state)), **{f"reports/{name}": mode for name, mode in modes(reports)}}
    assert {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "prefect/prefect.db"} <= found.keys()
    assert {"reports/plan", "reports/migrate"} <= found.keys()
    assert {name: oct(mode) for name, mode in found.items() if mode not in (0o600, 0o700)} == {}
    assert (fleet.directory / "plan.json").stat().st_mode & 0o777 == 0o600
    _check_prefect(state / "prefect")


def _check_prefect(home: Path) -> None:
    """Check what Prefect keeps: no results, no content of a tenant, and only known parameters."""
    results = [path for path in (home / "storage").rglob("*") if path.is_file()]
    assert results == []
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert [marker for marker in MARKERS if marker.encode() in content] == [], path
    with closing(sqlite3.connect(home / "prefect.db")) as db:
        flows = [json.loads(row) for (row,) in db.execute("SELECT parameters FROM flow_run")]
        states = [json.loads(row or "null") for (row,) in db.execute("SELECT data FROM flow_run_state")]
        states += [json.loads(row or "null") for (row,) in db.execute("SELECT data FROM task_run_state")]
        tasks = db.execute("SELECT count(*) FROM task_run").fetchone()[0]
    assert flows
    assert tasks
    assert {name for parameters in flows for name in parameters} <= IN_PREFECT
    assert len(states) > len(flows)
    assert all(len(json.dumps(state)) < 1_000 for state in states)


def test_an_operator_may_share_files_with_a_group(make_fleet: Any, open_umask: None) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    fleet.run("plan", "--out", "plan.json", PHONEFLEET_UMASK="027").expect(0)
    assert fleet.ledger_file.stat().st_mode & 0o777 == 0o640
    assert fleet.ledger_file.parent.stat().st_mode & 0o777 == 0o750
    assert (fleet.directory / "plan.json").stat().st_mode & 0o777 == 0o640


def test_a_wrong_umask_is_refused(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    done = fleet.run("assess", PHONEFLEET_UMASK="rw-r-----").expect(2)
    assert "PHONEFLEET_UMASK is 'rw-r-----': write an octal number from 000 to 077" in done.err


@pytest.mark.parametrize(("text", "umask"), [("", 0o077), ("077", 0o077), ("27", 0o27), ("0022", 0o022)])
def test_the_umask_is_octal(text: str, umask: int) -> None:
    assert chosen_umask({"PHONEFLEET_UMASK": text} if text else {}) == umask


@pytest.mark.parametrize("text", ["777", "0o27", "8", "-1", "27 ", "00077"])
def test_what_is_no_umask_is_refused(text: str) -> None:
    with pytest.raises(PhonefleetError, match="PHONEFLEET_UMASK"):
        chosen_umask({"PHONEFLEET_UMASK": text})


def crash(folder: Path, before: str) -> bool:
    """Whether a process that ends by a signal leaves its memory, after it has done something before."""
    code = "import os; from resource import RLIMIT_CORE as core, getrlimit, setrlimit\n"
    code += "setrlimit(core, (getrlimit(core)[1],) * 2)\n"
    child = subprocess.Popen(
        [sys.executable, "-c", f"{code}{before}\nos.abort()"], cwd=folder, env={"PYTHONPATH": str(ROOT)}
    )
    _, status = os.waitpid(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == -signal.SIGABRT
    return os.WCOREDUMP(status)


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    """It would hold every secret of the fleet."""
    if not crash(tmp_path, ""):
        pytest.skip("this machine makes no core files")
    assert not crash(tmp_path, "from phonefleet.private_files import keep_private; keep_private()")
