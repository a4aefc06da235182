"""A wave with `approval: manual` starts only after a person has approved its plans."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode
from phonefleet.model.run_record import ApprovalChannel, RunRecord
from phonefleet.system_user import operating_system_user
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.flows.test_deployments import at_work, deployed  # noqa: F401
from tests.flows.test_stopping import PHASES, has_intent
from tests.prefect_server import clean_environ
from tests.prefect_worker import FINAL, await_condition, await_state, flow_run, post, start_run

KINDS = {"a1": "twilio_sms", "a2": "twilio_sms", "b1": "twilio_sms"}


def waves(**second: Any) -> list[dict[str, Any]]:
    return [
        {"name": "first", "match": {"domain": ["b*"]}},
        {"name": "second wave", "approval": "manual", **second},
    ]


def plans_of(record: RunRecord, wave: str) -> dict[str, str]:
    return {t.domain: t.plan_checksum for t in record.tenants if t.wave == wave}


def kinds_of(record: RunRecord) -> list[DecisionKind]:
    wanted = (DecisionKind.AWAITS_APPROVAL, DecisionKind.APPROVED)
    return [decision.kind for decision in record.decisions if decision.kind in wanted]


def test_a_run_exits_and_goes_on_after_its_approval(make_fleet: Any) -> None:
    """The wave before is done, nothing of the other is written, and the same command continues the same run."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves())
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "", "a2": "", "b1": "migrated"}
    assert {domain[:2] for domain, _ in fleet.writes()} == {"b1"}
    run = done.document["run"]
    assert f"phonefleet approve-wave {run} 'second wave'" in done.err
    assert "Continue with: phonefleet migrate" in done.err
    assert Path(done.document["reports"]["html"]).is_file()
    again = fleet.run("migrate", "--yes", "--json").expect(3)
    assert again.document["run"] == run
    assert "no wave third" in fleet.ask("approve-wave", run, "third", "--yes").expect(2).err
    assert "no tenant of wave first" in fleet.ask("approve-wave", run, "first", "--yes").expect(2).err

    approved = fleet.ask("approve-wave", run, "second wave", "--note", "looks good", "--yes").expect(0)
    assert "2 tenant(s) to change" in approved.err
    assert f"--resume {run}" in approved.err
    finished = fleet.run("migrate", "--yes", "--json").expect(0)
    assert finished.document["run"] == run
    assert set(finished.outcomes().values()) == {"migrated"}
    record = fleet.record(run)
    assert kinds_of(record) == [DecisionKind.AWAITS_APPROVAL] * 2 + [DecisionKind.APPROVED]
    with fleet.ledger() as ledger:
        assert ledger.audit.faults() == []
        (entry,) = [e for e in ledger.audit.entries() if e.action is AuditAction.WAVE_APPROVED]
    assert entry.by == operating_system_user()
    assert entry.detail["plans"] == plans_of(record, "second wave")
    assert entry.detail["note"] == "looks good"
    assert "has ended" in fleet.ask("approve-wave", run, "second wave", "--yes").expect(2).err


def test_a_changed_tenant_voids_its_approval_alone(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(KINDS, waves=waves())
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    fleet.ask("approve-wave", run, "second wave", "--yes").expect(0)
    fleet.change_tenant("a1", {"guardian": {"message_types": ["sms", "voice"]}})
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "held", "a2": "migrated", "b1": "migrated"}
    assert tenant_field(done, "outcome_reason")["a1"] == "approval_void"
    assert not fleet.tenant("a1").flag


