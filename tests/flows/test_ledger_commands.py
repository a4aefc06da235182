"""Rollback, reports and the commands that read the ledger; doctor; fleet files that cannot be used; Ctrl-C."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.flows.fleet_bench import FleetBench, phonefleet, started, tenant_field

ONE = [{"name": "all"}]


def test_a_migrated_fleet_is_shown_and_rolled_back(make_fleet: Any) -> None:
    """Runs, status, history and report show what happened; rollback by tenant and by wave undoes it."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_both"}, waves=ONE)
    run = fleet.run("migrate", "--yes", "--json").expect(0).document["run"]

    listed = fleet.ask("runs", "--json").expect(0).document
    assert [(r["run_id"], r["verb"], r["verdict"]) for r in listed] == [(run, "migrate", "complete")]
    assert run in fleet.ask("runs").expect(0).out
    status = fleet.ask("status", "--json").expect(0)
    assert status.document["run"] == run
    assert status.outcomes() == {"a1": "migrated", "b1": "migrated"}
    assert "at work on 0 tenant(s)" in fleet.ask("status", run).expect(0).out
    history = fleet.ask("history", "A1.eu.auth0.com", "--json").expect(0).document
    assert {entry["run_id"] for entry in history} == {run}
    assert "has nothing about it" in fleet.ask("history", "z.eu.auth0.com").expect(2).err
    report = fleet.ask("report", run, "--json", "--reports", "again").expect(0).document
    assert report["reports"]
    assert all((fleet.directory / path).is_file() for path in report["reports"].values())
    assert "nope" in fleet.ask("report", "nope").expect(2).err

    unknown = fleet.run("rollback", "--tenant", "z.eu.auth0.com", "--yes").expect(2)
    assert "z.eu.auth0.com: not a tenant of fleet simulated" in unknown.err
    assert "select tenants" in fleet.run("rollback", "--yes").expect(2).err
    back = fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert back.outcomes()["a1"] == "rolled_back"
    assert (fleet.tenant("a1").flag, fleet.tenant("b1").flag) == (False, True)
    pause = fleet.directory / ".state" / "PAUSE"
    pause.touch()
    paused = fleet.run("rollback", "--wave", "all", "--yes", "--json").expect(3)
    assert tenant_field(paused, "outcome_reason")["b1"] == "paused"
    assert fleet.tenant("b1").flag
    pause.unlink()
    wave = fleet.run("rollback", "--wave", "all", "--yes", "--json").expect(0)
    assert wave.outcomes()["b1"] == "rolled_back"
    assert wave.outcomes().get("a1") != "rolled_back"
    assert fleet.tenant("b1").flag is False


def test_doctor_reports_scopes_and_credentials(make_fleet: Any) -> None:
    """Each verb's missing scopes and each unusable credential are reported, and nothing is written."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "missing_scopes", "c1": "wrong_credentials"})
    found = fleet.run("doctor", "--json").expect(3).document["tenants"]
    by_name = {f["domain"].split(".")[0]: f for f in found}
    assert (by_name["a1"]["problem"], by_name["a1"]["missing"]) == ("", {})
    assert by_name["b1"]["problem"] == ""
    assert by_name["b1"]["missing"]["migrate"]
    assert by_name["c1"]["problem"].startswith("c1.eu.auth0.com:")
    narrow = fleet.run("doctor", COLUMNS="60").expect(3)
    problems = [line.split("│")[2].strip() for line in narrow.out.splitlines() if line.count("│") == 4]
    assert fleet.tenant("c1").management_client_id in "".join(problems)
    assert "1 of 3 tenants are reachable with every scope" in narrow.out
    document = yaml.safe_load(fleet.file.read_text())
    fleet.change(tenants=[t for t in document["tenants"] if not t["domain"].startswith("b1")])
    fleet.run("doctor").expect(4)
    assert fleet.writes() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"wavez": []}, "wavez"),
        ({"waves": [{"name": "w", "match": {"domain": ["none*"]}}, {"name": "rest"}]}, "w"),
        ({"secrets_file": "elsewhere.env"}, "elsewhere.env"),
    ],
)
def test_an_invalid_fleet_file_is_explained(make_fleet: Any, change: dict[str, Any], named: str) -> None:
    """Exit 2, the file and the thing named, no traceback, no request to a tenant."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, **change)
    refused = fleet.run("assess").expect(2)
    assert str(fleet.directory) in refused.err
    assert named in refused.err
    assert fleet.tenant("a1").requests == []


def test_a_missing_fleet_file_is_an_error(tmp_path: Path, prefect_api: str) -> None:
    refused = phonefleet("assess", "none.yaml", api=prefect_api, cwd=tmp_path).expect(2)
    assert "none.yaml" in refused.err


@pytest.mark.slow
def test_an_interrupted_run_is_continued(make_fleet: Any) -> None:
    """Ctrl-C during the run: no lease stays held, and the same command finishes the same run."""
    names = {f"a{n}": "twilio_sms" for n in range(1, 5)}
    slow = {"method": "POST", "path": "*/try", "effect": "delay", "seconds": 4}
    fleet: FleetBench = make_fleet(names, waves=ONE, faults={"rules": [slow]})
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        limit = time.monotonic() + 60
        while not any(seen.path.endswith("/providers") for _, seen in fleet.writes()):
            assert time.monotonic() < limit
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err, err
    assert out == ""
    with fleet.ledger() as ledger:
        left = ledger.runs.record("latest")
        assert left.ended_at is None
        assert ledger.leases.in_force() == []
    again = fleet.run("migrate", "--yes", "--json", "--resend-tests")
    assert again.document["run"] == left.run_id, json.dumps(again.document)[:2000]
    assert set(again.expect(0).outcomes().values()) == {"migrated"}
