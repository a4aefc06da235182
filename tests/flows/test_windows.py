"""A migration waits for its windows, leaves nothing half-way outside of them, and obeys deadlines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from configs import load_fleet
from phonefleet.model.enums import DecisionKind, StepKind
from phonefleet.model.run_record import RunRecord, WaveDecision
from phonefleet.rollout.windows import is_open
from tests.flows.fleet_bench import FleetBench
from tests.flows.virtual_time import daily_window, run_virtually

MINUTE = timedelta(minutes=1)


def of_windows(record: RunRecord) -> list[WaveDecision]:
    """The decisions about when tenants start."""
    gates = (DecisionKind.GATE_PASSED, DecisionKind.GATE_FAILED)
    return [decision for decision in record.decisions if decision.kind not in gates]


def test_a_run_waits_for_its_window(make_fleet: Any) -> None:
    """Nothing is written before the window opens, and it is recorded and shown until when the run waits."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    opens = (datetime.now(UTC) + timedelta(hours=2)).replace(second=0, microsecond=0)
    fleet.change(waves=[{"name": "all", "windows": [daily_window(opens, timedelta(hours=1))]}])
    run = run_virtually(fleet)
    assert run.code == 0
    record = fleet.record(run.run_id)
    waits, opened = of_windows(record)
    assert (waits.kind, opened.kind) == (DecisionKind.WAITS, DecisionKind.OPENED)
    assert (
        f"waits until {opens:%Y-%m-%d %H:%M} UTC (in 2 h 0 min)" in waits.message or "in 1 h" in waits.message
    )
    assert record.steps
    assert all(step.intended_at >= opened.at for step in record.steps)
    assert all(opens <= run.time_of(step.intended_at) < opens + timedelta(hours=1) for step in record.steps)
    shown = fleet.ask("status", run.run_id).expect(0)
    assert waits.message[:60] in " ".join(shown.out.split())


def test_tenants_that_do_not_fit_wait_for_the_next(make_fleet: Any) -> None:
    """A window for a part of the wave: every step of every tenant is within one of the windows."""
    kinds = {f"a{n}": "twilio_sms" for n in range(4)}
    fleet: FleetBench = make_fleet(kinds, waves=[{"name": "all"}])
    opens = (datetime.now(UTC) + timedelta(hours=2)).replace(second=0, microsecond=0)
    fleet.change(
        waves=[{"name": "all", "windows": [daily_window(opens, 46 * MINUTE)]}],
        rollout={"concurrency": 1, "time_per_tenant": "45m", "max_change": "100%"},
    )
    run = run_virtually(fleet, speeds=(300,))
    record = fleet.record(run.run_id)
    assert run.code == 0, [t.outcome_message for t in record.tenants]
    (window,) = load_fleet(fleet.file).waves[0].windows
    assert [t.outcome for t in record.tenants] == ["migrated"] * 4
    for step in record.steps:
        assert is_open(window, run.time_of(step.intended_at)), (step.domain, step.kind)
        assert step.ended_at
        assert is_open(window, run.time_of(step.ended_at)), (step.domain, step.kind)
    switched = {
        s.domain: run.time_of(s.intended_at) for s in record.steps if s.kind is StepKind.SWITCH_TENANT
    }
    assert len({moment.date() for moment in switched.values()}) >= 2
    assert [d.kind for d in record.decisions].count(DecisionKind.WAITS) >= 2


def test_a_passed_deadline_holds_the_rest(make_fleet: Any) -> None:
    """A wave whose window opens after its deadline is held, and so are later waves."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"})
    now = datetime.now(UTC)
    first = {
        "name": "first",
        "match": {"domain": ["a*"]},
        "windows": [daily_window(now + 120 * MINUTE, timedelta(hours=1))],
        "deadline": (now + 60 * MINUTE).isoformat(),
    }
    fleet.change(waves=[first, {"name": "second"}])
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "held", "b1": "held"}
    reasons = {t.domain[:2]: t.outcome_reason for t in fleet.record().tenants}
    assert reasons == {"a1": "deadline_passed", "b1": "wave_stopped"}
    assert fleet.writes() == []
    (missed,) = of_windows(fleet.record())
    assert missed.kind is DecisionKind.MISSED


def test_a_freeze_of_a_region_lets_others_go_on(make_fleet: Any) -> None:
    """The tenants of one owner are frozen for a day; the other tenant of the batch is migrated before."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    now = datetime.now(UTC)
    until = (now + timedelta(days=1)).replace(second=0, microsecond=0, tzinfo=None)
    freeze = {
        "match": {"domain": "a1*"},
        "from": (now - timedelta(hours=1)).replace(tzinfo=None).isoformat(timespec="minutes"),
        "to": until.isoformat(timespec="minutes"),
        "timezone": "UTC",
    }
    fleet.change(rollout={"freezes": [freeze]})
    run = run_virtually(fleet)
    assert run.code == 0
    ends = {t.domain[:2]: t for t in fleet.record(run.run_id).tenants}
    assert run.time_of(ends["b1"].started_at) < run.time_of(ends["a1"].started_at) - timedelta(hours=23)
    assert run.time_of(ends["a1"].started_at).replace(tzinfo=None) >= until


def test_a_soak_passes_by_the_runs_clock(make_fleet: Any) -> None:
    """As windows do: health is checked again after it, and the next wave starts only then."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "6h"}, {"name": "second"}],
    )
    run = run_virtually(fleet)
    record = fleet.record(run.run_id)
    assert run.code == 0, [t.outcome_message for t in record.tenants]
    ends = {t.domain[:2]: t for t in record.tenants}
    soaked = run.time_of(ends["b1"].started_at) - run.time_of(ends["a1"].ended_at)
    assert timedelta(hours=6) <= soaked < timedelta(hours=7)