def test_the_starter_may_not_approve(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(KINDS, waves=waves(), rollout={"approval": {"by_other": True}})
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    own = fleet.ask("approve-wave", run, "second wave", "--yes").expect(2)
    assert "asks for another person" in own.err
    environ = {"LOGNAME": "somebody", "USER": "somebody"}
    from tests.flows.fleet_bench import phonefleet

    spoofed = phonefleet(
        *("approve-wave", run, "second wave", "--yes", "--fleet", str(fleet.file)),
        api=fleet.api,
        cwd=fleet.directory,
        **environ,
    )
    assert "asks for another person" in spoofed.expect(2).err
    approve(fleet, run, "another")
    assert fleet.run("migrate", "--yes", "--json").expect(0).document["run"] == run


def approve(fleet: FleetBench, run: str, user: str, age: timedelta = timedelta()) -> None:
    """Approve the second wave as another user, or some time ago."""
    clock = (lambda: datetime.now(UTC) - age) if age else None
    known = fleet.directory / ".state" / "ledger.known"
    with Ledger.open(fleet.ledger_file, create=False, clock=clock, known=known) as ledger:
        plans = plans_of(ledger.runs.record(run), "second wave")
        ledger.approvals.approve_wave(
            run, "second wave", plans, os_user=user, channel=ApprovalChannel.COMMAND
        )


def test_an_approval_lasts_for_weeks_and_no_longer(make_fleet: Any) -> None:
    """One of 20 days ago counts if `expires` says so, and one that is older than that does not."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves(), rollout={"approval": {"expires": "21d"}})
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    approve(fleet, run, "ann", timedelta(days=22))
    late = fleet.run("migrate", "--yes", "--json").expect(3)
    assert "its approval has expired" in late.err
    approve(fleet, run, "ann", timedelta(days=20))
    assert fleet.run("migrate", "--yes", "--json").expect(0).document["run"] == run


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 3)])
def test_on_a_terminal_a_person_is_asked(make_fleet: Any, answer: str, code: int) -> None:
    fleet: FleetBench = make_fleet(KINDS, waves=waves())
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", "migrate", str(fleet.file), "--yes", "--json"],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=clean_environ()
        | {"PREFECT_API_URL": fleet.api or "", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    os.close(theirs)
    assert process.stderr is not None
    while "waits for its approval" not in (line := process.stderr.readline()):
        assert line, "it ended without asking"
    os.write(ours, f"{answer}\n".encode())
    # The question may be in what was read together with the line before it.
    with process.stderr:
        err = process.stderr.read()
    os.close(ours)
    assert process.wait(timeout=120) == code, err
    assert "Approve wave second wave?" in err
    with fleet.ledger() as ledger:
        given = ledger.audit.wave_approvals(ledger.runs.record("latest").run_id, "second wave")
    assert [each.channel for each in given] == ([ApprovalChannel.TERMINAL] if code == 0 else [])


def suspended(make_fleet: Any, name: str, **rollout: Any) -> tuple[FleetBench, str]:
    """A deployment's run that waits for its approval, and its flow run."""
    fleet: FleetBench = make_fleet(KINDS, fleet=name, waves=waves(), rollout=rollout)
    assert fleet.api
    deployed(fleet)
    identifier = start_run(fleet.api, f"migrate/{name}")
    state = await_state(fleet.api, identifier, states={"PAUSED", "COMPLETED", "FAILED", "CRASHED"})
    assert (state["name"], state["state_details"]["pause_timeout"]) == ("Suspended", None), state
    await_condition(lambda: is_free(fleet), "the process does not end")
    return fleet, identifier


def is_free(fleet: FleetBench) -> bool:
    with fleet.ledger() as ledger:
        return not ledger.runs.summary("latest").holder


def test_a_deployments_run_is_suspended_and_resumed(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """No process waits. `approve-wave` resumes the flow run, and a worker continues the same run."""
    fleet, identifier = suspended(make_fleet, "approve-command")
    run = fleet.record().run_id
    assert {domain[:2] for domain, _ in fleet.writes()} == {"b1"}
    approved = fleet.ask("approve-wave", run, "second wave", "--yes").expect(0)
    assert "is resumed" in approved.err
    state = await_state(fleet.api or "", identifier, limit=250)
    assert state["type"] == "COMPLETED", state
    record = fleet.record()
    assert record.run_id == run
    assert {str(t.outcome) for t in record.tenants} == {"migrated"}


def resume_in_prefect(api: str, identifier: str, form: dict[str, str]) -> dict[str, Any]:
    return post(f"{api}/flow_runs/{identifier}/resume", {"run_input": form})


def test_resuming_in_prefect_approves_with_a_name(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """As its user interface does it: the form asks who approves; both names are recorded."""
    fleet, identifier = suspended(make_fleet, "approve-form")
    assert resume_in_prefect(fleet.api or "", identifier, {})["status"] == "REJECT"
    form = {"approved_by": "Ann Lee", "note": "saw the plan"}
    assert resume_in_prefect(fleet.api or "", identifier, form)["status"] == "ACCEPT"
    state = await_state(fleet.api or "", identifier, limit=250)
    assert state["type"] == "COMPLETED", state
    with fleet.ledger() as ledger:
        (given,) = ledger.audit.wave_approvals(fleet.record().run_id, "second wave")
    assert (given.by, given.prefect_user, given.channel) == ("Ann Lee", "Ann Lee", ApprovalChannel.PREFECT)
    assert given.os_user == operating_system_user()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_resuming_in_prefect_covers_shown_plans(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """The resumed run reads the tenants again: a person did not see a plan that has changed since."""
    fleet, identifier = suspended(make_fleet, "approve-shown")
    shown = plans_of(fleet.record(), "second wave")
    fleet.change_tenant("a1", {"guardian": {"message_types": ["sms", "voice"]}})
    assert resume_in_prefect(fleet.api or "", identifier, {"approved_by": "Ann Lee"})["status"] == "ACCEPT"
    await_state(fleet.api or "", identifier, limit=250)
    record = fleet.record()
    ended = {t.domain[:2]: (t.outcome, t.outcome_reason) for t in record.tenants}
    assert ended["a1"] == (OutcomeKind.HELD, ReasonCode.APPROVAL_VOID)
    assert ended["a2"] == (OutcomeKind.MIGRATED, None)
    assert not fleet.tenant("a1").flag
    with fleet.ledger() as ledger:
        (given,) = ledger.audit.wave_approvals(record.run_id, "second wave")
    assert given.plans == shown != plans_of(record, "second wave")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_name_typed_in_prefect_is_no_other_person(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """With `by_other` the run is suspended again, and only another user of the system can approve."""
    fleet, identifier = suspended(make_fleet, "approve-other", approval={"by_other": True})
    api, run = fleet.api or "", fleet.record().run_id
    first = flow_run(api, identifier)["state"]["id"]

    def suspended_again() -> bool:
        state = flow_run(api, identifier)["state"]
        assert state["type"] not in FINAL, state
        return bool(state["name"] == "Suspended" and state["id"] != first)

    assert resume_in_prefect(api, identifier, {"approved_by": "Ann Lee"})["status"] == "ACCEPT"
    await_condition(suspended_again, "it is not suspended again", 300)
    assert {domain[:2] for domain, _ in fleet.writes()} == {"b1"}
    await_condition(lambda: is_free(fleet), "the process does not end")
    approve(fleet, run, "another")
    assert resume_in_prefect(api, identifier, {"approved_by": "another"})["status"] == "ACCEPT"
    assert await_state(api, identifier, limit=400)["type"] == "COMPLETED"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_suspended_run_is_not_called_dead(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """It sends no heartbeat for longer than a dead run is given."""
    fleet, identifier = suspended(make_fleet, "approve-late")
    time.sleep(150)
    assert flow_run(fleet.api or "", identifier)["state"]["name"] == "Suspended"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_person_suspends_a_deployments_run(make_fleet: Any, at_work: Path) -> None:  # noqa: F811
    """The tenant in hand is prepared, the process ends, and a worker continues the same run once it is resumed."""
    fleet: FleetBench = make_fleet(
        KINDS,
        fleet="suspend-person",
        waves=[{"name": "all"}],
        rollout={"concurrency": 1},
        faults={"rules": [PHASES["prepare"][0]]},
    )
    assert fleet.api
    deployed(fleet)
    identifier = start_run(fleet.api, "migrate/suspend-person")
    await_condition(lambda: has_intent(fleet), "no write is under way", 90)
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_reschedule": True}}
    answer = post(f"{fleet.api}/flow_runs/{identifier}/set_state", {"state": suspended})
    assert answer["status"] == "ACCEPT", answer
    await_condition(lambda: is_free(fleet), "the process does not end", 90)
    assert not any(tenant.flag for tenant in fleet.tenants())
    with fleet.ledger() as ledger:
        assert ledger.steps.open_intents() == []
    run = fleet.record().run_id
    fleet.faults()
    resumed = post(f"{fleet.api}/flow_runs/{identifier}/resume")
    assert resumed["status"] == "ACCEPT", resumed
    assert await_state(fleet.api, identifier, limit=400)["type"] == "COMPLETED"
    assert fleet.record().run_id == run
    assert all(tenant.flag for tenant in fleet.tenants())
