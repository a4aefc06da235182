"""What cannot be written or reached gives a message and exit code 2, and leaves no run open."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench


def test_a_run_ends_without_writable_reports(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    file = fleet.directory / "file"
    file.write_text("")
    done = fleet.run("assess", "--reports", str(file / "below")).expect(2)
    run = fleet.record()
    assert run.verdict == "complete"
    assert f"phonefleet report {run.run_id} --reports DIR" in done.err
    fleet.ask("report", run.run_id, "--reports", str(fleet.directory / "elsewhere")).expect(0)


def test_no_run_without_plan_folder_or_server(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    assert "there is no folder" in fleet.run("plan", "--out", "missing/plan.json").expect(2).err
    dead = fleet.run("assess", PREFECT_API_URL="http://127.0.0.1:1/api").expect(2)
    assert "does not answer" in dead.err
    for wrong in (str(fleet.api).removesuffix("/api"), str(fleet.api).removesuffix("api"), "127.0.0.1:4200"):
        done = fleet.run("assess", PREFECT_API_URL=wrong).expect(2)
        assert f"{fleet.api}" in done.err or "does not answer" in done.err, done.err
        assert "PREFECT_API_URL" in done.err
        assert done.out == ""
    assert fleet.tenant("a1").requests == []
