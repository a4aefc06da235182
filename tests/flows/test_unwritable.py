"""What cannot be written or reached is told in a sentence, with exit code 2, and no run is left open by it."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench


def test_reports_that_cannot_be_written_leave_a_run_that_has_its_end(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    file = fleet.directory / "file"
    file.write_text("")
    done = fleet.run("assess", "--reports", str(file / "below")).expect(2)
    run = fleet.record()
    assert run.verdict == "complete"
    assert f"phonefleet report {run.run_id} --reports DIR" in done.err
    fleet.ask("report", run.run_id, "--reports", str(fleet.directory / "elsewhere")).expect(0)


def test_nothing_is_begun_for_a_plan_or_a_server_that_cannot_be(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    assert "there is no folder" in fleet.run("plan", "--out", "missing/plan.json").expect(2).err
    dead = fleet.run("assess", PREFECT_API_URL="http://127.0.0.1:1/api").expect(2)
    assert "does not answer" in dead.err
    assert fleet.tenant("a1").requests == []
