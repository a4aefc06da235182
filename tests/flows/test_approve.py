"""Approvals through the command line: by tenant, shown first, bound to the plan, lapsing when it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import Done, FleetBench, tenant_field

KINDS = {"a1": "action_single", "l1": "legacy_auth0", "n1": "not_configured"}
VACUOUS = (
    "exports.onExecuteSendPhoneMessage = async (event) => { console.log(event.message_options.action); };"
)
"""Sends nothing, so that its translation cannot be verified to send the same."""
A1 = "a1.eu.auth0.com"


def codes(done: Done) -> list[str]:
    return [reason["code"] for reason in tenant_field(done, "reasons")["a1"]]


@pytest.fixture
def fleet(make_fleet: Any) -> FleetBench:
    made: FleetBench = make_fleet(KINDS, waves=[{"name": "all"}])
    (action,) = made.tenant("a1").actions.values()
    action.code = VACUOUS
    for version in action.versions:
        version.code = VACUOUS
    return made


def approve(fleet: FleetBench, *args: str) -> Done:
    return fleet.ask("approve", "plan.json", *args)


def test_an_approval_lapses_when_its_plan_changes(fleet: FleetBench) -> None:
    """Unknown tenants and unconfirmed approvals are refused; the history has who approved, why and when."""
    planned = fleet.run("plan", "--out", "plan.json", "--json").expect(0)
    assert tenant_field(planned, "verdict") == {"a1": "blocked", "l1": "blocked", "n1": "not_applicable"}
    assert f"--tenant {A1}" in planned.err
    unknown = ("--tenant", "z.eu.auth0.com", "--tenant", "l1.eu.auth0.com", "--tenant", "n1.eu.auth0.com")
    refused = approve(fleet, "--tenant", A1, *unknown, "--reason", "all", "--yes").expect(2)
    for name in unknown[1::2]:
        assert f"{name}: " in refused.err
    unasked = approve(fleet, "--tenant", A1, "--reason", "read both").expect(2)
    assert "accepts action_not_verified: the translation of Action" in unasked.err
    assert "create Action phonefleet-phone-provider" in unasked.err
    assert "There is no terminal to ask" in unasked.err
    done = approve(fleet, "--tenant", A1, "--by", "Ann", "--reason", "read both", "--yes", "--json").expect(0)
    (approved,) = done.document["approved"]
    assert (approved["domain"], approved["accepts"], approved["by"]) == (A1, ["action_not_verified"], "Ann")
    (entry,) = (e for e in fleet.ask("history", A1, "--json").expect(0).document if e["what"] == "approval")
    assert entry["text"] == f"plan {approved['plan']} approved by Ann for action_not_verified"
    assert entry["detail"] == "read both"
    assert fleet.writes() == []

    apply_overrides(fleet.tenant("a1"), {"settings": {"friendly_name": "Renamed"}})
    drifted = fleet.run("migrate", "--yes", "--json").expect(3)
    assert tenant_field(drifted, "outcome")["a1"] == "skipped"
    assert codes(drifted)[0] == "action_not_verified"
    assert codes(drifted)[-1] == "plan_changed"
    assert "approval by Ann" in tenant_field(drifted, "reasons")["a1"][-1]["message"]
    assert fleet.writes() == []


@pytest.mark.slow
def test_an_approved_plan_is_applied(fleet: FleetBench) -> None:
    """Without the approval the tenant is skipped; with it exactly the plan of the file is applied."""
    fleet.run("plan", "--out", "plan.json").expect(0)
    alone = fleet.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(3)
    assert tenant_field(alone, "outcome")["a1"] == "skipped"
    path = fleet.directory / "plan.json"
    whole = path.read_text()
    document = json.loads(whole)
    (tenant,) = (t for t in document["tenants"] if t["domain"] == A1)
    tenant["proposal"]["steps"] = tenant["proposal"]["steps"][:1]
    path.write_text(json.dumps(document))
    assert "changed by hand" in approve(fleet, "--tenant", A1, "--reason", "r", "--yes").expect(2).err
    path.write_text(whole)
    approve(fleet, "--tenant", A1, "--reason", "read both", "--yes").expect(0)
    moved = fleet.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(3)
    assert tenant_field(moved, "outcome") == {"a1": "migrated", "l1": "skipped", "n1": "skipped"}
    assert fleet.tenant("a1").flag
    back = fleet.run("rollback", "--tenant", A1, "--yes", "--json").expect(0)
    assert tenant_field(back, "outcome")["a1"] == "rolled_back"


def test_texts_that_change_are_shown(make_fleet: Any) -> None:
    """`plan` prints both renderings, `approve` repeats them, and the plan file and the report have them as data."""
    fleet: FleetBench = make_fleet({"t1": "two_connections"}, waves=[{"name": "all"}])
    planned = fleet.run("plan", "--out", "plan.json", "--json").expect(0)
    old, new = 'old: "Partners: your code is 123456"', "new: "
    assert "1 message(s) of 1 tenant(s) will be worded differently" in planned.err
    assert "Passwordless connection sms-partners, otp_verify by text" in planned.err
    assert old in planned.err
    assert new in planned.err
    (tenant,) = json.loads((fleet.directory / "plan.json").read_text(encoding="utf-8"))["tenants"]
    (change,) = tenant["proposal"]["texts"]
    assert (change["connection"], change["type"], change["method"]) == ("sms-partners", "otp_verify", "text")
    assert set(tenant["awaiting"]) == {"sender_given_up", "text_given_up"}
    unasked = approve(fleet, "--tenant", "t1.eu.auth0.com", "--reason", "read both").expect(2)
    assert old in unasked.err
    assert "accepts text_given_up: " in unasked.err
    (page,) = fleet.directory.rglob("report.html")
    assert "Partners: your code is 123456" in page.read_text(encoding="utf-8")


def test_plans_are_approved_by_likeness_route_and_wave(make_fleet: Any) -> None:
    """What is common and what deviates is shown first; options of different kinds narrow the choice."""
    waves = [{"name": "first", "match": {"domain": ["t*"]}}, {"name": "rest"}]
    fleet: FleetBench = make_fleet(
        {"a1": "action_single", "t1": "twilio_sms", "t2": "twilio_sms"}, waves=waves
    )
    (action,) = fleet.tenant("a1").actions.values()
    action.code = VACUOUS
    for version in action.versions:
        version.code = VACUOUS
    twins = ["t1.eu.auth0.com", "t2.eu.auth0.com"]
    fleet.run("plan", "--out", "plan.json").expect(0)
    alike = approve(fleet, "--like", twins[0], "--reason", "usual", "--yes", "--json").expect(0)
    assert [one["domain"] for one in alike.document["approved"]] == twins
    assert "2 tenants (t1.eu.auth0.com, t2.eu.auth0.com): the same" in alike.err
    assert "what differs:" in alike.err
    assert "t2.eu.auth0.com: create_provider: " in alike.err
    routed = approve(fleet, "--route", "custom_action", "--reason", "read both", "--yes", "--json").expect(0)
    assert [one["domain"] for one in routed.document["approved"]] == [A1]
    nothing = approve(fleet, "--route", "custom_action", "--wave", "first", "--reason", "no", "--yes").expect(
        2
    )
    assert "no tenant with a plan fits all options" in nothing.err
    waved = approve(fleet, "--wave", "first", "--reason", "all", "--yes", "--json").expect(0)
    assert [one["domain"] for one in waved.document["approved"]] == twins

    fleet.run("plan", "--out", "later.json").expect(0)
    differing = fleet.ask("diff", "plan.json", "later.json", "--json").expect(0).document["differences"]
    assert [(one["change"], one["domains"]) for one in differing] == [("verdict", [A1])]
    same = fleet.ask("diff", "later.json", "later.json").expect(0)
    assert "0 of 3 tenants differ" in same.out
