"""What runs leave in reports and in Prefect: batches, artifacts, the trend, drift field by field."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

import reports
from flows.artifacts import publish
from reports.data_files import read_csv
from tests.flows.fleet_bench import Done, FleetBench
from tests.prefect_worker import post
from tests.reports.record_factory import make_record

SMALL = {"a1": "twilio_sms", "b1": "twilio_both", "b2": "passwordless_twilio", "c1": "not_configured"}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second", "size": [1]}]


def frame(fleet: FleetBench, done: Done, name: str) -> pd.DataFrame:
    return read_csv(name, fleet.directory / done.document["reports"][f"csv:{name}"])


def artifacts(api: str, done: Done) -> dict[str, Any]:
    """What Prefect's server has of the run, by the last part of its key."""
    asked = {"flow_runs": {"name": {"like_": done.document["run"]}}}
    found = post(f"{api}/artifacts/filter", asked)
    start = "migrate-simulated-"
    return {one["key"].removeprefix(start): one for one in found if one["key"].startswith(start)}


def test_a_run_publishes_its_summary_in_prefect(make_fleet: Any, prefect_api: str) -> None:
    """Each tenant is in its batch, each batch in the timeline, and Prefect has the summary and who is not done."""
    lie = {"domain": "b1*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    fleet: FleetBench = make_fleet(
        SMALL, waves=WAVES, faults={"rules": [lie]}, rollout={"max_change": "100%"}
    )
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    tenants = frame(fleet, done, "tenants").set_index("domain")
    batches = {domain.split(".")[0]: batch for domain, batch in tenants["batch"].items() if pd.notna(batch)}
    assert batches == {"a1": 1, "b1": 1, "b2": 2}
    waves = frame(fleet, done, "waves")
    begun = waves[waves["started_at"].notna()]
    assert list(zip(begun["wave"], begun["batch"], strict=True)) == [("first", 1), ("second", 1)]
    page = (fleet.directory / done.document["reports"]["html"]).read_text()
    assert "When each batch of each wave ran" in page
    kept = artifacts(prefect_api, done)
    assert kept["summary"]["data"] == (fleet.directory / done.document["reports"]["markdown"]).read_text()
    table = {row["tenant"].split(".")[0]: row for row in json.loads(kept["not-done"]["data"])}
    assert set(table) == {"b1", "b2"}
    assert table["b2"]["outcome"] == "held"
    assert "b1.eu.auth0.com" in table["b1"]["message"]


@pytest.mark.slow
def test_compliance_reports_show_trend_and_drift(make_fleet: Any) -> None:
    """The second run has the first as a point before it; each changed field says what was expected and since when."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    fleet.run("migrate", "--yes", "--force", "--json").expect(0)
    first = fleet.run("compliance", "--json").expect(0)
    assert frame(fleet, first, "deviations").empty
    fleet.change_tenant("b1", {"settings": {"phone_consolidated_experience": False}})
    second = fleet.run("compliance", "--json").expect(1)
    third = fleet.run("compliance", "--json").expect(1)
    trend = frame(fleet, third, "trend")
    assert list(trend["run_id"]) == [one.document["run"] for one in (first, second, third)]
    assert list(trend["outcome_drifted"]) == [0, 1, 1]
    found = frame(fleet, third, "deviations")
    assert set(found["domain"]) == {"b1.eu.auth0.com"}
    flag = found[found["field"] == "flag"].iloc[0]
    assert (flag["expected"], flag["found"], flag["outcome"]) == ("true", "false", "drifted")
    ended = {run: frame(fleet, run, "run")["started_at"].iloc[0] for run in (second, third)}
    assert flag["expected_at"] < ended[second] < flag["first_found_at"] < ended[third]
    assert (
        Path(fleet.directory / third.document["reports"]["html"])
        .read_text()
        .count("Drift was found in 1 tenant")
        == 1
    )


async def test_a_failing_server_loses_only_artifacts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The ledger has the run by then, so an unreachable Prefect server is a warning and no failure."""
    record = make_record(12, seed=3)
    written = reports.write(record, tmp_path, formats=[reports.Format.MARKDOWN])
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        settings = {PREFECT_API_URL: address, PREFECT_CLIENT_MAX_RETRIES: 0}
        with temporary_settings(settings), FlowRunContext.model_construct(flow_run=None):
            await publish(record, written)
    assert "Prefect did not take its artifacts (ConnectError)" in caplog.text
