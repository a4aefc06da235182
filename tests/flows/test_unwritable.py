"""What cannot be written or reached gives a message and exit code 2, and leaves no run open."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from flows.prefect_settings import check_prefect_api
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


class SlowHealth(BaseHTTPRequestHandler):
    """Prefect's health, after a wait as for a locked database."""

    def do_GET(self) -> None:
        time.sleep(20)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_a_server_that_waits_for_its_database_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), SlowHealth) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
        check_prefect_api()
        server.shutdown()
