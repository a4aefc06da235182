"""Rollback, reports and the commands that read the ledger; doctor; fleet files that cannot be used; Ctrl-C."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.fleet_bench import Stand, phonefleet, started

ONE = [{"name": "all"}]


def test_a_migrated_fleet_can_be_looked_at_and_taken_back(stand: Any) -> None:
    """Runs, status, history and report tell what happened; rollback by tenant and by wave undoes it."""
    here: Stand = stand({"a1": "twilio_sms", "b1": "twilio_both"}, waves=ONE)
    run = here.run("migrate", "--yes", "--json").expect(0).document["run"]

    listed = here.ask("runs", "--json").expect(0).document
    assert [(r["run_id"], r["verb"], r["verdict"]) for r in listed] == [(run, "migrate", "complete")]
    assert run in here.ask("runs").expect(0).out
    status = here.ask("status", "--json").expect(0)
    assert status.document["run"] == run
    assert status.outcomes() == {"a1": "migrated", "b1": "migrated"}
    assert "0 open intents, 0 leases held" in here.ask("status", run).expect(0).out
    history = here.ask("history", "A1.eu.auth0.com", "--json").expect(0).document
    assert {entry["run_id"] for entry in history} == {run}
    assert "knows nothing of it" in here.ask("history", "z.eu.auth0.com").expect(2).err
    report = here.ask("report", run, "--json", "--reports", "again").expect(0).document
    assert report["reports"]
    assert all((here.directory / path).is_file() for path in report["reports"].values())
    assert "nope" in here.ask("report", "nope").expect(2).err

    unknown = here.run("rollback", "--tenant", "z.eu.auth0.com", "--yes").expect(2)
    assert "z.eu.auth0.com: not a tenant of fleet simulated" in unknown.err
    assert "say which" in here.run("rollback", "--yes").expect(2).err
    back = here.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert back.outcomes()["a1"] == "rolled_back"
    assert (here.tenant("a1").flag, here.tenant("b1").flag) == (False, True)
    wave = here.run("rollback", "--wave", "all", "--yes", "--json").expect(0)
    assert wave.outcomes()["b1"] == "rolled_back"
    assert wave.outcomes().get("a1") != "rolled_back"
    assert here.tenant("b1").flag is False


def test_doctor_names_missing_scopes_and_wrong_credentials(stand: Any) -> None:
    """Each verb's missing scopes and each unusable credential are told, and nothing is written."""
    here: Stand = stand({"a1": "twilio_sms", "b1": "missing_scopes", "c1": "wrong_credentials"})
    found = here.run("doctor", "--json").expect(2).document["tenants"]
    by_name = {f["domain"].split(".")[0]: f for f in found}
    assert (by_name["a1"]["problem"], by_name["a1"]["missing"]) == ("", {})
    assert by_name["b1"]["problem"] == ""
    assert by_name["b1"]["missing"]["migrate"]
    assert by_name["c1"]["problem"].startswith("c1.eu.auth0.com:")
    shown = here.run("doctor").expect(2)
    assert "1 of 3 tenants are reachable with every scope" in shown.out
    assert here.writes() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"wavez": []}, "wavez"),
        ({"waves": [{"name": "w", "match": {"domain": ["nobody*"]}}, {"name": "rest"}]}, "w"),
        ({"secrets_file": "elsewhere.env"}, "elsewhere.env"),
    ],
)
def test_a_fleet_file_that_cannot_be_used_says_why(stand: Any, change: dict[str, Any], told: str) -> None:
    """Exit 2, the file and the thing named, no traceback, no request to a tenant."""
    here: Stand = stand({"a1": "twilio_sms"}, **change)
    refused = here.run("assess").expect(2)
    assert str(here.directory) in refused.err
    assert told in refused.err
    assert here.tenant("a1").requests == []


def test_a_fleet_file_that_is_not_there_is_an_error_of_one_line(tmp_path: Path, prefect_api: str) -> None:
    refused = phonefleet("assess", "none.yaml", api=prefect_api, cwd=tmp_path).expect(2)
    assert "none.yaml" in refused.err


@pytest.mark.slow
def test_an_interrupted_run_gives_its_leases_back_and_is_continued(stand: Any) -> None:
    """Ctrl-C in the middle: no lease stays held, and the same command finishes the same run."""
    names = {f"a{n}": "twilio_sms" for n in range(1, 5)}
    slow = {"method": "POST", "path": "*/try", "effect": "delay", "seconds": 4}
    here: Stand = stand(names, waves=ONE, faults={"rules": [slow]})
    with started("migrate", str(here.file), "--yes", "--json", api=here.api, cwd=here.directory) as process:
        limit = time.monotonic() + 60
        while not any(seen.path.endswith("/providers") for _, seen in here.writes()):
            assert time.monotonic() < limit
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err, err
    assert out == ""
    with here.ledger() as ledger:
        left = ledger.runs.record("latest")
        assert left.ended_at is None
        assert ledger.leases.in_force() == []
    again = here.run("migrate", "--yes", "--json", "--resend-tests")
    assert again.document["run"] == left.run_id, json.dumps(again.document)[:2000]
    assert set(again.expect(0).outcomes().values()) == {"migrated"}
