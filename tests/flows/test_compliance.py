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

import httpx
import pytest

from phonefleet.errors import PhonefleetError
from phonefleet.ledger.holders import this_holder
from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import Stand, started, told

WAVE = [{"name": "all"}]


def flag_off(here: Stand) -> None:
    apply_overrides(here.tenant("a1"), {"settings": {"phone_consolidated_experience": False}})


def provider_deleted(here: Stand) -> None:
    apply_overrides(here.tenant("a2"), {"delete_provider": True})


def factor_changed(here: Stand) -> None:
    apply_overrides(here.tenant("a3"), {"guardian": {"message_types": ["voice"]}})


def action_redeployed(here: Stand) -> None:
    action = here.tenant("b1").custom_phone_action()
    assert action is not None
    version = action.deployed()
    assert version is not None
    version.code += "\n// somebody was here"


def template_changed(here: Stand) -> None:
    template = next(t for t in here.tenant("c1").templates.values() if t["type"] == "otp_verify")
    template["content"]["body"]["text"] = "Call us: {{ code }}"


DRIFTS: dict[str, tuple[Callable[[Stand], None], str]] = {
    "a1": (flag_off, "flag was true, is false"),
    "a2": (provider_deleted, "provider was there, is absent"),
    "a3": (factor_changed, "message types was sms, is voice"),
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


def test_drift_is_told_by_tenant_and_field_and_the_unread_are_never_in_sync(stand: Any) -> None:
    """0 in sync; 1 with each change named; 3 where one is not read or is being changed; nothing is written."""
    here: Stand = stand(KINDS, waves=WAVE)
    here.run("migrate", "--yes").expect(0)
    writes = len(here.writes())
    assert set(told(here.run("compliance", "--json").expect(0), "outcome").values()) == {"unchanged"}
    for change, _ in DRIFTS.values():
        change(here)
    found = here.run("compliance", "--json").expect(1)
    for name, (_, what) in DRIFTS.items():
        assert what in told(found, "outcome_message")[name]
        assert f"{name}.eu.auth0.com: drifted" in found.err
    of = told(found, "outcome")
    assert {name for name, outcome in of.items() if outcome == "drifted"} == DRIFTS.keys()
    assert (of["d1"], of["e1"]) == ("unchanged", "unchanged")

    client = here.tenant("d1").clients[here.tenant("d1").management_client_id]
    client["client_secret"] = "another"
    with here.ledger() as ledger:
        migration = next(r.run_id for r in ledger.runs.recent() if r.verb == "migrate")
        lease = ledger.leases.acquire("a1.eu.auth0.com", this_holder(), migration, timedelta(minutes=5))
        unread = here.run("compliance", "--json").expect(3)
        ledger.leases.release(lease)
    assert told(unread, "outcome") == of | {"d1": "inconclusive", "a1": "inconclusive"}
    assert told(unread, "outcome_reason")["d1"] == "credentials_rejected"
    assert f"run {migration} is changing it" in told(unread, "outcome_message")["a1"]
    assert len(here.writes()) == writes


@pytest.mark.slow
def test_what_was_rolled_back_or_never_moved_is_held_against_that(stand: Any) -> None:
    """Unknown tenants are said to be; after a rollback the old side counts; what is accepted is the new measure."""
    here: Stand = stand({"a1": "twilio_sms", "d1": "not_configured"}, waves=WAVE)
    never = here.run("compliance", "--json").expect(0)
    assert set(told(never, "outcome_reason").values()) == {"never_assessed"}
    assert "not a tenant" in here.run("compliance", "--accept", "z.eu.auth0.com").expect(2).err
    here.run("migrate", "--yes").expect(0)
    here.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(0)
    here.run("compliance").expect(0)
    on = {"phone_consolidated_experience": True}
    apply_overrides(here.tenant("a1"), {"settings": on})
    using = {"factors": {"sms": True}, "message_types": ["sms"]}
    apply_overrides(here.tenant("d1"), {"settings": on, "guardian": using})
    # It is broken now, and was rolled back before: nothing to take back, and its drift is not adopted.
    here.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(3)
    found = here.run("compliance", "--json").expect(1)
    assert "flag was false, is true" in told(found, "outcome_message")["a1"]
    assert "verdict was not_applicable, is broken" in told(found, "outcome_message")["d1"]
    accept = ("--accept", "A1.eu.auth0.com", "--accept", "d1.eu.auth0.com")
    # Accepted is how it is; that nobody gets a code there is told all the same.
    accepted = here.run("compliance", "--json", *accept).expect(3)
    assert "accepted as it is now by" in told(accepted, "outcome_message")["a1"]
    assert set(told(here.run("compliance", "--json").expect(3), "outcome").values()) == {"unchanged"}


@contextmanager
def served(here: Stand, *args: str) -> Iterator[subprocess.Popen[str]]:
    """The command that serves a schedule, once its deployment is there."""
    with started("compliance", str(here.file), *args, api=here.api, cwd=here.directory) as process:
        limit = time.monotonic() + 90
        while not any(not d["paused"] for d in deployments(here)):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit
            time.sleep(0.5)
        yield process


def ask(here: Stand, path: str, **body: Any) -> Any:
    return httpx.post(f"{here.api}/{path}", json=body, timeout=30).raise_for_status().json()


def deployments(here: Stand) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(here, "deployments/filter")
    return [d for d in found if d["parameters"].get("fleet_file") == str(here.file)]


def states(here: Stand, deployment: str, *, wanted: int) -> list[str]:
    """The names of the states of a deployment's runs, once so many of them are over."""
    limit = time.monotonic() + 150
    which = {"deployment_id": {"any_": [deployment]}}
    while True:
        runs = ask(here, "flow_runs/filter", flow_runs=which)
        over = [
            r["state_name"]
            for r in runs
            if r["state_type"] in ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")
        ]
        if len(over) >= wanted:
            return sorted(over)
        assert time.monotonic() < limit, runs
        time.sleep(1)


def due(here: Stand, deployment: str, times: int) -> None:
    """Runs that were due long ago, as after a time in which nobody served them."""
    late = {"type": "SCHEDULED", "name": "Late", "state_details": {"scheduled_time": "2026-01-01T00:00:00Z"}}
    for _ in range(times):
        ask(here, f"deployments/{deployment}/create_flow_run", state=late)


@pytest.mark.slow
def test_scheduled_runs_never_overlap_and_drift_fails_them(stand: Any) -> None:
    """Of several late runs one is done; drift fails the flow run; the end of the process pauses the schedule."""
    here: Stand = stand({"a1": "twilio_sms"}, waves=WAVE, fleet="every-night")
    here.run("migrate", "--yes").expect(0)
    with served(here, "--cron", "0 3 * * *", "--timezone", "Europe/Berlin") as process:
        (deployment,) = deployments(here)
        assert deployment["schedules"][0]["schedule"]["timezone"] == "Europe/Berlin"
        assert deployment["schedules"][0]["schedule"]["cron"] == "0 3 * * *"
        due(here, deployment["id"], 3)
        assert states(here, deployment["id"], wanted=3) == ["Cancelled", "Cancelled", "Completed"]
        flag_off(here)
        due(here, deployment["id"], 1)
        assert states(here, deployment["id"], wanted=4).count("Failed") == 1
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    (left,) = deployments(here)
    assert left["paused"]
    found = json.loads(here.ask("runs", "--json").expect(0).out)
    assert [run["verdict"] for run in found if run["verb"] == "compliance"] == ["drift", "complete"]


SQLALCHEMY = tuple(int(part) for part in importlib.metadata.version("sqlalchemy").split(".")[:2])


@pytest.mark.slow
@pytest.mark.skipif(
    SQLALCHEMY >= (2, 1),
    reason="the scheduler of Prefect 3.8.8 cannot insert its runs through SQLAlchemy 2.1",
)
def test_the_schedule_starts_runs_by_itself_and_a_paused_one_does_not(stand: Any) -> None:
    here: Stand = stand({"a1": "twilio_sms"}, waves=WAVE, fleet="every-minute")
    here.run("migrate", "--yes").expect(0)
    with served(here, "--every", "1m"):
        (deployment,) = deployments(here)
        assert states(here, deployment["id"], wanted=1) == ["Completed"]
        ask_nothing = httpx.post(f"{here.api}/deployments/{deployment['id']}/pause_deployment", timeout=30)
        assert ask_nothing.is_success
        done = len(states(here, deployment["id"], wanted=1))
        time.sleep(90)
        assert len(states(here, deployment["id"], wanted=1)) == done


@pytest.mark.parametrize(
    ("cron", "every", "timezone", "said"),
    [
        ("nope", None, "UTC", "--cron nope: cannot be read"),
        (None, "5s", "UTC", "at least a minute"),
        (None, "soon", "UTC", "is no duration"),
        ("@daily", "5m", "UTC", "one of them"),
        (None, None, "UTC", "one of them"),
        ("@daily", None, "Mars/Olympus", "no such zone"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_at_once(
    cron: str | None, every: str | None, timezone: str, said: str
) -> None:
    from flows.schedule import duration_of, schedule_of

    with pytest.raises(PhonefleetError, match=said):
        schedule_of(cron, duration_of(every) if every else None, timezone)


def test_a_schedule_needs_a_server_that_stays(stand: Any) -> None:
    here: Stand = stand({"a1": "twilio_sms"}, local_server=True)
    assert "PREFECT_API_URL" in here.run("compliance", "--every", "1h").expect(2).err
