"""What may change while a run waits: approvals expire, tenants drift, deadlines pass, freezes begin, windows close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phonefleet.model.enums import SWITCHES, DecisionKind
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench, Json
from tests.flows.test_stopping import delayed
from tests.flows.test_wave_approvals import approve
from tests.flows.virtual_time import daily_window, run_virtually

HOUR = timedelta(hours=1)
PAIR = {"a1": "twilio_sms", "a2": "twilio_sms"}
MANUAL = {"name": "second wave", "approval": "manual"}


def soon(hours: float) -> datetime:
    """A full minute in some hours."""
    return (datetime.now(UTC) + hours * HOUR).replace(second=0, microsecond=0)


def ends(record: RunRecord) -> dict[str, str]:
    """Each tenant's outcome with its reason, by the first label of its domain."""
    found = {t.domain.split(".")[0]: (t.outcome, t.outcome_reason) for t in record.tenants}
    return {name: f"{kind} {reason}" if reason else str(kind) for name, (kind, reason) in found.items()}


def awaiting(fleet: FleetBench, **wave: Any) -> str:
    """A run that waits for the approval of its only wave; its id."""
    fleet.change(waves=[MANUAL | wave])
    assert run_virtually(fleet).code == 3
    assert fleet.writes() == []
    return fleet.record().run_id


def test_an_approval_expires_before_the_window(make_fleet: Any) -> None:
    """The wave was approved for two hours and its window opens in five: nothing starts, and it is asked for again."""
    fleet: FleetBench = make_fleet(PAIR, rollout={"approval": {"expires": "2h"}})
    opens = soon(5)
    run = awaiting(fleet, windows=[daily_window(opens, HOUR)])
    approve(fleet, run, "ann")
    waited = run_virtually(fleet, ledger_too=True)
    assert (waited.run_id, waited.code) == ("", 3)
    record = fleet.record()
    assert (record.run_id, record.ended_at) == (run, None)
    assert ends(record) == {"a1": "None", "a2": "None"}
    assert fleet.writes() == []
    kinds = [d.kind for d in record.decisions]
    wanted = ["awaits_approval", "approved", "waits", "opened", "awaits_approval"]
    assert [str(kind) for kind in kinds] == wanted
    last = record.decisions[-1]
    assert last.at >= opens
    assert "its approval has expired" in last.message

    approve(fleet, run, "ann")
    fleet.change(waves=[MANUAL])
    done = run_virtually(fleet)
    assert (done.run_id, done.code) == (run, 0)
    assert ends(fleet.record(run)) == {"a1": "migrated", "a2": "migrated"}


def test_a_tenant_drifts_before_the_window(make_fleet: Any) -> None:
    """It was planned before the wait: it is held, and the others start."""
    fleet: FleetBench = make_fleet(PAIR, waves=[{"name": "all", "windows": [daily_window(soon(3), HOUR)]}])
    run = run_virtually(fleet, meanwhile={"a1": {"guardian": {"message_types": ["sms", "voice"]}}})
    assert run.code == 3
    assert ends(fleet.record(run.run_id)) == {"a1": "held plan_changed", "a2": "migrated"}
    assert {domain[:2] for domain, _ in fleet.writes()} == {"a2"}
    assert not fleet.tenant("a1").flag


def test_a_deadline_passes_before_the_approval(make_fleet: Any) -> None:
    """The approval comes after it: nothing is written, and the tenants are held for the deadline."""
    fleet: FleetBench = make_fleet(PAIR)
    run = awaiting(fleet, deadline=soon(2).isoformat())
    approve(fleet, run, "ann")
    late = run_virtually(fleet, begin=soon(3))
    assert (late.run_id, late.code) == (run, 3)
    assert ends(fleet.record(run)) == {"a1": "held deadline_passed", "a2": "held deadline_passed"}
    assert fleet.writes() == []


def test_a_deadline_passes_before_the_window(make_fleet: Any) -> None:
    """The window opens before it, and too late for a tenant to be finished by then: the run does not wait for it."""
    fleet: FleetBench = make_fleet(PAIR, rollout={"time_per_tenant": "30m"})
    opens = soon(3)
    window = daily_window(opens, HOUR)
    fleet.change(
        waves=[{"name": "all", "windows": [window], "deadline": (opens + HOUR / 3).isoformat()}],
    )
    run = run_virtually(fleet)
    record = fleet.record(run.run_id)
    assert run.code == 3
    assert ends(record) == {"a1": "held deadline_passed", "a2": "held deadline_passed"}
    assert DecisionKind.WAITS not in [d.kind for d in record.decisions]
    assert fleet.writes() == []


