"""Plans, gates and refusals: what must not be written is not written, and every reason is reported."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

import pytest

from simulator.state import Tenant
from tests.flows.fleet_bench import FleetBench, phonefleet, started, tenant_field
from tests.prefect_worker import post

SMALL = {"a1": "twilio_sms", "b1": "twilio_both", "b2": "passwordless_twilio", "c1": "not_configured"}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def test_a_changed_plan_file_is_refused(make_fleet: Any) -> None:
    """A plan file changed by hand or of another fleet is refused before the first write."""
    fleet: FleetBench = make_fleet(SMALL, waves=WAVES)
    planned = fleet.run("plan", "--out", "plan.json", "--json").expect(0)
    assert {t["domain"].split(".")[0]: t["verdict"] for t in planned.document["tenants"]} == {
        "a1": "eligible",
        "b1": "eligible",
        "b2": "eligible",
        "c1": "not_applicable",
    }
    plan_file = fleet.directory / "plan.json"
    whole = plan_file.read_text()
    plan_file.write_text(whole.replace("+15005550006", "+15005550007"))
    assert "changed by hand" in fleet.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    plan_file.write_text(whole.replace('"eligible"', '"blocked"', 1))
    assert "changed by hand" in fleet.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    plan_file.write_text(whole)
    fleet.change(fleet="another")
    assert "a plan of fleet simulated" in fleet.run("migrate", "--plan", "plan.json", "--yes").expect(2).err
    assert fleet.writes() == []


def test_a_tenant_that_lost_its_provider_is_an_outage_although_its_wave_passes(make_fleet: Any) -> None:
    """How many unhealthy tenants a wave tolerates decides whether it goes on, not whether an outage is reported."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "a2": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "2s"}, {"name": "rest"}],
        rollout={"min_healthy": "50%", "healthy_deadline": "1s"},
    )

    def lose_provider(tenant: Tenant) -> None:
        if tenant.domain.startswith("a1") and tenant.flag and not timer.is_alive():
            timer.start()

    timer = threading.Timer(1.0, lambda: fleet.tenant("a1").providers.clear())
    fleet.served.app.state.world.after_write = lose_provider
    done = fleet.run("migrate", "--yes", "--json").expect(6)
    assert done.outcomes() == {"a1": "migrated", "a2": "migrated", "b1": "migrated"}, done.err
    assert tenant_field(done, "verdict")["a1"] == "broken"
    (after,) = (line for line in done.err.splitlines() if "wave first, gate after it" in line)
    (before,) = (line for line in done.err.splitlines() if "wave rest, gate before it" in line)
    assert "1 of 2 switched tenants are healthy" in after
    assert "1 of 2 switched tenants of the wave before are healthy" in before


@pytest.mark.slow
def test_a_plan_is_applied_wave_by_wave(make_fleet: Any) -> None:
    """`--wave` changes that wave alone, and a later run with the same plan does the rest."""
    fleet: FleetBench = make_fleet(SMALL, waves=WAVES)
    fleet.run("plan", "--out", "plan.json").expect(0)
    first = fleet.run("migrate", "--plan", "plan.json", "--wave", "first", "--yes", "--json").expect(0)
    assert first.outcomes() == {"a1": "migrated", "b1": "held", "b2": "held", "c1": "held"}
    assert {domain for domain, _ in fleet.writes()} == {"a1.eu.auth0.com"}
    unknown = fleet.run("migrate", "--wave", "third", "--yes").expect(2)
    assert "no wave third; it has first, second" in unknown.err
    rest = fleet.run("migrate", "--plan", "plan.json", "--wave", "second", "--yes", "--json").expect(0)
    assert rest.outcomes() == {"a1": "held", "b1": "migrated", "b2": "migrated", "c1": "skipped"}


def test_too_much_change_is_refused_unless_forced(make_fleet: Any) -> None:
    """`rollout.max_change` is said first and is a gate: before the run where the ledger knows, else after reading."""
    fleet: FleetBench = make_fleet(SMALL, waves=WAVES, rollout={"max_change": "25%"})
    refused = fleet.run("migrate", "--yes", "--json").expect(3)
    first, *_, last = (line for line in refused.err.splitlines() if "would be changed" in line)
    assert first.startswith("if all are eligible, nothing will be written: 4 of 4 tenants")
    assert "3 of 4 tenants would be changed in one run, and rollout.max_change 25% allows 1" in last
    for way in ("--wave NAME", "raise rollout.max_change", "--force"):
        assert way in last
    assert fleet.record().verdict == "stopped"
    assert set(tenant_field(refused, "outcome_reason").values()) >= {"change_limit"}
    read = [len(tenant.requests) for tenant in fleet.tenants()]
    again = fleet.run("migrate", "--yes", "--json").expect(3)
    assert "no run was started: 3 of 4 tenants" in again.err
    assert again.out == ""
    assert [len(tenant.requests) for tenant in fleet.tenants()] == read
    fleet.run("plan", "--out", "plan.json").expect(0)
    assert "no run was started" in fleet.run("migrate", "--plan", "plan.json", "--yes").expect(3).err
    assert fleet.writes() == []
    forced = fleet.run("migrate", "--yes", "--force", "--json").expect(0)
    assert sorted(forced.outcomes().values()) == ["migrated", "migrated", "migrated", "skipped"]


