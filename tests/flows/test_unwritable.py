"""What cannot be written or reached is told in a sentence, with exit code 2, and no run is left open by it."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import Stand


def test_reports_that_cannot_be_written_leave_a_run_that_has_its_end(stand: Any) -> None:
    here: Stand = stand({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    file = here.directory / "file"
    file.write_text("")
    done = here.run("assess", "--reports", str(file / "below")).expect(2)
    run = here.record()
    assert run.verdict == "complete"
    assert f"phonefleet report {run.run_id} --reports DIR" in done.err
    here.ask("report", run.run_id, "--reports", str(here.directory / "elsewhere")).expect(0)


def test_nothing_is_begun_for_a_plan_or_a_server_that_cannot_be(stand: Any) -> None:
    here: Stand = stand({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    assert "there is no folder" in here.run("plan", "--out", "missing/plan.json").expect(2).err
    dead = here.run("assess", PREFECT_API_URL="http://127.0.0.1:1/api").expect(2)
    assert "does not answer" in dead.err
    assert here.tenant("a1").requests == []
