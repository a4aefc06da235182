"""Flows and tasks started from a process of their own: with a fleet file and plain parameters, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from phonefleet.model.enums import OutcomeKind
from tests.flows.fleet_bench import FleetBench
from tests.prefect_server import clean_environ, prefect_settings

ASSESS = """
import asyncio, json, sys
from flows.assess import assess
from tasks.assess import assess_tenant
finished = asyncio.run(assess(sys.argv[1]))
again = asyncio.run(assess_tenant(sys.argv[1], finished.run_id, "b1.eu.auth0.com"))
print(json.dumps([finished.run_id, finished.verdict, str(again.verdict)]))
"""
MIGRATE = """
import asyncio, json, sys
from flows.run_end import RunNotDone
from flows.migrate import migrate
try:
    finished = asyncio.run(migrate(sys.argv[1], tenants=["a1.eu.auth0.com"]))
except RunNotDone as not_done:
    finished = not_done.finished
print(json.dumps([finished.run_id, finished.verdict, int(finished.code)]))
"""


def python(fleet: FleetBench, program: str) -> Any:
    """The JSON that a program prints at its end, in a new interpreter in another directory."""
    settings = prefect_settings(fleet.directory / "prefect-home") | {"PREFECT_API_URL": fleet.api or ""}
    elsewhere = fleet.directory / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", program, str(fleet.file)],
        env=clean_environ() | settings,
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_flows_run_from_a_fresh_process(make_fleet: Any) -> None:
    """Assess with a task of its run called alone, then migrate one tenant by name."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    run_id, verdict, again = python(fleet, ASSESS)
    assert (verdict, again) == ("complete", "eligible")
    assert fleet.writes() == []
    assessed = fleet.record(run_id)
    assert {str(t.assessment.verdict) for t in assessed.tenants if t.assessment} == {"eligible"}

    migrated, verdict, code = python(fleet, MIGRATE)
    assert (verdict, code) == ("stopped", 3) or (verdict, code) == ("complete", 0)
    record = fleet.record(migrated)
    outcomes = {t.domain[:2]: t.outcome for t in record.tenants}
    assert outcomes == {"a1": OutcomeKind.MIGRATED, "b1": OutcomeKind.HELD}
    assert {domain for domain, _ in fleet.writes()} == {"a1.eu.auth0.com"}
    with fleet.ledger() as ledger:
        options = ledger.runs.summary(migrated).options
        assert options["tenants"] == ["a1.eu.auth0.com"]
        assert ledger.leases.in_force() == []
