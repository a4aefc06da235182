"""`migrate --prepare-only` and, later, `--switch`: the cut-over alone, of what is still as it was prepared."""

from __future__ import annotations

import json
import time
from typing import Any

from phonefleet.model.enums import SWITCHES, StepKind
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench, started, tenant_field
from tests.flows.test_owners import DEPLOY_CLI, PLACEHOLDER, provider_path, write_as
from tests.flows.test_stopping import PHASES, await_, has_intent
from tests.flows.test_wave_gates import FAILS_AFTER

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


def paths(fleet: FleetBench) -> set[str]:
    """What was written to, in any tenant."""
    return {seen.path for _, seen in fleet.writes()}


def died_in(fleet: FleetBench, phase: str, option: str) -> str:
    """Kill a run while it writes; the run's id."""
    fleet.faults(PHASES[phase][0])
    arguments = ("migrate", str(fleet.file), option, "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: has_intent(fleet), process, "no write is under way")
        process.kill()
    fleet.faults()
    return fleet.record().run_id


def test_a_phase_that_died_is_continued(make_fleet: Any) -> None:
    """Each by its own command, in its own phase: no switch before `--switch`, no message and no write twice."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    preparing = died_in(fleet, "prepare", "--prepare-only")
    other = fleet.run("migrate", "--switch", "--resume", preparing, "--yes").expect(2)
    assert "was started for the phase prepare" in other.err
    prepared = fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    assert prepared.document["run"] == preparing
    assert set(prepared.outcomes().values()) == {"prepared"}
    assert not any(tenant.flag for tenant in fleet.tenants())

    before = paths(fleet)
    switching = died_in(fleet, "switch", "--switch")
    assert switching != preparing
    switched = fleet.run("migrate", "--resume", switching, "--yes", "--json").expect(0)
    assert switched.document["run"] == switching
    assert set(switched.outcomes().values()) == {"migrated"}
    assert {path.rpartition("/v2")[2] for path in paths(fleet) - before} == {"/tenants/settings"}
    assert all(tenant.flag for tenant in fleet.tenants())
    written = [(domain, s.method, s.path, json.dumps(s.body)) for domain, s in fleet.writes() if s.status]
    assert len(written) == len(set(written))


def test_a_tenant_changed_meanwhile_is_held(make_fleet: Any) -> None:
    """Whether a read shows the change (a disabled provider) or only its mark (another token)."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms", "d1": "twilio_sms"}, waves=[{"name": "all"}]
    )
    fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    fleet.change_tenant("a1", {"provider": {"disabled": True}})
    provider = next(iter(fleet.tenant("b1").providers.values()))
    same = {"name": provider["name"], "configuration": provider["configuration"]}
    write_as(fleet, "b1", DEPLOY_CLI, "PATCH", provider_path(fleet, "b1"), same | PLACEHOLDER)
    done = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "held", "b1": "held", "d1": "migrated"}
    assert tenant_field(done, "outcome_reason") == {"a1": "plan_changed", "b1": "plan_changed", "d1": None}
    assert not fleet.tenant("a1").flag
    assert not fleet.tenant("b1").flag
    assert "changed since" in tenant_field(done, "outcome_message")["b1"]


def test_old_test_messages_are_sent_again_before_a_switch(make_fleet: Any) -> None:
    """A token may have been rotated at Twilio since: nothing at Auth0 shows it."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"}, waves=[{"name": "all"}], rollout={"max_test_age": "20s"}
    )
    fleet.run("migrate", "--prepare-only", "--yes").expect(0)
    time.sleep(21)
    held = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert held.outcomes() == {"a1": "held"}
    assert "rollout.max_test_age is 20 s" in tenant_field(held, "outcome_message")["a1"]
    assert not fleet.tenant("a1").flag
    fleet.change(rollout={"max_test_age": "1h"})
    fleet.run("migrate", "--switch", "--yes").expect(0)
    assert fleet.tenant("a1").flag


def test_a_switch_is_taken_back_by_its_gate(make_fleet: Any) -> None:
    """The wave of a run that only switches is rolled back as a whole one is; then nothing is prepared any more."""
    first = {"name": "all", "on_gate": "rollback_wave", "checks": [FAILS_AFTER]}
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[first])
    fleet.run("migrate", "--prepare-only", "--yes", "--json")
    done = fleet.run("migrate", "--switch", "--yes", "--json").expect(2)
    assert set(done.outcomes().values()) == {"rolled_back"}
    assert not any(tenant.flag for tenant in fleet.tenants())
    fleet.change(waves=[{"name": "all"}])
    again = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert set(tenant_field(again, "outcome_reason").values()) == {"not_prepared"}
    assert not any(tenant.flag for tenant in fleet.tenants())
    fleet.run("migrate", "--yes", "--json").expect(0)
    assert all(tenant.flag for tenant in fleet.tenants())


def test_what_was_reverted_is_not_prepared(make_fleet: Any) -> None:
    """A rollback between the phases takes back what was prepared."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes", "--json")
    done = fleet.run("migrate", "--switch", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "held", "b1": "migrated"}
    assert not fleet.tenant("a1").flag
