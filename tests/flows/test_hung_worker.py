"""A worker that hangs: the same command within its lease and after it writes nothing twice."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from typing import Any

from phonefleet.model.enums import ReasonCode, RunVerdict
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.flows.test_interrupted import stuck


def expire_leases(fleet: FleetBench) -> None:
    """Let the time of every lease pass."""
    with sqlite3.connect(fleet.ledger_file) as ledger:
        ledger.execute("UPDATE leases SET expires_at = '2026-01-01 00:00:00.000000'")
    ledger.close()


def times_written(fleet: FleetBench) -> Counter[tuple[str, ...]]:
    """How often each write was applied, by tenant, method, path and content, other than the switch.

    The request of the switch is on its way: it may be done before the next process writes the same, or after it.
    """
    return Counter(
        (domain, seen.method, seen.path, str(seen.body))
        for domain, seen in fleet.writes()
        if not seen.path.endswith("/tenants/settings")
    )


def test_a_hung_workers_run_is_continued(make_fleet: Any) -> None:
    """It hangs between the test messages and the switch."""
    slow = {"domain": "a1*", "method": "PATCH", "path": "*/tenants/settings", "effect": "delay", "times": 1}
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_both", "b1": "twilio_sms"},
        waves=[{"name": "all"}],
        rollout={"max_change": "100%", "concurrency": 2},
        faults={"rules": [slow | {"seconds": 20}]},
    )
    with stuck(fleet, "switch_tenant") as hung:
        hung.send_signal(signal.SIGSTOP)
        first = fleet.record().run_id
        for _ in range(2):
            within = fleet.run("migrate", "--yes").expect(2)
            assert f"run {first} is going on" in within.err
        fleet.faults()
        expire_leases(fleet)
        after = fleet.run("migrate", "--yes", "--json").expect(0)
        assert after.document["run"] == first
        assert tenant_field(after, "outcome") == {"a1": "migrated", "b1": "migrated"}
        written = times_written(fleet)
        assert [key for key in written if key[2].endswith("/try")]
        assert set(written.values()) == {1}, written
        hung.send_signal(signal.SIGCONT)
        hung.communicate(timeout=120)
    assert times_written(fleet) == written
    with fleet.ledger() as ledger:
        assert len(ledger.runs.of_fleet(fleet.record().fleet, "migrate")) == 1
        assert ledger.steps.open_intents() == []


def test_a_run_started_meanwhile_hides_no_other(make_fleet: Any) -> None:
    """A run of the same request that ended meanwhile has changed nothing of the half-changed tenant."""
    slow = {"domain": "a1*", "method": "PATCH", "path": "*/tenants/settings", "effect": "delay", "times": 1}
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_both"},
        waves=[{"name": "all"}],
        rollout={"max_change": "100%"},
        faults={"rules": [slow | {"seconds": 60}]},
    )
    with stuck(fleet, "switch_tenant") as process:
        first = fleet.record().run_id
        with fleet.ledger() as ledger:
            record, options = ledger.runs.record(first), ledger.runs.summary(first).options
            later = ledger.runs.start(
                "migrate",
                record.fleet,
                record.tenants,
                options=options,
                started_by="kim",
                version="0",
            )
            ledger.tenants.hold(
                later, ["a1.eu.auth0.com"], ReasonCode.LEASED_ELSEWHERE, "held by another process"
            )
            ledger.runs.end(later, RunVerdict.STOPPED, 3)
        process.kill()
        process.communicate()
    fleet.faults()
    after = fleet.run("migrate", "--yes", "--json").expect(0)
    assert after.document["run"] == first
    assert set(times_written(fleet).values()) == {1}, times_written(fleet)
