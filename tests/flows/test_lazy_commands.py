"""The command line's start: what it imports, and that lists say what the commands say."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from flows.cli.main import Commands, app

HEAVY = ("prefect", "pandas", "great_expectations", "sqlalchemy", "httpx", "auth0", "pydantic")
LIGHT = {"phonefleet", "phonefleet.model"} | {
    f"phonefleet.model.{name}" for name in ("enums", "exit_codes", "verdict_groups")
}
"""What the help needs for the exit codes."""


@pytest.mark.parametrize("verb", Commands.sources)
def test_a_summary_is_the_commands_own(verb: str) -> None:
    command = Commands.sources[verb].load(verb)
    help_text = inspect.cleandoc(command.help or "")
    assert Commands.sources[verb].summary == " ".join(help_text.split("\n\n")[0].split())


@pytest.mark.parametrize("verb", Commands.sources)
def test_every_command_has_its_help(verb: str) -> None:
    shown = CliRunner().invoke(app, [verb, "--help"])
    assert shown.exit_code == 0, shown.output
    assert f" {verb} " in shown.output


def test_an_unknown_command_is_refused() -> None:
    shown = CliRunner().invoke(app, ["migrat"])
    assert shown.exit_code == 2
    assert "migrat" in shown.output


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, json, contextlib, io\n"
        f"sys.argv = ['phonefleet', *{arguments!r}]\n"
        "from flows.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(json.loads(done.stdout))
    assert {name.partition(".")[0] for name in imported} & set(HEAVY) == set()
    assert {name for name in imported if name.partition(".")[0] == "phonefleet"} <= LIGHT


@pytest.mark.parametrize(("typed", "offered"), [("", set(Commands.sources)), ("re", {"report"})])
def test_completion_offers_the_commands(typed: str, offered: set[str]) -> None:
    command = typer.main.get_command(app)
    context = command.make_context("phonefleet", [], resilient_parsing=True)
    assert {item.value for item in command.shell_complete(context, typed)} >= offered


def test_completion_knows_a_commands_options() -> None:
    asked = {
        "_PHONEFLEET_COMPLETE": "complete_bash",
        "COMP_WORDS": "phonefleet status --f",
        "COMP_CWORD": "2",
    }
    code = "import sys; sys.argv = ['phonefleet']; from flows.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["--fleet"]
