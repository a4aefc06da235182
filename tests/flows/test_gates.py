"""Plans, gates and refusals: what must not be written is not written, and every reason is told."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from simulator.state import Tenant
from tests.flows.fleet_bench import Stand, phonefleet, started

SMALL = {"a1": "twilio_sms", "b1": "twilio_both", "b2": "passwordless_twilio", "c1": "not_configured"}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def test_a_plan_is_applied_only_as_it_was_approved(stand: Any) -> None:
    """Tampered or of another fleet: refused whole before the first write."""
    here: Stand = stand(SMALL, waves=WAVES)
    planned = here.run("plan", "--out", "plan.json", "--json").expect(0)
    assert {t["domain"].split(".")[0]: t["verdict"] for t in planned.document["tenants"]} == {
        "a1": "eligible",
        "b1": "eligible",
        "b2": "eligible",
        "c1": "not_applicable",
    }
    plan_file = here.directory / "plan.json"
    whole = plan_file.read_text()
    plan_file.write_text(whole.replace("+15005550006", "+15005550007"))
    assert "changed by hand" in here.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    plan_file.write_text(whole.replace('"eligible"', '"blocked"', 1))
    assert "changed by hand" in here.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    plan_file.write_text(whole)
    here.change(fleet="another")
    assert "a plan of fleet simulated" in here.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    assert here.writes() == []


@pytest.mark.slow
def test_an_approved_plan_is_carried_out_wave_by_wave(stand: Any) -> None:
    """`--wave` changes that wave alone, and a later run with the same plan does the rest."""
    here: Stand = stand(SMALL, waves=WAVES)
    here.run("plan", "--out", "plan.json").expect(0)
    first = here.run("migrate", "--plan", "plan.json", "--wave", "first", "--yes", "--json").expect(0)
    assert first.outcomes() == {"a1": "migrated", "b1": "held", "b2": "held", "c1": "held"}
    assert {domain for domain, _ in here.writes()} == {"a1.eu.auth0.com"}
    unknown = here.run("migrate", "--wave", "third", "--yes").expect(2)
    assert "no wave third; it has first, second" in unknown.err
    rest = here.run("migrate", "--plan", "plan.json", "--wave", "second", "--yes", "--json").expect(0)
    assert rest.outcomes() == {"a1": "held", "b1": "migrated", "b2": "migrated", "c1": "skipped"}


def test_too_much_change_is_refused_unless_forced(stand: Any) -> None:
    """`rollout.max_change` stops a run before its first write; `--force` lets it through."""
    here: Stand = stand(SMALL, waves=WAVES, rollout={"max_change": "25%"})
    refused = here.run("migrate", "--yes", "--json").expect(2)
    assert "3 of 4 tenants would be changed" in refused.err
    assert here.writes() == []
    forced = here.run("migrate", "--yes", "--force", "--json").expect(0)
    assert sorted(forced.outcomes().values()) == ["migrated", "migrated", "migrated", "skipped"]


def test_a_failing_canary_holds_every_later_wave(stand: Any, prefect_api: str) -> None:
    """Tolerance 0: one failed tenant stops the run, later waves are untouched, and Prefect shows the failure.

    The tenant is taken back although nobody could say before whether that is possible.
    """
    lie = {"domain": "a1*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    here: Stand = stand({**SMALL, "a2": "twilio_sms"}, waves=WAVES, faults={"rules": [lie]})
    forget_who_depends(here.tenant("a1"))
    done = here.run("migrate", "--yes", "--json").expect(2)
    outcomes = done.outcomes()
    assert outcomes["a1"] == "rolled_back"
    assert (outcomes["b1"], outcomes["b2"], outcomes["c1"]) == ("held", "held", "skipped")
    assert {d.split(".")[0] for d, _ in here.writes()} <= {"a1", "a2"}
    assert all(here.directory.joinpath(path).is_file() for path in done.document["reports"].values())
    assert_failed_in_prefect(prefect_api, done.document["run"], "a1.eu.auth0.com")


def forget_who_depends(tenant: Tenant) -> None:
    """Take the scope away by which a plan tells whether it can be taken back."""
    for grant in tenant.grants.values():
        if grant["client_id"] == tenant.management_client_id:
            grant["scope"] = [s for s in grant["scope"] if s != "read:client_grants"]


def test_a_canary_in_which_nobody_is_switched_holds_every_later_wave(stand: Any) -> None:
    """One is unreachable and one has no phone messaging, so nothing is known of a switch."""
    here: Stand = stand({"a1": "wrong_credentials", "a2": "not_configured", "b1": "twilio_sms"}, waves=WAVES)
    done = here.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "skipped", "a2": "skipped", "b1": "held"}
    (b1,) = [t for t in done.document["tenants"] if t["domain"].startswith("b1")]
    assert b1["outcome_reason"] == "wave_stopped"
    assert (
        "wave first verifies nothing: none of its 2 tenants is switched (1 unreachable)"
        in b1["outcome_message"]
    )
    assert "--wave NAME" in b1["outcome_message"]
    assert here.writes() == []


def test_what_falls_ill_while_its_wave_soaks_stops_the_next(stand: Any) -> None:
    """Health is judged again after the soak: later waves are held, with the tenant and the number."""
    here: Stand = stand(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "5s"}, {"name": "second"}],
        rollout={"healthy_deadline": "1s"},
    )
    with started("migrate", str(here.file), "--yes", "--json", api=here.api, cwd=here.directory) as process:
        assert process.stderr is not None
        while "soaks for 5 s" not in (line := process.stderr.readline()):
            assert line, "it ended without a soak"
        here.poke("a1", {"provider": {"disabled": True}})
        out, err = process.communicate(timeout=120)
    endings = {t["domain"].split(".")[0]: t["outcome"] for t in json.loads(out)["tenants"]}
    assert (process.returncode, endings) == (3, {"a1": "migrated", "b1": "held"}), err
    assert "a1.eu.auth0.com: not healthy: the tenant-level provider is missing or disabled" in err
    assert not here.tenant("b1").flag


@pytest.mark.slow
def test_a_strict_wave_ends_one_failure_beyond_its_tolerance(stand: Any) -> None:
    """Every switch fails; two are tolerated, so the third stops the wave, and none was in flight besides."""
    lie = {"method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    names = {f"a{n}": "twilio_sms" for n in range(9)}
    here: Stand = stand(
        names,
        waves=[{"name": "all", "failure_tolerance": 2}],
        faults={"rules": [lie]},
        rollout={"concurrency": 9},
    )
    outcomes = here.run("migrate", "--yes", "--json").expect(2).outcomes()
    assert Counter(outcomes.values()) == {"rolled_back": 3, "held": 6}


def test_a_tenant_that_is_not_understood_is_unreachable_and_never_in_order(stand: Any) -> None:
    """An answer with a word that nobody knows: the tenant is told, the others are read, and the run is not complete."""
    odd = {
        "domain": "a1*",
        "path": "/guardian/factors/phone/message-types",
        "method": "GET",
        "effect": "status",
    }
    here: Stand = stand(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=WAVES,
        faults={"rules": [{**odd, "status": 200, "body": {"message_types": ["sms", "whatsapp"]}}]},
    )
    done = here.run("plan", "--out", "plan.json", "--json").expect(3)
    assert {t["domain"][:2]: t["verdict"] for t in done.document["tenants"]} == {
        "a1": "unreachable",
        "b1": "eligible",
    }
    planned = json.loads((here.directory / "plan.json").read_text())
    assert [t["domain"][:2] for t in planned["tenants"]] == ["a1", "b1"]


def killed_in_its_soak(stand: Any, *, seconds: int) -> Stand:
    """Two waves; the run died when its first was switched and soaked."""
    here: Stand = stand(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": f"{seconds}s"}, {"name": "second"}],
        rollout={"healthy_deadline": "1s"},
    )
    with started("migrate", str(here.file), "--yes", "--json", api=here.api, cwd=here.directory) as process:
        assert process.stderr is not None
        while f"soaks for {seconds} s" not in (line := process.stderr.readline()):
            assert line, "it ended without a soak"
        process.kill()
    return here


@pytest.mark.slow
def test_a_batch_whose_run_died_before_its_judgement_is_judged_when_it_is_continued(stand: Any) -> None:
    """Killed in the soak: what fell ill meanwhile stops the later waves of the continued run."""
    here = killed_in_its_soak(stand, seconds=60)
    here.poke("a1", {"provider": {"disabled": True}})
    again = here.run("migrate", "--yes", "--json").expect(3)
    assert again.outcomes() == {"a1": "migrated", "b1": "held"}
    assert not here.tenant("b1").flag


@pytest.mark.slow
def test_a_batch_whose_run_died_in_its_soak_soaks_to_its_end_when_it_is_continued(stand: Any) -> None:
    """Killed in the soak: the next wave begins no sooner for it, and the batch is concluded."""
    here = killed_in_its_soak(stand, seconds=15)
    again = here.run("migrate", "--yes", "--json").expect(0)
    assert again.outcomes() == {"a1": "migrated", "b1": "migrated"}
    assert "wave first soaks for" in again.err
    record = here.record()
    ends = {t.domain[:2]: t for t in record.tenants}
    assert (ends["b1"].started_at - ends["a1"].ended_at).total_seconds() >= 15
    assert [(w.wave, w.verdict) for w in record.waves] == [("first", "passed"), ("second", "passed")]


def assert_failed_in_prefect(api: str, run_id: str, domain: str) -> None:
    """The flow run and the tenant's task run are failed, and what Prefect keeps of parameters is ids and names."""
    asked = {"flow_runs": {"name": {"like_": run_id}}}
    flow_run = one(httpx.post(f"{api}/flow_runs/filter", json=asked).raise_for_status().json())
    assert flow_run["state"]["type"] == "FAILED"
    assert flow_run["parameters"] == {"run_id": run_id, "fleet": "simulated"}
    wanted = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}, "task_runs": {"name": {"like_": domain}}}
    limit = time.monotonic() + 20
    while True:  # The server records task runs behind the run's back.
        tasks = httpx.post(f"{api}/task_runs/filter", json=wanted).raise_for_status().json()
        states = {task["name"]: task["state"]["type"] for task in tasks}
        if states.get(f"switch {domain}") == "FAILED" or time.monotonic() > limit:
            break
        time.sleep(0.3)
    assert states[f"switch {domain}"] == "FAILED", states
    assert states[f"assess {domain}"] == "COMPLETED", states
    for task in tasks:
        assert set(task["task_inputs"]) <= {"run_id", "domain", "since"}
        assert all(not given for given in task["task_inputs"].values())


