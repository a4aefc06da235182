"""The pause file, `phonefleet pause` and Prefect's pause: each holds a run back, and it goes on when the last ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from phonefleet.model.enums import DecisionKind
from tests.flows.fleet_bench import FleetBench, Process, started
from tests.prefect_worker import post


def lines_until(process: Process, beginning: str) -> list[str]:
    """The lines that a process prints until one begins like this, after its time."""
    assert process.stderr is not None
    lines: list[str] = []
    stream: Iterator[str] = iter(process.stderr)
    for line in stream:
        lines.append(line)
        if line.partition("Z ")[2].startswith(beginning):
            return lines
    raise AssertionError(f"no line begins with {beginning!r}: {lines}")


def flow_run_of(api: str, run_id: str) -> str:
    asked = {"flow_runs": {"name": {"like_": run_id}}}
    (found,) = post(f"{api}/flow_runs/filter", asked)
    return str(found["id"])


def test_each_kind_of_pause_holds_a_run_back(make_fleet: Any, prefect_api: str) -> None:
    """Nothing is written until the last of three pauses has ended; each is recorded and shown."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    pause_file = fleet.directory / ".state" / "PAUSE"
    pause_file.parent.mkdir()
    pause_file.touch()
    arguments = ("migrate", str(fleet.file), "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        lines_until(process, "paused: ")
        run_id = fleet.record().run_id
        assert "is paused" in fleet.ask("pause", run_id).expect(0).out
        assert "paused by" in fleet.ask("status", run_id).expect(0).out
        pause_file.unlink()
        lines_until(process, "paused by ")

        flow_run = flow_run_of(prefect_api, run_id)
        paused = {"state": {"type": "PAUSED", "name": "Paused"}}
        answer = post(f"{prefect_api}/flow_runs/{flow_run}/set_state", paused)
        assert answer["status"] == "ACCEPT", answer
        assert "no longer paused" in fleet.ask("resume", run_id).expect(0).out
        lines_until(process, "paused in Prefect")
        time.sleep(1.5)
        assert fleet.writes() == []

        resumed = post(f"{prefect_api}/flow_runs/{flow_run}/resume")
        assert resumed["status"] == "ACCEPT", resumed
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert [t["outcome"] for t in json.loads(out)["tenants"]] == ["migrated"]
    kinds = [decision.kind for decision in fleet.record().decisions]
    assert [kind for kind in kinds if kind is DecisionKind.PAUSED] == [DecisionKind.PAUSED] * 3
    late = fleet.ask("pause", run_id).expect(2)
    assert "has ended" in late.err