def test_a_freeze_begins_while_a_wave_soaks(make_fleet: Any) -> None:
    """The next batch starts when the freeze has ended, a day after its soak."""
    fleet: FleetBench = make_fleet(PAIR, waves=[{"name": "all", "size": [1], "soak": "6h"}])
    begins, until = soon(3), soon(27)
    freeze = {
        "from": begins.replace(tzinfo=None).isoformat(),
        "to": until.replace(tzinfo=None).isoformat(),
        "timezone": "UTC",
    }
    fleet.change(rollout={"freezes": [freeze]})
    run = run_virtually(fleet)
    assert run.code == 0
    record = fleet.record(run.run_id)
    first, second = sorted(run.time_of(step.intended_at) for step in record.steps if step.kind in SWITCHES)
    assert first < begins
    assert until <= second < until + HOUR
    assert all(not begins <= run.time_of(step.intended_at) < until for step in record.steps)


PREPARED_CHANGES: dict[str, tuple[Json, str, str]] = {
    "nothing": ({}, "migrated", "migrated"),
    "legacy side": ({"guardian": {"message_types": ["sms", "voice"]}}, "held plan_changed", "migrated"),
    "new provider": ({"provider": {"disabled": True}}, "failed provider_taken", "held wave_stopped"),
}


@pytest.mark.parametrize("changed", PREPARED_CHANGES)
def test_a_window_closes_before_the_switch(make_fleet: Any, changed: str) -> None:
    """A prepared tenant waits for the next window, unswitched; one that was changed by then is not switched at all."""
    change, a1, a2 = PREPARED_CHANGES[changed]
    fleet: FleetBench = make_fleet(PAIR, rollout={"time_per_tenant": "1m", "healthy_deadline": "1s"})
    fleet.change(waves=[{"name": "all", "windows": [daily_window(soon(3), 2 * HOUR)]}])
    # The first window is open for 8 s, and a preparation in it takes 10 s.
    fleet.faults(delayed("POST", "*/branding/phone/providers", 10) | {"times": 2})
    run = run_virtually(fleet, speeds=(1, 900, 1), meanwhile={"a1": change} if change else {})
    record = fleet.record(run.run_id)
    assert ends(record) == {"a1": a1, "a2": a2}
    assert (run.code == 0) is not bool(change)
    assert DecisionKind.POSTPONED in [d.kind for d in record.decisions]
    first, second = (d.at for d in record.decisions if d.kind is DecisionKind.OPENED)
    assert any(first <= step.intended_at < second and step.domain[:2] == "a1" for step in record.steps)
    switches = [step for step in record.steps if step.kind in SWITCHES]
    assert all(step.intended_at >= second for step in switches)
    assert fleet.tenant("a1").flag is not bool(change)


@pytest.mark.parametrize(
    ("begin", "window", "expected"),
    [
        # The clocks skip 02:00 to 03:00: the window has only its second half, from 01:00 UTC.
        ("2027-03-27T20:00+00:00", ("02:30", "03:30"), ("2027-03-28T01:00+00:00", "2027-03-28T01:30+00:00")),
        # They show 02:00 to 03:00 twice: the window opens at 00:30 UTC and again at 01:30.
        ("2027-10-30T20:00+00:00", ("02:30", "02:45"), ("2027-10-31T00:30+00:00", "2027-10-31T00:45+00:00")),
    ],
)
def test_clocks_change_while_a_run_waits(
    make_fleet: Any, begin: str, window: tuple[str, str], expected: tuple[str, str]
) -> None:
    fleet: FleetBench = make_fleet(PAIR)
    opens, closes = window
    hours = {"from": opens, "to": closes, "timezone": "Europe/Berlin"}
    fleet.change(waves=[{"name": "all", "windows": [hours]}])
    run = run_virtually(fleet, begin=datetime.fromisoformat(begin))
    record = fleet.record(run.run_id)
    assert run.code == 0
    start, end = map(datetime.fromisoformat, expected)
    assert len({step.domain for step in record.steps}) == 2
    assert all(start <= run.time_of(step.intended_at) < end for step in record.steps)


def test_a_repeated_hour_is_used_twice(make_fleet: Any) -> None:
    """Clocks show the window's times again after the soak of the first batch: the second does not wait for a day."""
    fleet: FleetBench = make_fleet(PAIR)
    hours = {"from": "02:30", "to": "02:45", "timezone": "Europe/Berlin"}
    fleet.change(waves=[{"name": "all", "size": [1], "soak": "30m", "windows": [hours]}])
    run = run_virtually(fleet, begin=datetime(2027, 10, 30, 20, tzinfo=UTC))
    assert run.code == 0
    record = fleet.record(run.run_id)
    switched = sorted(run.time_of(step.intended_at) for step in record.steps if step.kind in SWITCHES)
    half_past = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert [moment - half_past < HOUR / 4 for moment in switched] == [True, False]
    assert timedelta() <= switched[1] - half_past - HOUR < HOUR / 4
