"""What people see before they decide: the plan in groups, and what this migration will do."""

from __future__ import annotations

from typing import Any

import yaml

from phonefleet.model.wave_forecast import PaceQuantity, PaceSource
from tests.flows.fleet_bench import FleetBench

KINDS = {
    "a1": "twilio_sms",
    "a2": "twilio_sms",
    "a3": "twilio_sms",
    "b1": "action_single",
    "n1": "not_configured",
}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def test_equal_changes_are_one_group(make_fleet: Any) -> None:
    """Tenants with the same steps are shown once, with the fields in which they differ; options select."""
    fleet: FleetBench = make_fleet(KINDS, waves=WAVES, rollout={"max_change": "100%"})
    tenants = yaml.safe_load(fleet.file.read_text())["tenants"]
    fleet.change(tenants=[t | {"owner": "Ann" if t["domain"] < "a3" else "Bob"} for t in tenants])
    fleet.run("plan", "--out", "plan.json").expect(0)
    shown = fleet.ask("show", "plan.json").expect(0)
    assert "4 of 5 tenants would be changed" in shown.out
    assert "3 tenants (a1.eu.auth0.com, a2.eu.auth0.com, a3.eu.auth0.com): the same" in shown.out
    assert "differing in sid" in shown.out
    assert "1 tenant (n1.eu.auth0.com): not_applicable, no_phone_messaging" in shown.out
    document = fleet.ask("show", "plan.json", "--json").expect(0).document
    (same, alone), (other,) = document["groups"], document["others"]
    assert (len(same["tenants"]), alone["tenants"]) == (3, ["b1.eu.auth0.com"])
    assert same["steps"][-1] == {
        "step": "switch_tenant",
        "fields": {"phone_consolidated_experience": {"before": "false", "after": "true"}},
    }
    assert other["verdict"] == "not_applicable"
    only = fleet.ask("show", "plan.json", "--json", "--changes-only", "--route", "custom_action").document
    assert ([g["tenants"] for g in only["groups"]], only["others"]) == ([["b1.eu.auth0.com"]], [])
    waved = fleet.ask("show", "plan.json", "--json", "--wave", "second").document
    assert [g["tenants"] for g in waved["groups"]] == [["b1.eu.auth0.com"]]
    owned = fleet.ask("show", "plan.json", "--json", "--owner", "Ann").document
    assert [g["tenants"] for g in owned["groups"]] == [["a1.eu.auth0.com", "a2.eu.auth0.com"]]
    assert "its owners are Ann, Bob" in fleet.ask("show", "plan.json", "--owner", "Cid").expect(2).err

    # The question before a migration counts what is planned of what is selected.
    asked = fleet.run("migrate", "--plan", "plan.json", "--owner", "Bob").expect(2)
    assert "2 to migrate, 1 unchanged, " in asked.err
    assert "test messages to +…06" in asked.err
    assert "There is no terminal to ask" in asked.err
    moved = fleet.run("migrate", "--plan", "plan.json", "--owner", "Ann", "--yes", "--json").expect(0)
    assert {n for n, outcome in moved.outcomes().items() if outcome == "migrated"} == {"a1", "a2"}
    later = fleet.run("migrate", "--plan", "plan.json", "--wave", "first").expect(2)
    assert "1 to migrate, 2 unchanged, " in later.err


def test_validate_asks_no_one(make_fleet: Any) -> None:
    """Everything is checked offline: the file, its waves, and that each secret has a value that can be used."""
    fleet: FleetBench = make_fleet(KINDS, waves=WAVES)
    good = fleet.run("validate", "--json").expect(0).document
    assert good["problems"] == []
    assert [(w["name"], w["tenants"]) for w in good["waves"]] == [("first", 3), ("second", 2)]
    tenants = yaml.safe_load(fleet.file.read_text())["tenants"]
    (fleet.directory / "key.pem").write_text("no key")
    tenants[0] |= {"token_endpoint_auth_method": "private_key_jwt", "private_key": "file:key.pem"}
    fleet.change(tenants=tenants)
    bad = fleet.run("validate", "--json").expect(2).document
    (problem,) = bad["problems"]
    assert "a1.eu.auth0.com: private_key: " in problem
    assert "no RSA key" in problem
    fleet.change(wavez=[])
    broken = fleet.run("validate").expect(2)
    assert "wavez" in broken.err
    assert broken.out == ""
    assert all(tenant.requests == [] for tenant in fleet.tenants())


def test_a_plan_foresees_each_wave(make_fleet: Any) -> None:
    """What is foreseen of a wave is said and recorded; the migration foresees it again from where it starts."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_both", "c1": "not_configured"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "1s"}, {"name": "second"}],
        rollout={"max_change": "100%"},
    )
    planned = fleet.run("plan", "--out", "plan.json").expect(0)
    assert "forecast of wave first: 1 tenant(s)" in planned.out + planned.err
    assert "assumed: 5 s for a log entry; measured: " in planned.out + planned.err
    first, second = fleet.record("latest").forecasts
    sources = {each.quantity: each.source for each in first.basis}
    assert sources == {PaceQuantity.ANSWER: PaceSource.MEASURED, PaceQuantity.EVIDENCE: PaceSource.ASSUMED}
    assert (first.tenants, second.tenants) == (1, 1)
    assert (sum(first.messages.values()), sum(second.messages.values())) == (1, 2)
    assert first.measured
    assert (first.soak.total_seconds(), second.soak.total_seconds()) == (1, 0)
    fleet.run("migrate", "--plan", "plan.json", "--yes").expect(0)
    record = fleet.record("latest")
    assert [wave.wave for wave in record.forecasts] == ["first", "second"]
    for wave in record.forecasts:
        assert record.started_at < wave.starts_at < wave.earliest_end <= wave.latest_end
    (revised,) = record.revised_forecasts
    assert revised.wave == "second"
    assert {each.quantity: each.source for each in revised.basis}[
        PaceQuantity.EVIDENCE
    ] is PaceSource.RECORDED