def one(found: list[Any]) -> Any:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("choice", "outcome"), [("hold", "inconclusive"), ("proceed", "inconclusive")])
def test_a_message_without_evidence_is_inconclusive(stand: Any, choice: str, outcome: str) -> None:
    """`hold` leaves such a tenant unswitched, `proceed` switches it, and neither calls it migrated."""
    lost = {"path": "*/try", "effect": "test_message_lost"}
    here: Stand = stand(
        {"a1": "twilio_sms"},
        waves=[{"name": "all"}],
        faults={"rules": [lost]},
        rollout={"when_inconclusive": choice, "evidence_deadline": "1s"},
    )
    done = here.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": outcome}
    assert here.tenant("a1").flag is (choice == "proceed")


def test_nothing_starts_while_the_pause_file_exists(stand: Any) -> None:
    """A paused run writes nothing and goes on by itself when the file is removed."""
    here: Stand = stand({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    pause = here.directory / ".state" / "PAUSE"
    pause.parent.mkdir()
    pause.touch()
    with started("migrate", str(here.file), "--yes", "--json", api=here.api, cwd=here.directory) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("paused:"):
                break
        assert lines[-1].startswith("paused:"), lines
        time.sleep(1.5)
        assert here.writes() == []
        pause.unlink()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert [t["outcome"] for t in json.loads(out)["tenants"]] == ["migrated"]


def test_without_a_terminal_nothing_is_changed_unless_told_yes(stand: Any) -> None:
    """`migrate` and `rollback` refuse to go on when nobody can be asked."""
    here: Stand = stand({"a1": "twilio_sms"})
    for command in (("migrate",), ("rollback", "--tenant", "a1.eu.auth0.com")):
        refused = phonefleet(command[0], str(here.file), *command[1:], api=here.api, cwd=here.directory)
        assert "Nobody is here to ask" in refused.expect(2).err
    assert here.writes() == []
