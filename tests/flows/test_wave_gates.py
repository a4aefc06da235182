"""Gates before and after a wave: what they find is recorded, and a failed one does what `on_gate` says."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from phonefleet.ledger.holders import this_holder
from phonefleet.model.enums import DecisionKind
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench, started, tenant_field
from tests.flows.test_pausing import lines_until
from tests.flows.virtual_time import daily_window

KINDS = {"a1": "twilio_sms", "a2": "twilio_sms", "b1": "twilio_sms"}
FAILS_AFTER = {
    "name": "error rate",
    "command": [sys.executable, "-c", "print('4 %'); raise SystemExit(1)"],
    "at": "after",
}


def waves(**first: Any) -> list[dict[str, Any]]:
    return [{"name": "first", "match": {"domain": ["a*"]}, **first}, {"name": "second"}]


def gates(record: RunRecord, wave: str) -> list[tuple[DecisionKind, str]]:
    """The decisions of the gates before and after a wave."""
    kinds = (DecisionKind.GATE_PASSED, DecisionKind.GATE_FAILED)
    return [
        (d.kind, d.message)
        for d in record.decisions
        if d.kind in kinds and d.message.startswith(f"wave {wave}, gate")
    ]


def test_both_gates_say_their_numbers(make_fleet: Any) -> None:
    """In the ledger, on the terminal, in `status` and in the report."""
    check = {"name": "release", "command": [sys.executable, "-c", "pass"]}
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[check], failure_limit="50%"))
    done = fleet.run("migrate", "--yes", "--json").expect(0)
    record = fleet.record()
    (before, opened), (after, closed) = gates(record, "first")
    assert (before, after) == (DecisionKind.GATE_PASSED, DecisionKind.GATE_PASSED)
    for number in (
        "2 of 2 plans",
        "2 of 2 tenants are not worked on",
        "2 of 2 tenants may start now",
        "1 of 1 checks of the wave passed (release: passed, exit code 0",
    ):
        assert number in opened
    for number in (
        "0 of 2 tenants failed, 0 tolerated (failure_tolerance 0)",
        "0 of 2 tenants are inconclusive",
        "2 of 2 switched tenants are healthy, 2 needed (min_healthy 100%)",
        "0 of 2 switched tenants are not healthy, 1 allowed (failure_limit 50%)",
        "2 of 2 switched tenants were read back",
        "checks of the run's data hold",
    ):
        assert number in closed
    (_, second), _ = gates(record, "second")
    assert "2 of 2 switched tenants of the wave before are healthy" in second
    assert opened in done.err
    assert closed in done.err
    assert "gate_passed" in fleet.ask("status").expect(0).out
    report = (fleet.directory / "phonefleet-reports" / record.run_id / "data" / "decisions.csv").read_text()
    assert "gate_passed" in report
    assert "failure_limit 50%" in report


def test_a_failed_gate_stops_by_default(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[FAILS_AFTER]))
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "migrated", "a2": "migrated", "b1": "held"}
    assert "error rate: failed, exit code 1" in tenant_field(done, "outcome_message")["b1"]
    record = fleet.record()
    assert gates(record, "first")[-1][0] is DecisionKind.GATE_FAILED
    assert next((w.wave, w.verdict) for w in record.waves) == ("first", "stopped")
    assert gates(record, "second") == []


def test_a_failed_gate_rolls_its_wave_back(make_fleet: Any) -> None:
    """Each tenant has one outcome, which says what it is now; a later wave is not begun."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[FAILS_AFTER], on_gate="rollback_wave"))
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    record = fleet.record()
    reversible = {
        t.domain[:2]: t.plan is not None and t.plan.reversibility == "reversible" for t in record.tenants
    }
    assert reversible["a1"]
    assert done.outcomes() == {"a1": "rolled_back", "a2": "rolled_back", "b1": "held"}
    assert tenant_field(done, "outcome_reason")["a1"] == "wave_rolled_back"
    assert not any(tenant.flag for tenant in fleet.tenants())
    (undone,) = [d for d in record.decisions if d.kind is DecisionKind.ROLLED_BACK]
    assert "2 of 2 switched tenants are rolled back" in undone.message
    fleet.change(waves=waves(on_gate="rollback_wave"))
    again = fleet.run("migrate", "--yes", "--json").expect(0)
    assert set(again.outcomes().values()) == {"migrated"}


def test_a_failed_rollback_of_a_wave_is_shown(make_fleet: Any) -> None:
    """Another process has the tenant when its wave is rolled back: it stays switched, and is no success."""

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with fleet.ledger() as ledger:
                run = ledger.runs.start("compliance", "f", [], options={}, started_by="ann", version="0")
                ledger.leases.acquire("a1.eu.auth0.com", this_holder(), run, timedelta(minutes=5))
            self.send_response(503)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    fleet: FleetBench = make_fleet(KINDS)
    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        check = {"name": "release", "url": f"http://127.0.0.1:{server.server_port}/", "at": "after"}
        fleet.change(waves=waves(checks=[check], on_gate="rollback_wave"))
        done = fleet.run("migrate", "--yes", "--json").expect(2)
        server.shutdown()
    assert done.outcomes() == {"a1": "failed", "a2": "rolled_back", "b1": "held"}
    assert tenant_field(done, "outcome_reason")["a1"] == "leased_elsewhere"
    assert (
        "the gate of its wave failed, and then its rollback: " in tenant_field(done, "outcome_message")["a1"]
    )
    assert fleet.tenant("a1").flag


