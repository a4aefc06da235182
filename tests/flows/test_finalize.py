"""Finalizing through the command line, and the way back before and after it; a whole fleet goes over and comes back."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dump import dump
from tests.flows.fleet_bench import Stand, told
from tests.likeness import alike

WAVE = {"name": "all"}
NAMES = ("unbind_action", "clear_connection_twilio", "clear_gateway_secret")
ACCEPT_ALL = [part for name in NAMES for part in ("--accept", name)]


KINDS = {
    "a1": "action_multi_trigger",
    "b1": "passwordless_twilio",
    "c1": "twilio_sms",
    "d1": "not_configured",
}


def test_leftovers_go_by_name_and_then_there_is_no_way_back(stand: Any) -> None:
    """What is not named is listed and stays; what is named goes, nothing else; a rollback then refuses with names."""
    here: Stand = stand(KINDS, waves=[WAVE])
    here.run("migrate", "--yes").expect(0)
    writes = len(here.writes())
    asked = here.run("finalize", "--wave", "all", "--json").expect(3)
    assert told(asked, "outcome") == {"a1": "held", "b1": "held", "c1": "unchanged", "d1": "held"}
    assert told(asked, "outcome_reason")["a1"] == "finalize_not_accepted"
    assert "--accept unbind_action" in told(asked, "outcome_message")["a1"]
    assert "--accept clear_connection_twilio" in told(asked, "outcome_message")["b1"]
    assert "stay: since the switch the API answers 403" in told(asked, "outcome_message")["c1"]
    assert len(here.writes()) == writes

    tenant = here.tenant("a1")
    bound = set(tenant.bindings)
    done = here.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(0)
    assert told(done, "outcome") == {"a1": "finalized", "b1": "finalized", "c1": "unchanged", "d1": "held"}
    assert {trigger for trigger in bound if tenant.bindings[trigger]} == {"post-login"}
    (connection,) = (c for c in here.tenant("b1").connections.values() if c["strategy"] == "sms")
    assert not {"twilio_sid", "twilio_token"} & set(connection["options"])
    assert len(here.writes()) == writes + 2

    back = here.run("rollback", "--wave", "all", "--yes", "--json").expect(2)
    assert told(back, "outcome") == {"a1": "failed", "b1": "failed", "c1": "rolled_back", "d1": "held"}
    assert told(back, "reversibility")["a1"] == told(back, "reversibility")["b1"] == "one_way"
    assert "one_way, cannot be rolled back: finalized by run" in told(back, "outcome_message")["a1"]
    assert "would break" in told(back, "outcome_message")["a1"]
    assert "mfa_factor:sms" in told(back, "outcome_message")["a1"]
    assert f"passwordless_connection:{connection['id']}" in told(back, "outcome_message")["b1"]
    assert (here.tenant("a1").flag, here.tenant("b1").flag, here.tenant("c1").flag) == (True, True, False)


@pytest.mark.slow
def test_a_finalization_is_refused_for_each_reason_and_repeated_without_effect(stand: Any) -> None:
    """Each refusal says what to do and writes nothing; a second finalization and a second rollback change nothing."""
    here: Stand = stand(KINDS, waves=[WAVE])
    assert "nothing of a migration stands" in here.run("finalize", "--wave", "all").expect(2).err
    here.run("migrate", "--yes").expect(0)
    writes = len(here.writes())
    unknown = here.run("finalize", "--wave", "all", "--accept", "everything", "--yes").expect(2)
    assert "everything" in unknown.err
    assert "unbind_action" in unknown.err
    assert "Nobody is here to ask" in here.run("finalize", "--wave", "all", *ACCEPT_ALL).expect(2).err
    here.change(waves=[WAVE | {"soak": "7d"}])
    soaking = here.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(3)
    assert told(soaking, "outcome_reason") == {
        "a1": "soaking",
        "b1": "soaking",
        "c1": "nothing_left",
        "d1": "not_selected",
    }
    here.change(waves=[WAVE])
    pause = here.directory / ".state" / "PAUSE"
    pause.touch()
    paused = here.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes", "--json").expect(3)
    assert told(paused, "outcome_reason")["a1"] == "paused"
    pause.unlink()
    assert len(here.writes()) == writes

    here.run("finalize", "--wave", "all", *ACCEPT_ALL, "--yes").expect(0)
    again = here.run("finalize", "--wave", "all", "--json").expect(0)
    assert told(again, "outcome_reason")["a1"] == "nothing_left"
    assert "removed earlier" in told(again, "outcome_message")["a1"]
    here.run("rollback", "--tenant", "c1.eu.auth0.com", "--yes").expect(0)
    twice = here.run("rollback", "--tenant", "c1.eu.auth0.com", "--yes", "--json").expect(0)
    assert told(twice, "outcome")["c1"] == "unchanged"
    assert "rolled back before" in told(twice, "outcome_message")["c1"]


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
def test_a_whole_wave_comes_back_as_it_was(stand: Any) -> None:
    """64 tenants of all reversible kinds go over and are rolled back: nothing differs but ids, times and logs."""
    kinds = {f"{kind.replace('_', '-')}-{n}": kind for kind in REVERSIBLE for n in range(8)}
    here: Stand = stand(kinds, waves=[WAVE], rollout={"max_change": "100%", "concurrency": 16})
    start = {tenant.domain: alike(dump(tenant)) for tenant in here.tenants()}
    planned = here.run("plan", "--out", "plan.json", "--json")
    ways = told(planned, "reversibility")
    moved = here.run("migrate", "--yes", "--json")
    assert moved.out, moved.err
    outcomes = told(moved, "outcome")
    went = {name for name, outcome in outcomes.items() if outcome == "migrated"}
    assert len(went) >= 60, moved.out[-3000:]
    assert {ways[name] for name in went} == {"reversible"}
    assert all(alike(dump(here.tenant(name))) != start[f"{name}.eu.auth0.com"] for name in went)
    back = here.run("rollback", "--wave", "all", "--yes", "--json").expect(0)
    assert {name for name, outcome in told(back, "outcome").items() if outcome == "rolled_back"} == went
    assert {told(back, "outcome_message")[name] for name in went} == {None}
    now = {tenant.domain: alike(dump(tenant)) for tenant in here.tenants()}
    assert {domain for domain, state in now.items() if state != start[domain]} == set()
