"""Finalization through the command line, and rollback before and after it; a whole fleet migrated and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.dump import dump
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.likeness import alike

WAVE = {"name": "all"}
NAMES = ("unbind_action", "clear_connection_twilio", "clear_gateway_secret")
ACCEPT_ALL = [part for name in NAMES for part in ("--accept", name)]


KINDS = {
    "a1": "action_multi_trigger",
    "b1": "passwordless_twilio",
    "c1": "twilio_sms",
    "d1": "not_configured",
    "e1": "passwordless_gateway",
}


def test_leftovers_are_removed_by_accepted_name(make_fleet: Any) -> None:
    """What is not named is listed and kept; only what is named is removed; a rollback then refuses with names."""
    fleet: FleetBench = make_fleet(KINDS, waves=[WAVE])
    fleet.run("migrate", "--yes").expect(0)
    writes = len(fleet.writes())
    asked = fleet.run("finalize", "--wave", "all", "--json").expect(3)
    (command,) = (line for line in asked.err.splitlines() if line.startswith("to remove it: "))
    assert command.partition(": ")[2] == (
        f"phonefleet finalize {fleet.file} --wave all --accept clear_connection_twilio --accept clear_gateway_secret "
        "--accept unbind_action"
    )
    assert "    unbind_action: " in asked.err
    assert tenant_field(asked, "outcome") == {
        "a1": "held",
        "b1": "held",
        "c1": "unchanged",
        "d1": "held",
        "e1": "held",
    }
    assert tenant_field(asked, "outcome_reason")["a1"] == "finalize_not_accepted"
    assert "--accept unbind_action" in tenant_field(asked, "outcome_message")["a1"]
    assert "--accept clear_connection_twilio" in tenant_field(asked, "outcome_message")["b1"]
    assert "stay: since the switch the API answers 403" in tenant_field(asked, "outcome_message")["c1"]
    assert len(fleet.writes()) == writes

    tenant = fleet.tenant("a1")
    bound = set(tenant.bindings)
    done = fleet.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(0)
    assert tenant_field(done, "outcome") == {
        "a1": "finalized",
        "b1": "finalized",
        "c1": "unchanged",
        "d1": "held",
        "e1": "finalized",
    }
    # The name of a step (`clear_gateway_secret:con_…`) is not taken for a secret.
    (step,) = (s for s in fleet.record().steps if s.domain.startswith("e1."))
    assert step.key.startswith("clear_gateway_secret:con_")
    assert step.key in (Path(done.document["reports"]["csv:steps"])).read_text(encoding="utf-8")
    assert {trigger for trigger in bound if tenant.bindings[trigger]} == {"post-login"}
    (connection,) = (c for c in fleet.tenant("b1").connections.values() if c["strategy"] == "sms")
    assert not {"twilio_sid", "twilio_token"} & set(connection["options"])
    assert len(fleet.writes()) == writes + 3

    back = fleet.run("rollback", "--wave", "all", "--yes", "--json").expect(3)
    assert tenant_field(back, "outcome_reason")["a1"] == "finalized_before"
    assert tenant_field(back, "outcome") == {
        "a1": "held",
        "b1": "held",
        "c1": "rolled_back",
        "d1": "held",
        "e1": "held",
    }
    assert tenant_field(back, "reversibility")["a1"] == tenant_field(back, "reversibility")["b1"] == "one_way"
    assert "one_way, cannot be rolled back: finalized by run" in tenant_field(back, "outcome_message")["a1"]
    assert "would break" in tenant_field(back, "outcome_message")["a1"]
    assert "mfa_factor:sms" in tenant_field(back, "outcome_message")["a1"]
    assert f"passwordless_connection:{connection['id']}" in tenant_field(back, "outcome_message")["b1"]
    assert (fleet.tenant("a1").flag, fleet.tenant("b1").flag, fleet.tenant("c1").flag) == (True, True, False)


@pytest.mark.slow
def test_a_finalization_is_refused_or_repeated(make_fleet: Any) -> None:
    """Each refusal says what to do and writes nothing; a second finalization and a second rollback change nothing."""
    fleet: FleetBench = make_fleet(KINDS, waves=[WAVE])
    assert "no migration is in effect" in fleet.run("finalize", "--wave", "all").expect(2).err
    fleet.run("migrate", "--yes").expect(0)
    writes = len(fleet.writes())
    unknown = fleet.run("finalize", "--wave", "all", "--accept", "everything", "--yes").expect(2)
    assert "everything" in unknown.err
    assert "unbind_action" in unknown.err
    assert "There is no terminal to ask" in fleet.run("finalize", "--wave", "all", *ACCEPT_ALL).expect(2).err
    fleet.change(waves=[WAVE | {"soak": "7d"}])
    soaking = fleet.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(3)
    assert tenant_field(soaking, "outcome_reason") == {
        "a1": "soaking",
        "b1": "soaking",
        "c1": "nothing_left",
        "d1": "not_selected",
        "e1": "soaking",
    }
    fleet.change(waves=[WAVE])
    pause = fleet.directory / ".state" / "PAUSE"
    pause.touch()
    paused = fleet.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(3)
    assert tenant_field(paused, "outcome_reason")["a1"] == "paused"
    pause.unlink()
    assert len(fleet.writes()) == writes

    fleet.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes").expect(0)
    again = fleet.run("finalize", "--wave", "all", "--json").expect(0)
    assert tenant_field(again, "outcome_reason")["a1"] == "nothing_left"
    assert "removed earlier" in tenant_field(again, "outcome_message")["a1"]
    fleet.run("rollback", "--tenant", "c1.eu.auth0.com", "--yes").expect(0)
    twice = fleet.run("rollback", "--tenant", "c1.eu.auth0.com", "--yes", "--json").expect(0)
    assert tenant_field(twice, "outcome")["c1"] == "unchanged"
    assert "rolled back before" in tenant_field(twice, "outcome_message")["c1"]


REVERSIBLE = (
    "twilio_sms",
    "twilio_voice",
    "twilio_both",
    "action_single",
    "action_multi_trigger",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
)


@pytest.mark.slow
def test_a_whole_wave_is_restored_by_a_rollback(make_fleet: Any) -> None:
    """64 tenants of all reversible kinds are migrated and rolled back: only ids, times and logs differ."""
    kinds = {f"{kind.replace('_', '-')}-{n}": kind for kind in REVERSIBLE for n in range(8)}
    fleet: FleetBench = make_fleet(kinds, waves=[WAVE], rollout={"max_change": "100%", "concurrency": 16})
    start = {tenant.domain: alike(dump(tenant)) for tenant in fleet.tenants()}
    planned = fleet.run("plan", "--out", "plan.json", "--json")
    ways = tenant_field(planned, "reversibility")
    moved = fleet.run("migrate", "--yes", "--json")
    assert moved.out, moved.err
    outcomes = tenant_field(moved, "outcome")
    went = {name for name, outcome in outcomes.items() if outcome == "migrated"}
    assert len(went) >= 60, moved.out[-3000:]
    assert {ways[name] for name in went} == {"reversible"}
    assert all(alike(dump(fleet.tenant(name))) != start[f"{name}.eu.auth0.com"] for name in went)
    back = fleet.run("rollback", "--wave", "all", "--yes", "--json").expect(0)
    assert {
        name for name, outcome in tenant_field(back, "outcome").items() if outcome == "rolled_back"
    } == went
    assert {tenant_field(back, "outcome_message")[name] for name in went} == {None}
    now = {tenant.domain: alike(dump(tenant)) for tenant in fleet.tenants()}
    assert {domain for domain, state in now.items() if state != start[domain]} == set()
