"""Single statements of the reference pages: each list is that of the code."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from prefect import Task
from typer.core import TyperGroup

import tasks
from configs.fleet import Fleet
from configs.fleet_file import FleetFile
from configs.references import Scheme
from configs.values import Strict
from configs.windows import FrozenPeriod
from flows.cli.main import Commands
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.exit_codes import EXIT_CODES, ExitCode
from phonefleet.model.run_record import StepResult
from tests.actions.cases import load

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    """The text of a page below `docs/`."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def models_below(annotation: Any) -> Iterator[type[Strict]]:
    """The models that a type consists of, and those of their fields."""
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_below(field.annotation)
    for part in get_args(annotation):
        yield from models_below(part)


def test_every_model_of_a_fleet_has_its_keys() -> None:
    """The fleet itself and its frozen periods are what loading makes: a fleet file has no such keys."""
    script = runpy.run_path(str(ROOT / "docs" / "fleet_keys.py"))
    titled = {model: title for title, model in script["SECTIONS"]}
    headings = set(re.findall(r"^## (.+)$", page("reference/fleet-file-keys.md"), re.MULTILINE))
    models = set(models_below(Fleet)) - {Fleet, FrozenPeriod}
    assert len(models) > 15
    assert {model.__name__ for model in models if titled.get(model, model.__name__) not in headings} == set()


def test_every_section_of_a_fleet_file_has_its_keys() -> None:
    headings = "\n".join(re.findall(r"^## (.+)$", page("reference/fleet-file-keys.md"), re.MULTILINE))
    sections = [name for name, field in FleetFile.model_fields.items() if field.annotation is Any]
    assert sections
    assert [name for name in sections if f"`{name}`" not in headings] == []


@pytest.mark.parametrize("name", ["reference/fleet-file-keys.md", "reference/glossary.md"])
def test_every_kind_of_reference_is_named(name: str) -> None:
    assert [scheme for scheme in Scheme if f"`{scheme}:" not in page(name)] == []


def test_no_time_is_described_as_text() -> None:
    text = page("reference/fleet-file-keys.md")
    for key in ("not_before", "deadline", "from", "to"):
        entries = re.findall(rf"^\* `{key}`: .*(?:\n  .*)*", text, re.MULTILINE)
        assert entries
        assert [entry for entry in entries if re.search(r"\bText\.", entry)] == []


def test_examples_name_the_page_with_all_keys() -> None:
    """The example has the most used keys only."""
    first = (ROOT / "configs" / "examples" / "fleet.yaml").read_text(encoding="utf-8").partition("\n")[0]
    assert "docs/reference/fleet-file-keys.md" in first
    assert "every key" not in first.lower()


def commands_below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command, or those of a group, by their full names."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for below in command.commands:
        yield from commands_below(f"{name} {below}", command.commands[below])


def test_commands_without_json_are_named() -> None:
    commands = dict(
        each for verb, source in Commands.sources.items() for each in commands_below(verb, source.load(verb))
    )
    assert len(commands) > 30
    without = {
        name
        for name, command in commands.items()
        if not any("--json" in parameter.opts for parameter in command.params)
    }
    (stated,) = re.findall(r"All commands take it except([^.]+)\.", page("reference/command-line.md"))
    assert set(re.findall(r"`([^`]+)`", " ".join(stated.split()))) == without


def test_every_final_state_of_a_run_is_named() -> None:
    """As `flows/verdict_states.py` names them; 7 ends a command before its run has a verdict."""
    table = page("how-to/deploy.md").partition("| verdict | exit code | state |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| [^|]+ \| (\d*) *\| `([^`]+)`", table, re.MULTILINE)
    verdicts = {code: str(spec.verdict).capitalize() for code, spec in EXIT_CODES.items() if spec.verdict}
    states = verdicts | {ExitCode.DONE: "Completed", ExitCode.CHECKS: "Checks failed"}
    assert {(int(code), state) for code, state in rows if code} == {(int(c), s) for c, s in states.items()}
    assert {state for code, state in rows if not code} == {"Suspended", "Awaits approval"}


def test_every_result_of_a_step_is_named() -> None:
    (row,) = re.findall(r"^\| `results` \|.*$", page("reference/ledger.md"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) - {"results"} == set(StepResult)


def test_every_store_of_the_ledger_is_named(tmp_path: Path) -> None:
    stores = page("reference/ledger.md").partition("## Stores")[2].partition("\n## ")[0]
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        names = {name for name in vars(ledger) if not name.startswith("_")}
    assert names
    assert set(re.findall(r"^\| `(\w+)`", stores, re.MULTILINE)) == names


def test_the_actions_of_the_corpus_are_counted() -> None:
    kept, opinion = page("reference/embedded-secrets.md"), page("reference/action-verification.md")
    stated = [
        *re.findall(r"the (\d+) Actions in `tests/actions/corpus`", kept),
        *re.findall(r"`tests/actions/opinion`\): (\d+) usual Actions", opinion),
    ]
    assert list(map(int, stated)) == [len(load())] * 2


def test_parameters_of_tasks_are_as_described() -> None:
    """Three each; those with more are named with the page's sentence."""
    modules = [importlib.import_module(f"tasks.{each.name}") for each in pkgutil.iter_modules(tasks.__path__)]
    found = {
        name: value for module in modules for name, value in vars(module).items() if isinstance(value, Task)
    }
    parameters = {name: list(inspect.signature(task.fn).parameters) for name, task in found.items()}
    assert parameters
    assert {
        name: listed for name, listed in parameters.items() if listed[:3] != ["fleet", "run_id", "domain"]
    } == {}
    (sentence,) = re.findall(
        r"^A task has three parameters:.*?\.", page("architecture.md"), re.MULTILINE | re.DOTALL
    )
    more = {name for name, listed in parameters.items() if len(listed) > 3}
    assert set(re.findall(r"`(\w+)`", sentence)) == more
