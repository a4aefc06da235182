"""`migrate --prepare-only` and, later, `--switch`: the cut-over alone, of what is still as it was prepared."""

from __future__ import annotations

from typing import Any

from phonefleet.model.enums import SWITCHES, StepKind
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench, tenant_field

KINDS = {"a1": "twilio_sms", "b1": "twilio_both", "c1": "not_configured"}


def writes_of(record: RunRecord) -> set[StepKind]:
    return {step.kind for step in record.steps if step.attempts}


def test_prepared_tenants_are_switched_later(make_fleet: Any) -> None:
    """The first run switches none, the second writes nothing but switches and sends no message again."""
    fleet: FleetBench = make_fleet(
        KINDS, waves=[{"name": "first", "match": {"domain": ["a*"]}}, {"name": "rest"}]
    )
    early = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert early.outcomes() == {"a1": "held", "b1": "held", "c1": "skipped"}
    assert tenant_field(early, "outcome_reason")["a1"] == "not_prepared"
    assert fleet.writes() == []
    both = fleet.run("migrate", "--switch", "--prepare-only", "--yes").expect(2)
    assert "give one of --prepare-only and --switch" in both.err

    prepared = fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    assert prepared.outcomes() == {"a1": "prepared", "b1": "prepared", "c1": "skipped"}
    assert not writes_of(fleet.record()) & SWITCHES
    assert not any(tenant.flag for tenant in fleet.tenants())
    plans = {t.domain: t.plan_checksum for t in fleet.record().tenants}

    switched = fleet.run("migrate", "--switch", "--yes", "--json").expect(0)
    assert switched.outcomes() == {"a1": "migrated", "b1": "migrated", "c1": "skipped"}
    assert writes_of(fleet.record()) <= SWITCHES
    assert {t.domain: t.plan_checksum for t in fleet.record().tenants} == plans
    assert fleet.tenant("a1").flag
    assert fleet.tenant("b1").flag
    again = fleet.run("migrate", "--switch", "--yes", "--json").expect(0)
    assert set(again.outcomes().values()) == {"unchanged", "skipped"}
    back = fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert back.outcomes()["a1"] == "rolled_back"
    assert not fleet.tenant("a1").flag


def test_a_tenant_changed_meanwhile_is_held(make_fleet: Any) -> None:
    """Whether a read shows the change (a disabled provider) or only its mark (another token)."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms", "d1": "twilio_sms"}, waves=[{"name": "all"}]
    )
    fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    fleet.change_tenant("a1", {"provider": {"disabled": True}})
    fleet.change_tenant("b1", {"provider": {"credentials": {"auth_token": "##TWILIO_AUTH_TOKEN##"}}})
    done = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "held", "b1": "held", "d1": "migrated"}
    assert tenant_field(done, "outcome_reason") == {"a1": "plan_changed", "b1": "plan_changed", "d1": None}
    assert not fleet.tenant("a1").flag
    assert not fleet.tenant("b1").flag
    assert "changed since" in tenant_field(done, "outcome_message")["b1"]
