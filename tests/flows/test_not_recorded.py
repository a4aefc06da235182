"""What may not be kept of one tenant ends the work on that tenant alone, and the report says so."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench


def test_a_tenant_of_which_something_may_not_be_kept_does_not_end_the_run(make_fleet: Any) -> None:
    """A password in an Action's name is told by no mask; the ledger refuses it, and the others go on."""
    fleet: FleetBench = make_fleet(
        {"a1": "action_single", "a2": "passwordless_gateway", "b1": "twilio_sms"}, waves=[{"name": "all"}]
    )
    for action in fleet.tenant("a1").actions.values():
        action.name = "SMS by https://gate:hunter2secretpw@gw.example.com"
    for connection in fleet.tenant("a2").connections.values():
        if connection["strategy"] == "sms":
            connection["options"]["gateway_url"] = "https://:hunter2secretpw@gw.example.com/sms"
    done = fleet.run("migrate", "--yes", "--json")
    assert done.code == 3, done.err
    assert "hunter2secretpw" not in done.out + done.err
    found = {t.domain.partition(".")[0]: t for t in fleet.record().tenants}
    told = {name: (str(t.outcome), str(t.outcome_reason)) for name, t in found.items()}
    assert told == {
        "a1": ("skipped", "not_recorded"),
        "a2": ("skipped", "key_in_gateway_url"),
        "b1": ("migrated", "None"),
    }
    assert "holds a key" in found["a1"].outcome_message
