"""`runs`, `status`, `pause` and `resume`: the run that they are about, and the exact commands that they print."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from configs import Fleet, load_fleet
from flows.cli import ledger_commands, main
from flows.cli.terminal import Terminal
from flows.fleet_state import fleet_board
from flows.migration_request import check_migration
from phonefleet.errors import LedgerError, PlanRefused
from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.lease_reader import run_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.command_lines import continuing
from phonefleet.model.enums import OutcomeKind, RunVerdict
from phonefleet.model.run_options import RunOptions
from reports.board_words import command
from tests.configs.fleet_texts import fleet_text
from tests.ledger.factories import PROVIDER, make_plan, start

PLAN = RunOptions(plan="33d6" * 16, plan_file="plan a.json").model_dump(mode="json")
run = CliRunner()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet whose file is in the working directory."""
    monkeypatch.setenv("SECRET", "in-the-environment-1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(fleet_text(rest="state_dir: state\n"))
    return load_fleet(tmp_path / "fleet.yaml")


def begin(ledger: Ledger, fleet: Fleet, verb: str, *, holds: bool = True, **more: object) -> str:
    """Start a run; this process works on it."""
    run_id = start(ledger, *(t.domain for t in fleet.tenants), verb=verb, fleet=fleet.name, **more)
    if holds:
        ledger.leases.acquire(run_lease(run_id), this_holder(), run_id, timedelta(minutes=5))
    return run_id


def said(*arguments: str) -> str:
    done = run.invoke(main.app, arguments, env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*arguments: str) -> str:
    done = run.invoke(main.app, arguments)
    assert isinstance(done.exception, LedgerError), done.output
    return str(done.exception)


def test_a_command_without_a_run_is_about_the_one_going_on(fleet: Fleet) -> None:
    """A compliance that was started later hides no migration; one that has ended hides no run."""
    with open_ledger(fleet) as ledger:
        migrate = begin(ledger, fleet, "migrate")
        later = begin(ledger, fleet, "compliance")
        assert f"run {migrate} (migrate) is paused" in said("pause")
        assert f"phonefleet resume {migrate}" in said("status")
        assert ledger.runs.pause_of(migrate)
        assert ledger.runs.pause_of(later) is None
        assert f"run {migrate} (migrate) is no longer paused" in said("resume")
        ledger.runs.end(later, RunVerdict.COMPLETE, 0)
        ended = begin(ledger, fleet, "assess", holds=False)
        ledger.runs.end(ended, RunVerdict.COMPLETE, 0)
        assert f"migrate {migrate}" in said("status")
        assert f"assess {ended}" in said("status", "latest")


def test_a_run_that_honors_no_pause_is_not_paused(fleet: Fleet) -> None:
    """The refusal names the run that is going on, with the command."""
    with open_ledger(fleet) as ledger:
        checking = begin(ledger, fleet, "compliance")
        assert f"run {checking} is a compliance" in refused("pause")
        migrate = begin(ledger, fleet, "migrate")
        message = refused("pause", checking)
        assert message.endswith(f"run {migrate} (migrate) is going on: phonefleet pause {migrate}")
        assert ledger.runs.pause_of(checking) is None
        ended = begin(ledger, fleet, "rollback", holds=False)
        ledger.runs.end(ended, RunVerdict.COMPLETE, 0)
        assert f"phonefleet pause {migrate}" in refused("pause", ended)


def test_two_runs_that_can_be_paused_are_both_named(fleet: Fleet) -> None:
    with open_ledger(fleet) as ledger:
        first = begin(ledger, fleet, "migrate")
        second = begin(ledger, fleet, "rollback")
        assert f"run {first} (migrate) is going on too: phonefleet pause {first}" in said("pause", second)
        ledger.runs.pause(first, "kim")
        assert f"run {first} (migrate) is paused: phonefleet resume {first}" in said("resume", second)


def test_every_command_names_the_plan_file(fleet: Fleet) -> None:
    """`--resume` alone would be refused for a run that was started with a plan file."""
    with open_ledger(fleet) as ledger:
        stopped = begin(ledger, fleet, "migrate", holds=False, options=PLAN)
        again = f"phonefleet migrate fleet.yaml --plan 'plan a.json' --resume {stopped}"
        assert f"stopped or died before its end: {again}" in said("status")
        assert f"no process works on it: {again}" in said("resume")
        listed = said("runs")
        assert all(words in listed for words in ("stopped", "or died", "(0 open", "intents)"))
        assert f"continue {stopped}: {again}" in listed
        with pytest.raises(PlanRefused) as error:
            check_migration(fleet, ledger, RunOptions(), stopped)
        assert f"was started with plan file plan a.json (33d633d633d6) and none was given: {again}" in str(
            error.value
        )


def test_a_command_is_exact_for_each_verb(fleet: Fleet, tmp_path: Path) -> None:
    """Also in another folder, and for ledgers of earlier versions, which lack the plan file's name."""
    other = tmp_path.parent / "fleet.yaml"
    assert continuing("migrate", "r1", {"plan": "33"}, other) == (
        f"phonefleet migrate {other} --plan PLAN_FILE --resume r1"
    )
    assert continuing("migrate", "r1", {"pool": "p", "reports": "r"}, fleet.source) == (
        "phonefleet migrate fleet.yaml --resume r1 --pool p --reports r"
    )
    asked = {"tenants": ["a.eu.auth0.com"], "accepted": ["client:x y"]}
    assert continuing("rollback", "r1", asked, fleet.source) == (
        "phonefleet rollback fleet.yaml --tenant a.eu.auth0.com --accept-breakage 'client:x y'"
    )
    assert continuing("finalize", "r1", {"wave": "w", "accepted": ["unbind_action"]}, fleet.source) == (
        "phonefleet finalize fleet.yaml --wave w --accept unbind_action"
    )
    assert continuing("compliance", "r1", {}, fleet.source) == ""


def test_the_board_continues_a_run_with_its_plan(fleet: Fleet) -> None:
    domain = fleet.tenants[0].domain
    with open_ledger(fleet) as ledger:
        stopped = begin(ledger, fleet, "migrate", holds=False, options=PLAN)
        lease = ledger.leases.acquire(domain, this_holder(), stopped, timedelta(minutes=5))
        plan = make_plan(domain)
        ledger.tenants.add_plan(stopped, domain, plan)
        ledger.steps.intend(lease, stopped, domain, plan.checksum, PROVIDER)
        board = fleet_board(fleet, ledger)
        (decision,) = [each for each in board.decisions if each.run_id]
        assert command(board, decision) == (
            f"phonefleet migrate fleet.yaml --plan 'plan a.json' --resume {stopped}"
        )


@pytest.mark.parametrize(
    ("width", "is_terminal", "columns"), [(None, False, 8), (110, True, 8), (109, True, 6), (80, False, 6)]
)
def test_runs_are_listed_in_the_room_there_is(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, width: int | None, is_terminal: bool, columns: int
) -> None:
    """A pipe gets whole rows; a narrow terminal lacks what is the same in nearly every row."""
    monkeypatch.delenv("COLUMNS", raising=False)
    with open_ledger(fleet) as ledger:
        begin(ledger, fleet, "compliance")
        done = begin(ledger, fleet, "migrate", started_by="kim-of-the-operators-of-the-messaging-platform")
        for tenant in fleet.tenants:
            ledger.tenants.set_outcome(done, tenant.domain, OutcomeKind.MIGRATED, None, "")
    shown = io.StringIO()
    monkeypatch.setattr(
        ledger_commands, "out", Terminal(file=shown, width=width, force_terminal=is_terminal, soft_wrap=False)
    )
    ledger_commands.runs(fleet.source)
    lines = shown.getvalue().splitlines()
    assert lines[1].count("┃") == columns + 1
    if width is None:
        assert "…" not in shown.getvalue()
        assert "kim-of-the-operators-of-the-messaging-platform" in shown.getvalue()
        assert len([line for line in lines if line.startswith("│")]) == 2
