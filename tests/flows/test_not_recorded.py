"""What may not be recorded of one tenant ends the work on that tenant alone, and the report says so."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench


def test_an_unrecordable_tenant_does_not_end_the_run(make_fleet: Any) -> None:
    """No mask finds a password in an Action's name; the ledger refuses it, and the other tenants go on."""
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
    outcomes = {name: (str(t.outcome), str(t.outcome_reason)) for name, t in found.items()}
    assert outcomes == {
        "a1": ("skipped", "not_recorded"),
        "a2": ("skipped", "key_in_gateway_url"),
        "b1": ("migrated", "None"),
    }
    assert "holds a key; mask it before it is recorded" in found["a1"].outcome_message
