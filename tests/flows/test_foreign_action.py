"""Somebody else's custom-phone-provider Action through the command line: judged, kept by approval, watched."""

from __future__ import annotations

from typing import Any

import yaml

from tests.flows.fleet_bench import FleetBench, tenant_field

POST = "await fetch('https://x.example/s', {method: 'POST', body: JSON.stringify(event.notification)});"
UNCLEAR = (
    f"exports.onExecuteCustomPhoneProvider = async (event) => {{ if (event.user.nickname) {{ {POST} }} }};"
)
"""Sends on some of the events."""
DOMAIN = "k1.eu.auth0.com"


def _set_target(fleet: FleetBench, name: str, **target: Any) -> None:
    document = yaml.safe_load(fleet.file.read_text())
    for tenant in document["tenants"]:
        if tenant["domain"].startswith(f"{name}."):
            tenant["target"] = tenant.get("target", {}) | target
    fleet.file.write_text(yaml.safe_dump(document, sort_keys=False))


def _set_code(fleet: FleetBench, name: str, code: str) -> None:
    action = fleet.tenant(name).custom_phone_action()
    assert action is not None
    action.code = code
    for version in action.versions:
        version.code = code


def test_no_tenant_is_in_sync_by_an_unknown_action(make_fleet: Any) -> None:
    kinds = {"s1": "foreign_action_live", "d1": "foreign_action_drops", "u1": "foreign_action_unclear"}
    fleet: FleetBench = make_fleet(kinds, waves=[{"name": "all"}])
    found = fleet.run("assess", "--json").expect(6)
    assert tenant_field(found, "verdict") == {"s1": "already_migrated", "d1": "broken", "u1": "blocked"}
    again = fleet.run("compliance", "--json").expect(6)
    assert tenant_field(again, "outcome") == {"s1": "unchanged", "d1": "unchanged", "u1": "inconclusive"}
    assert tenant_field(again, "outcome_reason")["u1"] == "custom_action_not_verified"
    assert tenant_field(again, "verdict")["d1"] == "broken"


def test_a_kept_action_goes_its_whole_way(make_fleet: Any) -> None:
    """Plan, approval, migration, compliance, an edit, rollback."""
    fleet: FleetBench = make_fleet({"k1": "foreign_action_deployed"}, waves=[{"name": "all"}])
    _set_code(fleet, "k1", UNCLEAR)
    refused = fleet.run("plan", "--out", "refused.json", "--json").expect(0)
    assert tenant_field(refused, "reasons")["k1"][0]["code"] == "custom_action_taken"
    assert UNCLEAR.split("{", maxsplit=1)[0] in (fleet.directory / "refused.json").read_text()
    _set_target(fleet, "k1", action="keep")
    planned = fleet.run("plan", "--out", "plan.json", "--json").expect(0)
    assert tenant_field(planned, "reasons")["k1"][0]["code"] == "custom_action_not_verified"
    shown = fleet.ask("approve", "plan.json", "--tenant", DOMAIN, "--reason", "read it").expect(2)
    assert "its own Action Phone messages (deployed)" in shown.err
    fleet.ask(
        "approve", "plan.json", "--tenant", DOMAIN, "--by", "Ann", "--reason", "read it", "--yes"
    ).expect(0)
    migrated = fleet.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(0)
    assert tenant_field(migrated, "outcome") == {"k1": "migrated"}
    assert not [seen for _, seen in fleet.writes() if "/actions/" in seen.path]
    assert tenant_field(fleet.run("compliance", "--json").expect(0), "outcome") == {"k1": "unchanged"}

    _set_code(fleet, "k1", "exports.onExecuteCustomPhoneProvider = async () => {};")
    drifted = fleet.run("compliance", "--json")
    assert drifted.code != 0
    assert tenant_field(drifted, "outcome") == {"k1": "drifted"}
    assert tenant_field(drifted, "verdict") == {"k1": "broken"}
    assert "does not send" in tenant_field(drifted, "outcome_message")["k1"]
    _set_code(fleet, "k1", UNCLEAR)
    back = fleet.run("rollback", "--tenant", DOMAIN, "--yes", "--json").expect(0)
    assert tenant_field(back, "outcome") == {"k1": "rolled_back"}
    assert fleet.tenant("k1").settings["phone_consolidated_experience"] is False


def test_an_adopted_action_is_restored(make_fleet: Any) -> None:
    """The report of the rollback names the secrets whose values no read shows."""
    fleet: FleetBench = make_fleet(
        {"k1": "action_single", "f1": "foreign_action_deployed"}, waves=[{"name": "all"}]
    )
    foreign = fleet.tenant("f1").custom_phone_action()
    assert foreign is not None
    fleet.tenant("k1").actions[foreign.id] = foreign
    _set_target(fleet, "k1", action="adopt")
    migrated = fleet.run("migrate", "--tenant", DOMAIN, "--yes", "--json")
    assert tenant_field(migrated, "outcome")["k1"] == "migrated", migrated.err
    back = fleet.run("rollback", "--tenant", DOMAIN, "--yes", "--json").expect(0)
    message = tenant_field(back, "outcome_message")["k1"]
    assert "SMS_ENDPOINT, SMS_PASSWORD of Action Phone messages" in message
    assert foreign.code.startswith("/**\n * Company-wide")
