"""The container examples of the documentation name commands, settings and packages that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings.legacy import _get_settings_fields
from prefect.settings.models.root import Settings
from typer.main import get_command

from flows.cli.main import app
from flows.prefect_settings import default_settings

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
COMPOSE: dict[str, Any] = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())
VALUES: dict[str, Any] = yaml.safe_load((EXAMPLES / "worker-values.yaml").read_text())


def _commands(program: str) -> list[list[str]]:
    given = [service.get("command", []) for service in COMPOSE["services"].values()]
    return [words[1:] for words in given if words[:1] == [program]]


def test_compose_starts_phonefleets_commands() -> None:
    """Each is parsed as the command line parses it, and not carried out."""
    commands = _commands("phonefleet")
    assert commands
    for words in commands:
        group = get_command(app)
        with group.make_context("phonefleet", list(words)) as context:
            name, command, rest = group.resolve_command(context, list(words))  # type: ignore[attr-defined]
            assert command is not None
            command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("words", _commands("prefect"), ids=" ".join)
def test_compose_starts_prefects_commands(words: list[str]) -> None:
    """`--help` of each lists the options that the file uses."""
    verbs = list(takewhile(lambda word: not word.startswith("--"), words))
    shown = subprocess.run(
        [sys.executable, "-m", "prefect", *verbs, "--help"], capture_output=True, text=True, check=True
    ).stdout
    missing = [word for word in words if word.startswith("--") and word not in shown]
    assert missing == []


def test_every_setting_of_prefect_exists() -> None:
    """A misspelt variable would be ignored silently."""
    known = {field.name for field in _get_settings_fields(Settings).values()}
    texts = "".join(path.read_text() for path in EXAMPLES.iterdir())
    used = set(re.findall(r"\bPREFECT_[A-Z_]+", texts))
    assert used
    assert used <= known


def test_the_server_has_the_recorders_settings() -> None:
    """They are those that phonefleet gives its own servers."""
    ours = {n: v for n, v in default_settings(Path(), {}).items() if "TASK_RUN_RECORDER" in n}
    given = COMPOSE["services"]["prefect"]["environment"]
    assert ours
    assert {name: given.get(name) for name in ours} == ours


def test_all_workers_use_one_pool_and_one_path() -> None:
    """The pool and the path of the fleet file are the same in both files."""
    commands = [*_commands("phonefleet"), *_commands("prefect")]
    pools = {words[words.index("--pool") + 1] for words in commands if "--pool" in words}
    assert pools == {VALUES["worker"]["config"]["workPool"]}
    (deploy,) = _commands("phonefleet")
    assert deploy[1].startswith(VALUES["worker"]["extraVolumeMounts"][0]["mountPath"] + "/")
    assert VALUES["worker"]["config"]["type"] == "process"


def test_the_image_has_the_drivers() -> None:
    """PostgreSQL is spoken to by Prefect and by the ledger, each with a driver of its own."""
    hashed = (EXAMPLES.parent.parent / "requirements.txt").read_text()
    assert re.search(r"^asyncpg==", hashed, re.MULTILINE)
    assert re.search(r"^psycopg==", hashed, re.MULTILINE)
