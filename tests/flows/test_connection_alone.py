"""Exit codes for tenants whose connection alone is switched, and for one whose options are not shown."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench, tenant_field


def test_a_connection_alone_is_rolled_back(make_fleet: Any) -> None:
    """Every report of it is in order: its reversibility is judged before, after, and after the rollback."""
    fleet: FleetBench = make_fleet({"a1": "connection_off"})
    assessed = fleet.run("assess", "--json").expect(0)
    assert tenant_field(assessed, "reversibility") == {"a1": "reversible"}
    assert fleet.run("migrate", "--yes", "--json").expect(0).outcomes() == {"a1": "migrated"}
    back = fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert back.outcomes() == {"a1": "rolled_back"}
    assert tenant_field(back, "reversibility") == {"a1": "reversible"}
    (connection,) = [c for c in fleet.tenant("a1").connections.values() if c["strategy"] == "sms"]
    assert connection["options"]["use_phone_provider"] is False


def test_hidden_options_wait_for_the_scope(make_fleet: Any) -> None:
    """`doctor` names both scopes, and a migration writes nothing and exits with 3."""
    fleet: FleetBench = make_fleet({"a1": "options_hidden"})
    (found,) = fleet.run("doctor", "--json").expect(3).document["tenants"]
    scopes = {"read:connections_options", "update:connections_options"}
    assert {verb: scopes & set(names) for verb, names in found["missing"].items()} == {
        "assess": {"read:connections_options"},
        **dict.fromkeys(("migrate", "rollback", "finalize"), scopes),
    }
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert tenant_field(done, "verdict") == {"a1": "blocked"}
    assert tenant_field(done, "outcome_reason") == {"a1": "missing_scope"}
    assert fleet.writes() == []
