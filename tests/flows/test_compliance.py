"""Compliance: in sync, drifted, unknown; every drift with its tenant and field; once and on a schedule."""

from __future__ import annotations

import importlib.metadata
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from phonefleet.errors import PhonefleetError
from phonefleet.ledger.holders import this_holder
from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import FleetBench, started, tenant_field
from tests.prefect_worker import answered, post

WAVE = [{"name": "all"}]


def flag_off(fleet: FleetBench) -> None:
    apply_overrides(fleet.tenant("a1"), {"settings": {"phone_consolidated_experience": False}})


def provider_deleted(fleet: FleetBench) -> None:
    apply_overrides(fleet.tenant("a2"), {"delete_provider": True})


def factor_changed(fleet: FleetBench) -> None:
    apply_overrides(fleet.tenant("a3"), {"guardian": {"message_types": ["voice"]}})


def action_redeployed(fleet: FleetBench) -> None:
    action = fleet.tenant("b1").custom_phone_action()
    assert action is not None
    version = action.deployed()
    assert version is not None
    version.code += "\n// changed by hand"


def template_changed(fleet: FleetBench) -> None:
    template = next(t for t in fleet.tenant("c1").templates.values() if t["type"] == "otp_verify")
    template["content"]["body"]["text"] = "Call us: {{ code }}"


DRIFTS: dict[str, tuple[Callable[[FleetBench], None], str]] = {
    "a1": (flag_off, "flag was true, is false"),
    "a2": (provider_deleted, "provider was present, is absent"),
    "a3": (factor_changed, "message types were sms, are voice"),
    "b1": (action_redeployed, "Action phonefleet-phone-provider.code was sha256:"),
    "c1": (template_changed, "template otp_verify.text was"),
}
KINDS = {
    "a1": "twilio_sms",
    "a2": "twilio_sms",
    "a3": "twilio_sms",
    "b1": "action_single",
    "c1": "passwordless_gateway",
    "d1": "twilio_both",
    "e1": "not_configured",
}


