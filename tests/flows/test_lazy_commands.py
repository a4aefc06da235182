"""The command line's start: what it imports, and that lists say what the commands say."""

from __future__ import annotations

import inspect
import json
import os
import resource
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.actions_bench import yardstick
from configs import load_fleet
from flows.cli.completion import TABLE, completed_command
from flows.cli.main import Commands, app
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import RunVerdict
from phonefleet.model.run_record import TenantRecord
from tests.actions.test_cpu_time import QUIET

ROOT = Path(__file__).parents[2]

HEAVY = ("prefect", "pandas", "great_expectations", "sqlalchemy", "httpx", "auth0", "pydantic")
LIGHT = {
    *("phonefleet", "phonefleet.errors", "phonefleet.garbage_collection", "phonefleet.private_files"),
    *("phonefleet.model", "phonefleet.model.enums", "phonefleet.model.exit_codes"),
    *("phonefleet.model.verdict_groups", "phonefleet.model.endpoints"),
    *("phonefleet.secrets", "phonefleet.secrets.known_values", "phonefleet.secrets.patterns"),
    *("phonefleet.secrets.encodings", "phonefleet.secrets.url_keys"),
}
"""What the help needs for the exit codes, the permissions of files and what is masked."""


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


@pytest.mark.parametrize(
    "arguments",
    [
        *(["runs"], ["status"], ["history", "a1.eu.auth0.com"], ["schema"]),
        pytest.param(["report"], marks=pytest.mark.slow),
        *(["actions", "show", "a.js"], ["server", "status"], ["unlock", "a1.eu.auth0.com"]),
    ],
)
def test_reading_commands_never_import_prefect(tmp_path: Path, arguments: list[str]) -> None:
    """They are run on a ledger with a run, and fail if anything imports Prefect."""
    (tmp_path / "a.js").write_text("exports.onExecuteSendPhoneMessage = async (event) => {};")
    (tmp_path / "fleet.yaml").write_text(
        "fleet: lazy\nstate_dir: .state\ntenants:\n"
        "  - {domain: a1.eu.auth0.com, client_id: c, client_secret: 'env:LAZY_SECRET'}\n"
    )
    code = (
        "import sys, os, json, contextlib\n"
        "from pathlib import Path\n"
        "class Refused:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'prefect':\n"
        "            os.write(2, b'PREFECT IS IMPORTED')\n"
        "            os._exit(99)\n"
        "from configs import load_fleet\n"
        "from phonefleet.ledger.location import open_ledger\n"
        "from phonefleet.model.enums import RunVerdict\n"
        "from phonefleet.model.run_record import TenantRecord\n"
        "with open_ledger(load_fleet(Path('fleet.yaml'))) as ledger:\n"
        "    tenant = TenantRecord(domain='a1.eu.auth0.com', wave='all')\n"
        "    run = ledger.runs.start('assess', 'lazy', [tenant], options={}, started_by='t', version='0')\n"
        "    ledger.runs.end(run, RunVerdict.COMPLETE, 0)\n"
        "sys.meta_path.insert(0, Refused())\n"
        f"sys.argv = ['phonefleet', *{arguments!r}]\n"
        "from flows.cli.main import main\n"
        "main()"
    )
    environ = os.environ | {
        "LAZY_SECRET": "s",
        "XDG_STATE_HOME": str(tmp_path),
        "PYTHONPATH": str(Path.cwd()),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1, 2}, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "PREFECT IS IMPORTED" not in done.stderr


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


def test_the_completion_table_is_current() -> None:
    """`python docs/completions.py` writes it."""
    table = runpy.run_path(str(ROOT / "docs" / "completions.py"))["table"]()
    assert TABLE.read_text(encoding="utf-8") == table


@pytest.mark.parametrize("verb", Commands.sources)
def test_completion_offers_what_a_command_has(verb: str) -> None:
    """Also of the commands below a group."""
    real, offered = Commands.sources[verb].load(verb), completed_command(verb)
    assert getattr(offered, "commands", {}).keys() == getattr(real, "commands", {}).keys()
    pairs = [(real.commands[name], offered.commands[name]) for name in getattr(real, "commands", {})]
    for one, other in pairs or [(real, offered)]:
        assert _options(other) == _options(one)


def _options(command: Any) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts) if name[0] == "-"}


@pytest.mark.parametrize(
    ("seconds", "typed"),
    [(0.3, "phonefleet re"), (0.3, "phonefleet migrate --"), (0.3, "phonefleet ledger "), (0.3, "")],
)
def test_help_and_completion_are_quick(seconds: float, typed: str) -> None:
    """In seconds of CPU, counted in units of a fixed computation: a second does less on a busy machine."""
    asked = {
        "_PHONEFLEET_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }
    assert _cpu(["--help"] if not typed else [], asked if typed else {}) < seconds * _slowness()


def test_status_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 0.7 s of CPU, measured as above."""
    (tmp_path / "fleet.yaml").write_text(
        "fleet: quick\nstate_dir: .state\ntenants:\n"
        "  - {domain: a1.eu.auth0.com, client_id: c, client_secret: 'env:LAZY_SECRET'}\n"
    )
    monkeypatch.setenv("LAZY_SECRET", "s")
    fleet = load_fleet(tmp_path / "fleet.yaml")
    with open_ledger(fleet) as ledger:
        tenant = TenantRecord(domain="a1.eu.auth0.com", wave="all")
        run = ledger.runs.start("assess", "quick", [tenant], options={}, started_by="t", version="0")
        ledger.runs.end(run, RunVerdict.COMPLETE, 0)
    assert _cpu(["status"], {"LAZY_SECRET": "s"}, tmp_path) < 0.7 * _slowness()


def _cpu(arguments: list[str], more: dict[str, str], cwd: Path = ROOT) -> float:
    """Return the CPU seconds of the quickest of three processes."""
    code = "import sys; sys.argv[0] = 'phonefleet'; from flows.cli.main import main; main()"
    environ = os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(cwd)} | more
    found = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=environ,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.stdout, done.stderr
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def _slowness() -> float:
    """Return how many times longer a fixed computation takes than on a quiet machine; at least 1."""
    return max(1.0, yardstick() / QUIET)
