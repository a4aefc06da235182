"""`phonefleet unlock`: the holder is named, a person confirms, and only that lease ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from phonefleet.errors import LeaseHeld
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.lease_reader import run_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import TenantRecord
from tests.flows.fleet_bench import FleetBench

DOMAIN = "a1.eu.auth0.com"
HOLDER = Holder("ann@otherhost pid 4711")


@pytest.fixture
def fleet(make_fleet: Any) -> FleetBench:
    made: FleetBench = make_fleet({"a1": "twilio_sms"}, local_server=True)
    made.ledger_file.parent.mkdir()
    with Ledger.open(made.ledger_file) as ledger:
        run = ledger.runs.start(
            "migrate", "simulated", [TenantRecord(domain=DOMAIN)], options={}, started_by="ann", version="0"
        )
        ledger.leases.acquire(DOMAIN, HOLDER, run, timedelta(minutes=5))
    return made


def unlock(fleet: FleetBench, *args: str, **more: Any) -> Any:
    return CliRunner().invoke(app, ["unlock", *args, "--fleet", str(fleet.file)], **more)


def test_unlock_names_the_holder_and_asks(fleet: FleetBench) -> None:
    """Without a terminal nothing ends; with --yes the lease does, and another run may acquire it."""
    asked = unlock(fleet, DOMAIN)
    assert asked.exit_code == 2
    for named in (DOMAIN, str(HOLDER), "for run ", "since ", "until ", "repeat with --yes"):
        assert named in asked.stderr
    with fleet.ledger() as ledger:
        (held,) = ledger.leases.in_force()
    done = unlock(fleet, DOMAIN.upper(), "--yes")
    assert done.exit_code == 0
    assert f"the lease of run {held.run_id} has ended" in done.stderr
    with fleet.ledger() as ledger:
        assert ledger.leases.in_force() == []
        (entry,) = [entry for entry in ledger.history.of_tenant(DOMAIN) if entry.what == "unlock"]
        assert (entry.run_id, str(HOLDER) in entry.text) == (held.run_id, True)
        assert (
            ledger.leases.acquire(DOMAIN, Holder("bob"), held.run_id, timedelta(minutes=5)).fence
            == held.fence + 1
        )


def test_unlock_refuses_a_tenant_without_a_lease(fleet: FleetBench) -> None:
    """The message says that no run holds one."""
    refused = unlock(fleet, "z.eu.auth0.com", "--yes")
    assert isinstance(refused.exception, LeaseHeld)
    assert "z.eu.auth0.com: no process holds a lease of it" in str(refused.exception)
    with fleet.ledger() as ledger:
        assert [lease.domain for lease in ledger.leases.in_force()] == [DOMAIN]


def test_a_runs_own_lease_can_be_unlocked(fleet: FleetBench) -> None:
    """A run on another machine that died would otherwise be refused for minutes: "is going on"."""
    with fleet.ledger() as ledger:
        (run,) = ledger.runs.recent()
        ledger.leases.acquire(run_lease(run.run_id), HOLDER, run.run_id, timedelta(minutes=5))
        assert ledger.runs.summary(run.run_id).holder == str(HOLDER)
    asked = unlock(fleet, run.run_id)
    assert asked.exit_code == 2
    assert str(HOLDER) in asked.stderr
    assert unlock(fleet, run.run_id, "--yes").exit_code == 0
    with fleet.ledger() as ledger:
        assert ledger.runs.summary(run.run_id).holder == ""
        assert [lease.domain for lease in ledger.leases.in_force()] == [DOMAIN]