def test_drift_is_reported_by_tenant_and_field(make_fleet: Any) -> None:
    """Exit 0 in sync; 6 where users of a drifted tenant get no messages. It writes nothing."""
    fleet: FleetBench = make_fleet(KINDS, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    writes = len(fleet.writes())
    assert set(tenant_field(fleet.run("compliance", "--json").expect(0), "outcome").values()) == {"unchanged"}
    for change, _ in DRIFTS.values():
        change(fleet)
    found = fleet.run("compliance", "--json").expect(6)
    for name, (_, what) in DRIFTS.items():
        assert what in tenant_field(found, "outcome_message")[name]
        assert f"{name}.eu.auth0.com: drifted" in found.err
    of = tenant_field(found, "outcome")
    assert {name for name, outcome in of.items() if outcome == "drifted"} == DRIFTS.keys()
    assert (of["d1"], of["e1"]) == ("unchanged", "unchanged")

    client = fleet.tenant("d1").clients[fleet.tenant("d1").management_client_id]
    client["client_secret"] = "another"
    with fleet.ledger() as ledger:
        migration = next(r.run_id for r in ledger.runs.recent() if r.verb == "migrate")
        lease = ledger.leases.acquire("a1.eu.auth0.com", this_holder(), migration, timedelta(minutes=5))
        unread = fleet.run("compliance", "--json").expect(6)
        ledger.leases.release(lease)
    assert tenant_field(unread, "outcome") == of | {"d1": "inconclusive", "a1": "inconclusive"}
    assert tenant_field(unread, "outcome_reason")["d1"] == "credentials_rejected"
    assert f"run {migration} is changing it" in tenant_field(unread, "outcome_message")["a1"]
    assert len(fleet.writes()) == writes


@pytest.mark.slow
def test_drift_of_rolled_back_and_unmigrated_tenants(make_fleet: Any) -> None:
    """Unknown tenants are named; after a rollback the legacy state counts; an accepted drift is the recorded state."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "d1": "not_configured"}, waves=WAVE)
    never = fleet.run("compliance", "--json").expect(0)
    assert set(tenant_field(never, "outcome_reason").values()) == {"never_assessed"}
    assert "not a tenant" in fleet.run("compliance", "--accept", "z.eu.auth0.com").expect(2).err
    fleet.run("migrate", "--yes").expect(0)
    fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(0)
    fleet.run("compliance").expect(0)
    on = {"phone_consolidated_experience": True}
    apply_overrides(fleet.tenant("a1"), {"settings": on})
    using = {"factors": {"sms": True}, "message_types": ["sms"]}
    apply_overrides(fleet.tenant("d1"), {"settings": on, "guardian": using})
    # It is broken now and was rolled back before: there is nothing to undo, and its drift is not accepted.
    fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(6)
    found = fleet.run("compliance", "--json").expect(6)
    assert "flag was false, is true" in tenant_field(found, "outcome_message")["a1"]
    assert "verdict was not_applicable, is broken" in tenant_field(found, "outcome_message")["d1"]
    accept = ("--accept", "A1.eu.auth0.com", "--accept", "d1.eu.auth0.com")
    # The drift is accepted; that the tenant sends no codes is still reported.
    accepted = fleet.run("compliance", "--json", *accept).expect(6)
    assert "accepted as it is now by" in tenant_field(accepted, "outcome_message")["a1"]
    assert set(tenant_field(fleet.run("compliance", "--json").expect(6), "outcome").values()) == {"unchanged"}
    # A rollback with nothing to undo leaves the accepted state the recorded one.
    apply_overrides(fleet.tenant("a1"), {"settings": {"phone_consolidated_experience": False}})
    fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(0)
    again = fleet.run("compliance", "--json").expect(6)
    assert "flag was true, is false" in tenant_field(again, "outcome_message")["a1"]


@pytest.mark.slow
def test_an_accepted_tenant_is_read_whole(make_fleet: Any) -> None:
    """Later runs compare with all of it, also where its verdict did not need all of it."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=WAVE)
    fleet.run("assess").expect(0)
    apply_overrides(fleet.tenant("a1"), {"guardian": {"factors": {"sms": False}}})
    found = fleet.run("compliance", "--json", "--accept", "a1.eu.auth0.com").expect(0)
    assert "verdict was eligible, is not_applicable" in tenant_field(found, "outcome_message")["a1"]
    same = fleet.run("compliance", "--json").expect(0)
    assert tenant_field(same, "outcome")["a1"] == "unchanged"
    apply_overrides(fleet.tenant("a1"), {"guardian": {"message_types": ["voice"]}})
    drifted = fleet.run("compliance", "--json").expect(1)
    assert "message types were sms, are voice" in tenant_field(drifted, "outcome_message")["a1"]


@contextmanager
def served(fleet: FleetBench, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Yield the command that serves a schedule, once its deployment exists."""
    with started("compliance", str(fleet.file), *args, api=fleet.api, cwd=fleet.directory) as process:
        limit = time.monotonic() + 90
        while not any(not d["paused"] for d in deployments(fleet)):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit
            time.sleep(0.5)
        yield process


def ask(fleet: FleetBench, path: str, **body: Any) -> Any:
    return post(f"{fleet.api}/{path}", body)


def deployments(fleet: FleetBench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(fleet, "deployments/filter")
    return [d for d in found if d["parameters"].get("fleet") == str(fleet.file)]


def states(fleet: FleetBench, deployment: str, *, wanted: int) -> list[str]:
    """The names of the states of a deployment's runs, once this many have ended."""
    limit = time.monotonic() + 150
    which = {"deployment_id": {"any_": [deployment]}}
    while True:
        runs = ask(fleet, "flow_runs/filter", flow_runs=which)
        over = [
            r["state_name"]
            for r in runs
            if r["state_type"] in ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")
        ]
        if len(over) >= wanted:
            return sorted(over)
        assert time.monotonic() < limit, runs
        time.sleep(1)


def due(fleet: FleetBench, deployment: str, times: int) -> None:
    """Create runs that were due long ago, as after a time in which no process served them."""
    late = {"type": "SCHEDULED", "name": "Late", "state_details": {"scheduled_time": "2026-01-01T00:00:00Z"}}
    for _ in range(times):
        ask(fleet, f"deployments/{deployment}/create_flow_run", state=late)


@pytest.mark.slow
def test_scheduled_runs_do_not_overlap(make_fleet: Any) -> None:
    """Of several late runs one is done; drift fails the flow run; the end of the process pauses the schedule."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=WAVE, fleet="every-night")
    fleet.run("migrate", "--yes").expect(0)
    with served(fleet, "--cron", "0 3 * * *", "--timezone", "Europe/Berlin") as process:
        (deployment,) = deployments(fleet)
        assert deployment["schedules"][0]["schedule"]["timezone"] == "Europe/Berlin"
        assert deployment["schedules"][0]["schedule"]["cron"] == "0 3 * * *"
        due(fleet, deployment["id"], 3)
        assert states(fleet, deployment["id"], wanted=3) == ["Cancelled", "Cancelled", "Completed"]
        flag_off(fleet)
        due(fleet, deployment["id"], 1)
        assert states(fleet, deployment["id"], wanted=4).count("Drift") == 1
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    (left,) = deployments(fleet)
    assert left["paused"]
    found = json.loads(fleet.ask("runs", "--json").expect(0).out)
    assert [run["verdict"] for run in found if run["verb"] == "compliance"] == ["drift", "complete"]


SQLALCHEMY = tuple(int(part) for part in importlib.metadata.version("sqlalchemy").split(".")[:2])


@pytest.mark.slow
@pytest.mark.skipif(
    SQLALCHEMY >= (2, 1),
    reason="the scheduler of Prefect 3.8.8 cannot insert its runs through SQLAlchemy 2.1",
)
def test_a_schedule_starts_runs_until_it_is_paused(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=WAVE, fleet="every-minute")
    fleet.run("migrate", "--yes").expect(0)
    with served(fleet, "--every", "1m"):
        (deployment,) = deployments(fleet)
        assert states(fleet, deployment["id"], wanted=1) == ["Completed"]
        answered("POST", f"{fleet.api}/deployments/{deployment['id']}/pause_deployment")
        done = len(states(fleet, deployment["id"], wanted=1))
        time.sleep(90)
        assert len(states(fleet, deployment["id"], wanted=1)) == done


@pytest.mark.parametrize(
    ("cron", "every", "timezone", "said"),
    [
        ("nope", None, "UTC", "--cron nope: cannot be parsed"),
        (None, "5s", "UTC", "at least a minute"),
        (None, "soon", "UTC", "is not a duration"),
        ("@daily", "5m", "UTC", "one of them"),
        (None, None, "UTC", "one of them"),
        ("@daily", None, "Mars/Olympus", "no such time zone"),
    ],
)
def test_an_invalid_schedule_is_refused(
    cron: str | None, every: str | None, timezone: str, said: str
) -> None:
    from flows.deployments import duration_of, schedule_of

    with pytest.raises(PhonefleetError, match=said):
        schedule_of(cron, duration_of(every) if every else None, timezone)


def test_a_schedule_needs_a_prefect_server(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, local_server=True)
    assert "PREFECT_API_URL" in fleet.run("compliance", "--every", "1h").expect(2).err