def test_a_failing_canary_holds_later_waves(make_fleet: Any, prefect_api: str) -> None:
    """Tolerance 0: one failed tenant stops the run, later waves are untouched, and Prefect shows the failure.

    The tenant is taken back although it was unknown before whether that is possible.
    """
    lie = {"domain": "a1*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    fleet: FleetBench = make_fleet({**SMALL, "a2": "twilio_sms"}, waves=WAVES, faults={"rules": [lie]})
    forget_who_depends(fleet.tenant("a1"))
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    outcomes = done.outcomes()
    assert outcomes["a1"] == "rolled_back"
    assert (outcomes["b1"], outcomes["b2"], outcomes["c1"]) == ("held", "held", "skipped")
    assert {d.split(".")[0] for d, _ in fleet.writes()} <= {"a1", "a2"}
    assert all(fleet.directory.joinpath(path).is_file() for path in done.document["reports"].values())
    assert_failed_in_prefect(prefect_api, done.document["run"], "a1.eu.auth0.com")


def forget_who_depends(tenant: Tenant) -> None:
    """Remove the scope that a plan needs to know whether the tenant can be rolled back."""
    for grant in tenant.grants.values():
        if grant["client_id"] == tenant.management_client_id:
            grant["scope"] = [s for s in grant["scope"] if s != "read:client_grants"]


def test_a_wave_without_switches_holds_later_waves(make_fleet: Any) -> None:
    """One tenant is unreachable and one has no phone messaging, so no switch was seen to work."""
    fleet: FleetBench = make_fleet(
        {"a1": "wrong_credentials", "a2": "not_configured", "b1": "twilio_sms"}, waves=WAVES
    )
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "skipped", "a2": "skipped", "b1": "held"}
    (b1,) = [t for t in done.document["tenants"] if t["domain"].startswith("b1")]
    assert b1["outcome_reason"] == "wave_stopped"
    assert (
        "wave first verifies nothing: none of its 2 tenants is switched (1 unreachable)"
        in b1["outcome_message"]
    )
    assert "--wave NAME" in b1["outcome_message"]
    assert fleet.writes() == []


def test_a_tenant_unhealthy_after_soak_stops_the_run(make_fleet: Any) -> None:
    """Health is checked again after the soak: later waves are held, and the outage is reported."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "5s"}, {"name": "second"}],
        rollout={"healthy_deadline": "1s"},
    )
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        assert process.stderr is not None
        while "soaks for 5 s" not in (line := process.stderr.readline()):
            assert line, "it ended without a soak"
        fleet.change_tenant("a1", {"provider": {"disabled": True}})
        out, err = process.communicate(timeout=120)
    endings = {t["domain"].split(".")[0]: t["outcome"] for t in json.loads(out)["tenants"]}
    assert (process.returncode, endings) == (6, {"a1": "migrated", "b1": "held"}), err
    assert "a1.eu.auth0.com: not healthy: the tenant-level provider is missing or disabled" in err
    assert not fleet.tenant("b1").flag


@pytest.mark.slow
def test_a_strict_wave_stops_beyond_its_tolerance(make_fleet: Any) -> None:
    """Every switch fails; two are tolerated, so the third stops the wave, and no other was in flight."""
    lie = {"method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    names = {f"a{n}": "twilio_sms" for n in range(9)}
    fleet: FleetBench = make_fleet(
        names,
        waves=[{"name": "all", "failure_tolerance": 2}],
        faults={"rules": [lie]},
        rollout={"concurrency": 9},
    )
    outcomes = fleet.run("migrate", "--yes", "--json").expect(2).outcomes()
    assert Counter(outcomes.values()) == {"rolled_back": 3, "held": 6}


def test_an_unknown_word_costs_its_tenant_only(make_fleet: Any) -> None:
    """An answer with a word that Auth0 does not document: the field is named, other tenants are read."""
    odd = {
        "domain": "a1*",
        "path": "/guardian/factors/phone/message-types",
        "method": "GET",
        "effect": "status",
    }
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=WAVES,
        faults={"rules": [{**odd, "status": 200, "body": {"message_types": ["sms", "whatsapp"]}}]},
    )
    done = fleet.run("plan", "--out", "plan.json", "--json").expect(4)
    assert {t["domain"][:2]: t["verdict"] for t in done.document["tenants"]} == {
        "a1": "unreachable",
        "b1": "eligible",
    }
    (reason,) = (r for t in done.document["tenants"] if t["domain"].startswith("a1") for r in t["reasons"])
    assert "message_types" in reason["message"]
    assert "documented shape" in reason["message"]
    planned = json.loads((fleet.directory / "plan.json").read_text())
    assert [t["domain"][:2] for t in planned["tenants"]] == ["a1", "b1"]


def killed_in_its_soak(make_fleet: Any, *, seconds: int) -> FleetBench:
    """Two waves; the run died while its first, already switched, soaked."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": f"{seconds}s"}, {"name": "second"}],
        rollout={"healthy_deadline": "1s"},
    )
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        assert process.stderr is not None
        while f"soaks for {seconds} s" not in (line := process.stderr.readline()):
            assert line, "it ended without a soak"
        process.kill()
    return fleet


