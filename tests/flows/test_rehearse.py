"""`rehearse`: what it predicts is what the migration does afterwards, and no tenant notices it."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from simulator.state import Tenant
from tests.flows.conftest import MakeBench
from tests.flows.fleet_bench import FleetBench, started

Json = dict[str, Any]
Outcomes = dict[str, tuple[str, str | None]]
KINDS = {
    "one": "twilio_sms",
    "two": "action_single",
    "three": "passwordless_gateway",
    "four": "not_configured",
    "five": "wrong_credentials",
    "six": "foreign_action_deployed",
    "seven": "merged",
}
FAULTS: tuple[Json, ...] = (
    {},
    {"provider_fails": ["eu"]},
    {"error_rate": 0.05, "drop_rate": 0.02},
    {"dead_worker": 9},
    {"rate_limit": {"burst": 10, "per_second": 20}},
)
FAILS = "the provider refuses every message (rehearsed fault)"


def rehearsed(fleet: FleetBench, *args: str) -> Json:
    """A rehearsal's document; its exit code is that of the migration."""
    done = fleet.run("rehearse", "--no-rate-limits", "--json", *args)
    assert "Traceback" not in done.err, done.err[-3000:]
    assert done.out, done.err[-3000:]
    found: Json = json.loads(done.out)
    assert found["exit_code"] == done.code
    return found


def predicted(document: Json) -> Outcomes:
    return {t["domain"]: (t["outcome"], t["reason"]) for t in document["tenants"]}


def migrated_with(fleet: FleetBench, faults: Json) -> Outcomes:
    """What becomes of the fleet itself, under the same faults."""
    world = fleet.served.app.state.world
    if "provider_fails" in faults:
        for tenant in fleet.tenants():
            if tenant.domain.split(".")[1] in faults["provider_fails"]:
                tenant.hidden.outside_fails = FAILS
    sent = {key: value for key, value in faults.items() if key in ("error_rate", "drop_rate", "rate_limit")}
    limit = {"rate_limit": {"burst": 1000, "per_second": 1000}}
    world.faults.replace(type(world.faults.document).model_validate(limit | sent))
    if "dead_worker" in faults:
        die_after(fleet, faults["dead_worker"])
    fleet.run("migrate", "--yes")
    record = fleet.record()
    return {t.domain: (str(t.outcome), t.outcome_reason) for t in record.tenants}


def die_after(fleet: FleetBench, writes: int) -> None:
    """Migrate until so many writes were done, then kill the process."""
    world, done = fleet.served.app.state.world, []
    arguments = ("migrate", str(fleet.file), "--yes")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:

        def count(tenant: Tenant) -> None:
            done.append(tenant.domain)
            if len(done) == writes:
                process.send_signal(signal.SIGKILL)

        world.after_write = count
        process.communicate(timeout=600)
        world.after_write = None
    assert len(done) >= writes


def requests_of(fleet: FleetBench) -> dict[str, int]:
    return {tenant.domain: len(tenant.requests) for tenant in fleet.tenants()}


@pytest.mark.timeout(900)
def test_a_rehearsal_predicts_the_migration(make_fleet: MakeBench) -> None:
    """The tenants get no request after their snapshots, and keep the plans that the twins were migrated by."""
    fleet = make_fleet(KINDS)
    fleet.run("plan")
    before = requests_of(fleet)
    document = rehearsed(fleet, "--plan", "plan.json", "--roll-back")
    assert requests_of(fleet) == before
    assert [t["domain"] for t in document["tenants"] if t["differs"]] == []
    planned = {t.domain: t.plan_checksum for t in fleet.record().tenants if t.plan_checksum}
    same = {t["domain"]: t["plan_checksum"] for t in document["tenants"] if t["same_plan"]}
    assert same == planned
    assert {t["rolled_back"] for t in document["tenants"] if t["same_plan"]} == {"rolled_back"}
    assert {tuple(t["not_restored"]) for t in document["tenants"]} == {()}
    with fleet.ledger() as ledger:
        marks = [mark for checksum in planned.values() for mark in ledger.audit.rehearsals_of(checksum)]
        assert {(mark.rehearsal, mark.outcome) for mark in marks} == {(document["id"], "migrated")}
        assert len(marks) == len(planned)
        assert ledger.audit.faults() == []
    assert migrated_with(fleet, {}) == predicted(document)


@pytest.mark.timeout(900)
def test_a_failing_provider_stops_the_wave(make_fleet: MakeBench) -> None:
    """The soak takes no time, its users' messages fail, and the report says who is locked out until when."""
    waves = [
        {"name": "first", "match": {"domain": "one.*"}, "soak": "12h"},
        {"name": "rest", "match": {}},
    ]
    fleet = make_fleet({"one": "twilio_sms", "two": "twilio_sms"}, waves=waves)
    fleet.run("plan")
    document = rehearsed(fleet, "--faults", "provider_fails_after_switch=eu", "--roll-back")
    assert predicted(document) == {
        "one.eu.auth0.com": ("migrated", None),
        "two.eu.auth0.com": ("held", "wave_stopped"),
    }
    (first,) = [batch for batch in document["batches"] if batch["verdict"] == "stopped"]
    assert first["wave"] == "first"
    assert "healthy" in first["reason"]
    (out,) = document["locked_out"]
    assert (out["domain"], out["use"], out["reason"]) == ("one.eu.auth0.com", "mfa by text", FAILS)
    assert out["since"] < out["until"]


@pytest.mark.timeout(900)
def test_a_wave_may_require_a_rehearsal(make_fleet: MakeBench) -> None:
    """A tenant is held until exactly its plan was rehearsed, and held again once its plan changes."""
    waves = [{"name": "all", "match": {}, "require_rehearsal": True}]
    fleet = make_fleet({"one": "twilio_sms", "two": "twilio_sms"}, waves=waves)
    fleet.run("migrate", "--yes").expect(3)
    assert {t.outcome_reason for t in fleet.record().tenants} == {"not_rehearsed"}
    rehearsed(fleet)
    fleet.change_tenant("two", {"settings": {"friendly_name": "Renamed"}})
    fleet.run("migrate", "--yes").expect(3)
    ended = {t.domain: t.outcome_reason or t.outcome for t in fleet.record().tenants}
    assert ended == {"one.eu.auth0.com": "migrated", "two.eu.auth0.com": "not_rehearsed"}


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("seed", range(20))
def test_predictions_come_true(make_fleet: MakeBench, seed: int) -> None:
    """Every seed with faults of one kind, or none: each tenant's outcome is as predicted."""
    faults = FAULTS[seed % len(FAULTS)]
    fleet = make_fleet(tenants=12, seed=seed)
    fleet.run("plan")
    document = rehearsed(fleet, "--faults", json.dumps(faults))
    assert [t["domain"] for t in document["tenants"] if t["differs"]] == []
    assert document["killed"] == ("dead_worker" in faults)
    assert migrated_with(fleet, faults) == predicted(document)
