"""A tenant whose users stopped getting messages is an outage for every verb, not only for `compliance`."""

from __future__ import annotations

from typing import Any

from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.flows.test_finalize import ACCEPT_ALL

A1 = "a1.eu.auth0.com"


def finalized(make_fleet: Any, kind: str) -> FleetBench:
    """A tenant that was migrated and whose legacy configuration is removed."""
    fleet: FleetBench = make_fleet({"a1": kind}, waves=[{"name": "all"}], rollout={"finalize_after": "0s"})
    fleet.run("migrate", "--yes").expect(0)
    fleet.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes").expect(0)
    return fleet


def is_failing(fleet: FleetBench) -> bool:
    """Whether the board says that users of the tenant get no messages now."""
    totals = fleet.run("board", "--json").document["totals"]
    return bool(totals["failing"] == 1)


def test_a_finalized_tenant_that_is_switched_back(make_fleet: Any) -> None:
    """By itself it has nothing to migrate; what worked before says that its users are cut off."""
    fleet = finalized(make_fleet, "action_single")
    apply_overrides(fleet.tenant("a1"), {"settings": {"phone_consolidated_experience": False}})
    found = fleet.run("assess", "--json").expect(6)
    assert tenant_field(found, "verdict") == {"a1": "broken"}
    assert is_failing(fleet)
    migrated = fleet.run("migrate", "--yes", "--json").expect(6)
    assert migrated.outcomes() == {"a1": "skipped"}
    assert "nothing sends for mfa_factor:sms" in tenant_field(migrated, "outcome_message")["a1"]
    fleet.run("compliance").expect(6)
    back = fleet.run("rollback", "--tenant", A1, "--yes", "--json").expect(6)
    assert tenant_field(back, "outcome_reason") == {"a1": "finalized_before"}
    assert is_failing(fleet)


def test_a_migration_repairs_what_it_can(make_fleet: Any) -> None:
    """A connection that lost its switch is an outage, and has a plan until a migration has carried it out."""
    fleet = finalized(make_fleet, "passwordless_twilio")
    (connection,) = [c for c in fleet.tenant("a1").connections.values() if c["strategy"] == "sms"]
    off = {"connections": {connection["name"]: {"options": {"use_phone_provider": False}}}}
    apply_overrides(fleet.tenant("a1"), off)
    assert tenant_field(fleet.run("assess", "--json").expect(6), "verdict") == {"a1": "broken"}
    assert is_failing(fleet)
    planned = fleet.run("plan", "--json").expect(6)
    assert tenant_field(planned, "verdict") == {"a1": "eligible"}
    assert tenant_field(planned, "reasons")["a1"][0]["code"] == "nothing_sends"
    assert is_failing(fleet)
    done = fleet.run("migrate", "--yes", "--json", "--plan", "plan.json").expect(0)
    assert done.outcomes() == {"a1": "migrated"}
    assert not is_failing(fleet)