@pytest.mark.slow
def test_a_continued_run_judges_its_last_batch(make_fleet: Any) -> None:
    """Killed in the soak: a tenant that became unhealthy meanwhile stops the later waves of the continued run."""
    fleet = killed_in_its_soak(make_fleet, seconds=60)
    fleet.change_tenant("a1", {"provider": {"disabled": True}})
    again = fleet.run("migrate", "--yes", "--json").expect(3)
    assert again.outcomes() == {"a1": "migrated", "b1": "held"}
    assert not fleet.tenant("b1").flag


@pytest.mark.slow
def test_a_continued_run_completes_the_soak(make_fleet: Any) -> None:
    """Killed in the soak: the next wave does not begin earlier, and the batch gets its verdict."""
    fleet = killed_in_its_soak(make_fleet, seconds=15)
    again = fleet.run("migrate", "--yes", "--json").expect(0)
    assert again.outcomes() == {"a1": "migrated", "b1": "migrated"}
    assert "wave first soaks for" in again.err
    record = fleet.record()
    ends = {t.domain[:2]: t for t in record.tenants}
    assert (ends["b1"].started_at - ends["a1"].ended_at).total_seconds() >= 15
    assert [(w.wave, w.verdict) for w in record.waves] == [("first", "passed"), ("second", "passed")]


def assert_failed_in_prefect(api: str, run_id: str, domain: str) -> None:
    """The flow run and the tenant's task run are failed, and Prefect keeps only paths, ids and names of parameters."""
    asked = {"flow_runs": {"name": {"like_": run_id}}}
    flow_run = one(post(f"{api}/flow_runs/filter", asked))
    assert flow_run["state"]["type"] == "FAILED"
    assert flow_run["parameters"].pop("fleet").endswith("/fleet.yaml")
    assert set(flow_run["parameters"].values()) <= {None, False}
    wanted = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}, "task_runs": {"name": {"like_": domain}}}
    limit = time.monotonic() + 20
    while True:  # The server records task runs behind the run's back.
        tasks = post(f"{api}/task_runs/filter", wanted)
        states = {task["name"]: task["state"]["type"] for task in tasks}
        if states.get(f"switch {domain}") == "FAILED" or time.monotonic() > limit:
            break
        time.sleep(0.3)
    assert states[f"switch {domain}"] == "FAILED", states
    assert states[f"assess {domain}"] == "COMPLETED", states
    for task in tasks:
        assert set(task["task_inputs"]) <= {"fleet", "run_id", "domain", "since"}
        assert all(not given for given in task["task_inputs"].values())


def one(found: list[Any]) -> Any:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("choice", "outcome"), [("hold", "inconclusive"), ("proceed", "inconclusive")])
def test_a_message_without_evidence_is_inconclusive(make_fleet: Any, choice: str, outcome: str) -> None:
    """`hold` leaves such a tenant unswitched, `proceed` switches it, and neither calls it migrated."""
    lost = {"path": "*/try", "effect": "test_message_lost"}
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        waves=[{"name": "all"}],
        faults={"rules": [lost]},
        rollout={"when_inconclusive": choice, "evidence_deadline": "1s"},
    )
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": outcome}
    assert fleet.tenant("a1").flag is (choice == "proceed")


def test_nothing_starts_while_the_pause_file_exists(make_fleet: Any) -> None:
    """A paused run writes nothing and goes on by itself when the file is removed."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    pause = fleet.directory / ".state" / "PAUSE"
    pause.parent.mkdir()
    pause.touch()
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "Z paused:" in line:
                break
        assert "Z paused:" in lines[-1], lines
        time.sleep(1.5)
        assert fleet.writes() == []
        pause.unlink()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert [t["outcome"] for t in json.loads(out)["tenants"]] == ["migrated"]


def test_without_a_terminal_yes_is_needed(make_fleet: Any) -> None:
    """`migrate` and `rollback` refuse to go on when there is no terminal to ask."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    for command in (("migrate",), ("rollback", "--tenant", "a1.eu.auth0.com")):
        refused = phonefleet(command[0], str(fleet.file), *command[1:], api=fleet.api, cwd=fleet.directory)
        assert "There is no terminal to ask" in refused.expect(2).err
    assert fleet.writes() == []
