"""What commands print at their end: who decided the verdict, commands that work as printed, and warnings ahead."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from configs import Fleet, load_fleet
from flows import fleet_deployments, local_server
from flows.cli import deploy_command, main
from flows.cli.output import verdict_line
from flows.fleet_deployments import Deployed
from flows.migration_forecast import excess
from flows.report_files import FinishedRun
from phonefleet.assessment.drift import Difference
from phonefleet.auth0.api_failures import from_answer
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import RunVerdict, Verdict
from phonefleet.model.exit_codes import ExitCode
from phonefleet.model.run_options import RunOptions
from tests.configs.fleet_texts import fleet_text
from tests.ledger.factories import make_assessment, start

run = CliRunner()


def fleet_of(place: Path, tenants: int, rest: str = "") -> Fleet:
    more = "".join(
        f"  - {{domain: t{number}.eu.auth0.com, client_id: abc, client_secret: 'env:SECRET'}}\n"
        for number in range(1, tenants)
    )
    text = fleet_text(rest="state_dir: state\n" + rest).replace("state_dir", more + "state_dir", 1)
    (place / "fleet.yaml").write_text(text)
    return load_fleet(place / "fleet.yaml")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "in-the-environment-1")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("count", "names"), [(1, "(t1.eu.auth0.com)"), (4, "t3.eu.auth0.com and 1 more)")])
def test_the_verdict_names_its_tenants(tmp_path: Path, count: int, names: str) -> None:
    fleet = fleet_of(tmp_path, 6)
    with open_ledger(fleet) as ledger:
        run_id = start(ledger, *(t.domain for t in fleet.tenants), verb="assess", fleet=fleet.name)
        for number, tenant in enumerate(fleet.tenants):
            verdict = Verdict.BROKEN if 0 < number <= count else Verdict.ELIGIBLE
            ledger.tenants.add_assessment(run_id, tenant.domain, make_assessment(tenant.domain, verdict))
        finished = FinishedRun(run_id, "assess", RunVerdict.OUTAGE, ExitCode.OUTAGE, {}, ())
        line = verdict_line(finished, ledger.runs.record(run_id))
    assert "get no messages now): " in line
    assert line.endswith(names)


def test_deploy_prints_commands_that_work_in_another_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have the server's address; a password in it is not repeated. The schedule is said."""
    fleet_of(tmp_path, 1)

    async def register(*_given: Any) -> list[Deployed]:
        await asyncio.sleep(0)
        return [Deployed("assess/acme", "", paused=False)]

    monkeypatch.setattr(fleet_deployments, "deploy", register)
    monkeypatch.setattr(deploy_command, "load_for_flow", load_fleet)
    monkeypatch.setattr(deploy_command.prefect_settings, "check_prefect_api", lambda: None)
    monkeypatch.setattr(local_server, "reserved", lambda: None)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4214/api")
    done = run.invoke(main.app, ["deploy", "fleet.yaml"])
    assert done.exit_code == 0, done.output
    prefix = "PREFECT_API_URL=http://127.0.0.1:4214/api prefect"
    assert f"start a worker: {prefix} worker start --pool phonefleet" in done.output
    assert f"start a run: {prefix} deployment run assess/acme" in done.output
    assert "compliance/acme runs every day, by the schedule 17 4 * * * (UTC)" in done.output
    assert "has no schedule" in run.invoke(main.app, ["deploy", "fleet.yaml", "--no-schedule"]).output
    assert "runs every 6h while" in run.invoke(main.app, ["deploy", "fleet.yaml", "--every", "6h"]).output
    monkeypatch.setenv("PREFECT_API_URL", "http://kim:word@prefect.example/api")
    assert "word@" not in run.invoke(main.app, ["deploy", "fleet.yaml"]).output


def test_validate_warns_of_a_wave_that_one_run_may_not_change(tmp_path: Path) -> None:
    rest = "waves:\n  - {name: early, match: {domain: 't1.*'}}\n  - {name: rest}\n"
    fleet = fleet_of(tmp_path, 10, rest)
    done = run.invoke(main.app, ["validate", "fleet.yaml"])
    assert done.exit_code == 0, done.output
    assert "wave rest: 9 tenants, and one run changes 3 at most (rollout.max_change)" in done.output
    assert "wave early" not in done.output
    assert "(--wave NAME or --tenant DOMAIN)" in excess(fleet, RunOptions(), 9)
    assert "(--tenant DOMAIN)" in excess(fleet, RunOptions(wave="rest"), 9)


def test_one_tenant_is_no_plural(tmp_path: Path) -> None:
    fleet_of(tmp_path, 1)
    assert "1 tenant, of which" in run.invoke(main.app, ["validate", "fleet.yaml"]).output


def test_a_domain_that_is_no_tenant_is_named_as_such() -> None:
    """Auth0 answers the token request of an unknown domain with 404."""
    asked = httpx.Request("POST", "https://x.eu.auth0.com/oauth/token")
    answer = httpx.Response(404, json={"error": "Not Found", "message": "Unknown tenant"}, request=asked)
    assert "Check `domain` in the fleet file" in str(from_answer("x.eu.auth0.com", "POST", answer))


def test_fields_with_a_plural_name_have_a_plural_verb() -> None:
    assert str(Difference("legacy endpoints", "closed", "open")) == "legacy endpoints were closed, are open"
    assert str(Difference("flag", "true", "false")) == "flag was true, is false"