def test_a_run_goes_on_past_a_gate_that_says_so(make_fleet: Any) -> None:
    """Later waves start; the run is not green all the same."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[FAILS_AFTER], on_gate="continue"))
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert set(done.outcomes().values()) == {"migrated"}
    assert fleet.record().verdict == "stopped"


def test_continue_never_exceeds_a_tolerance(make_fleet: Any) -> None:
    """The rest of a wave beyond its tolerance is held, and the next wave starts."""
    lie = {"domain": "a1*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    fleet: FleetBench = make_fleet(KINDS, waves=waves(size=[1], on_gate="continue"), faults={"rules": [lie]})
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    assert done.outcomes() == {"a1": "rolled_back", "a2": "held", "b1": "migrated"}
    assert tenant_field(done, "outcome_reason")["a2"] == "wave_stopped"


def test_a_failed_gate_counts_in_a_continued_run(make_fleet: Any) -> None:
    """The run waited for an approval after the gate that stopped nothing: it is not green either."""
    first, second = waves(checks=[FAILS_AFTER], on_gate="continue")
    fleet: FleetBench = make_fleet(KINDS, waves=[first, second | {"approval": "manual"}])
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    fleet.ask("approve-wave", run, "second", "--yes").expect(0)
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.document["run"] == run
    assert set(done.outcomes().values()) == {"migrated"}
    assert fleet.record(run).verdict == "stopped"


def test_continue_goes_past_no_missed_window(make_fleet: Any) -> None:
    """A gate failed, which stops nothing, and a tenant has no window: no later wave starts."""
    fails = FAILS_AFTER | {"at": "before"}
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[fails], on_gate="continue"))
    short = {"match": {"domain": "a2*"}, "from": "02:00", "to": "02:01", "timezone": "UTC"}
    fleet.change(rollout={"windows": [short]})
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "migrated", "a2": "held", "b1": "held"}
    assert tenant_field(done, "outcome_reason") == {"a1": None, "a2": "outside_window", "b1": "wave_stopped"}


def test_a_gate_before_lets_nothing_be_written(make_fleet: Any) -> None:
    """A secret that cannot be resolved any more and a check that fails are found before the first write."""
    gone = {"name": "change board", "url": "http://127.0.0.1:9/", "at": ["before"]}
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[gone]))
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert set(done.outcomes().values()) == {"held"}
    assert set(tenant_field(done, "outcome_reason").values()) == {"wave_stopped"}
    assert fleet.writes() == []
    ((kind, message),) = gates(fleet.record(), "first")
    assert kind is DecisionKind.GATE_FAILED
    assert "change board: failed, no answer (ConnectError)" in message


def test_a_wave_of_an_earlier_run_must_be_healthy(make_fleet: Any) -> None:
    """The waves are migrated by a run each; a tenant of the first fell ill between them."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves(), rollout={"healthy_deadline": "1s"})
    fleet.run("migrate", "--wave", "first", "--yes", "--json").expect(0)
    fleet.change_tenant("a1", {"provider": {"disabled": True}})
    done = fleet.run("migrate", "--wave", "second", "--yes", "--json").expect(3)
    assert done.outcomes()["b1"] == "held"
    assert "1 of 2 switched tenants of the wave before are healthy" in done.err
    fleet.change_tenant("a1", {"provider": {"disabled": False}})
    again = fleet.run("migrate", "--wave", "second", "--yes", "--json").expect(0)
    assert again.outcomes()["b1"] == "migrated"
    assert "2 of 2 switched tenants of the wave before are healthy" in again.err


def messages_sent(fleet: FleetBench) -> int:
    """How many test messages were sent."""
    return sum(seen.path.endswith("/try") for _, seen in fleet.writes())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_that_died_before_its_gate_asks_it(make_fleet: Any) -> None:
    """Its switched tenants have no outcome yet: the continued run writes nothing to them, and rolls them back."""
    slow = {"name": "slow", "command": [sys.executable, "-c", "import time; time.sleep(90)"], "at": "after"}
    fleet: FleetBench = make_fleet(
        KINDS, waves=waves(checks=[slow | {"timeout": "2m"}], on_gate="rollback_wave")
    )
    arguments = ("migrate", str(fleet.file), "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        lines_until(process, "wave first, batch 1, gate after it: passed")
        process.kill()
    run = fleet.record()
    assert {t.domain[:2]: t.outcome for t in run.tenants} == {"a1": None, "a2": None, "b1": None}
    assert [fleet.tenant(name).flag for name in ("a1", "a2", "b1")] == [True, True, False]
    before = messages_sent(fleet)
    fleet.change(waves=waves(checks=[FAILS_AFTER], on_gate="rollback_wave"))
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    assert done.document["run"] == run.run_id
    assert done.outcomes() == {"a1": "rolled_back", "a2": "rolled_back", "b1": "held"}
    assert not any(tenant.flag for tenant in fleet.tenants())
    assert messages_sent(fleet) == before, "a test message was sent again"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_wave_before_that_fell_ill_stops_the_next(make_fleet: Any) -> None:
    """While the second wave waited for its window, a tenant of the first was switched back."""
    fleet: FleetBench = make_fleet(KINDS)
    opens = (datetime.now(UTC) + timedelta(seconds=100)).replace(second=0, microsecond=0)
    late = {"name": "second", "windows": [daily_window(opens, timedelta(hours=1))]}
    fleet.change(waves=[waves()[0], late], rollout={"healthy_deadline": "1s"})
    arguments = ("migrate", str(fleet.file), "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        lines_until(process, "wave first, batch 1: passed")
        process.kill()
    fleet.change_tenant("a1", {"provider": {"disabled": True}})
    fleet.change(waves=waves())
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes()["b1"] == "held"
    assert "1 of 2 switched tenants of the wave before are healthy" in done.err
