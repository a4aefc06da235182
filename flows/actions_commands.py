"""``phonefleet actions``: look at, translate and verify one send-phone-message Action in a local file.

No tenant, no network and no Prefect is involved. Exit codes: 0 verified (or shown, or translated), 1 not
verified, 2 the file or an option cannot be used.
"""

from __future__ import annotations

import difflib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from phonefleet.actions import translator
from phonefleet.actions.parse.event_fields import new_place
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.translate.adapter import DROP, OnError
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translation_model import (
    ActionSource,
    NpmPackage,
    Strategy,
    StrategyResult,
    TranslationRefusal,
    TranslationResult,
    VerificationResult,
)
from phonefleet.model.endpoints import LEGACY_TRIGGER

app = typer.Typer(no_args_is_help=True, help="Translate send-phone-message Actions, with verification.")


class Show(StrEnum):
    """Which strategy to print."""

    ADAPTER = "adapter"
    REWRITE = "rewrite"


File = Annotated[Path, typer.Argument(help="The Action's source, a .js file.")]
Dependencies = Annotated[list[str] | None, typer.Option("--dependency", help="NAME@VERSION; repeatable.")]
Secrets = Annotated[list[str] | None, typer.Option("--secret", help="A secret's name; may be repeated.")]
Runtime = Annotated[str | None, typer.Option(help="The Action's runtime, for example node22.")]
OtherTypes = Annotated[
    Path | None,
    typer.Option("--other-types", help="A .js file with one function (event, api) for the other types."),
]
RetryUnsent = Annotated[
    bool, typer.Option("--retry-unsent", help="Retry errors that provably sent nothing, where that is safe.")
]
Events = Annotated[int, typer.Option(min=1, max=1000, help="How many events a verification runs.")]
Seed = Annotated[int, typer.Option(help="Makes a verification's events reproducible.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Which = Annotated[Show, typer.Option("--strategy", help="Which translation to print or write.")]


@app.command()
def show(
    file: File, dependency: Dependencies = None, secret: Secrets = None, runtime: Runtime = None
) -> None:
    """Print what the Action reads, requires and touches, and what to look at."""
    console = Console()
    reading = parse_action(_source(file, dependency, secret, runtime))
    if isinstance(reading, TranslationRefusal):
        for reason in reading.reasons:
            console.print(Text(f"{file}:{reason.line}: {reason.code}: {reason.message}", style="red"))
        raise typer.Exit(1)
    _print_reading(console, reading)


@app.command()
def translate(
    file: File,
    dependency: Dependencies = None,
    secret: Secrets = None,
    runtime: Runtime = None,
    other_types: OtherTypes = None,
    retry_unsent: RetryUnsent = False,
    strategy: Which = Show.ADAPTER,
    out: Annotated[Path | None, typer.Option(help="Write the new source here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Translate the Action without verifying it; prints original and translation side by side."""
    source = _source(file, dependency, secret, runtime)
    carried = translator.translate(
        source, verify=False, other_types=_other(other_types), on_error=_on_error(retry_unsent)
    )
    _deliver(carried, strategy, out, as_json)
    attempt = _attempt(carried, strategy)
    raise typer.Exit(1 if attempt.translation is None else 0)


@app.command()
def verify(
    file: File,
    dependency: Dependencies = None,
    secret: Secrets = None,
    runtime: Runtime = None,
    other_types: OtherTypes = None,
    retry_unsent: RetryUnsent = False,
    strategy: Which = Show.ADAPTER,
    events: Events = 20,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Write the new source here, if it is verified.")] = None,
    as_json: AsJson = False,
) -> None:
    """Translate the Action and verify that the translation does the same."""
    source = _source(file, dependency, secret, runtime)
    carried = translator.translate(
        source,
        events=events,
        seed=seed,
        other_types=_other(other_types),
        on_error=_on_error(retry_unsent),
    )
    attempt = _attempt(carried, strategy)
    verified = attempt.result is VerificationResult.VERIFIED
    _deliver(carried, strategy, out if verified else None, as_json)
    raise typer.Exit(0 if verified else 1)


def document(carried: TranslationResult) -> dict[str, Any]:
    """The JSON document of ``--json``: one entry a strategy."""
    return {str(attempt.strategy): _entry(carried, attempt) for attempt in (carried.adapter, carried.rewrite)}


def _entry(carried: TranslationResult, attempt: StrategyResult) -> dict[str, Any]:
    return {
        "result": str(attempt.result),
        "events": attempt.verification.events if attempt.verification is not None else 0,
        "reasons": [str(reason) for reason in attempt.reasons],
        "flags": [
            {"code": str(flag.code), "line": flag.line, "message": flag.message} for flag in carried.flags
        ],
        "source": attempt.translation.code if attempt.translation is not None else None,
    }


def _source(
    file: Path, dependencies: list[str] | None, secrets: list[str] | None, runtime: str | None
) -> ActionSource:
    """The Action in ``file``, with what ``FILE.json`` beside it and the options say about it."""
    described = _described(file.with_suffix(".json"))
    packages = [_dependency(text) for text in dependencies or ()]
    return ActionSource(
        name=str(described.get("name", file.stem)),
        code=_text(file),
        triggers=_triggers(described),
        dependencies=tuple(packages) or _listed(described.get("dependencies", ())),
        secret_names=tuple(secrets or _names(described.get("secrets", ()))),
        runtime=runtime or str(described.get("runtime", "node22")),
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        _stop(f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        _stop(f"{file} is not UTF-8 text: byte {error.start}")


def _described(file: Path) -> dict[str, Any]:
    """``FILE.json``: an object in the form of the Management API's Action."""
    if not file.exists():
        return {}
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _stop(f"{file} is not JSON: {error}")
    if not isinstance(value, dict):
        _stop(f"{file} holds no JSON object")
    return value


def _triggers(described: dict[str, Any]) -> tuple[str, ...]:
    listed = described.get("supported_triggers")
    if not isinstance(listed, list):
        return (LEGACY_TRIGGER,)
    return tuple(str(trigger["id"]) for trigger in listed if isinstance(trigger, dict) and "id" in trigger)


def _listed(values: Any) -> tuple[NpmPackage, ...]:
    return tuple(
        NpmPackage(str(value["name"]), str(value.get("version", "latest")))
        for value in values
        if isinstance(value, dict) and "name" in value
    )


def _names(values: Any) -> list[str]:
    return [str(value["name"] if isinstance(value, dict) else value) for value in values]


def _dependency(text: str) -> NpmPackage:
    name, at, version = text.rpartition("@")
    if not at or not name:
        return NpmPackage(text, "latest")
    return NpmPackage(name, version)


def _other(file: Path | None) -> str:
    return DROP if file is None else _text(file).strip().rstrip(";")


def _on_error(retry_unsent: bool) -> OnError:
    return OnError.RETRY_UNSENT if retry_unsent else OnError.DROP


def _attempt(carried: TranslationResult, strategy: Show) -> StrategyResult:
    return carried.adapter if strategy == Strategy.ADAPTER.value else carried.rewrite


def _deliver(carried: TranslationResult, strategy: Show, out: Path | None, as_json: bool) -> None:
    attempt = _attempt(carried, strategy)
    if out is not None and attempt.translation is not None:
        try:
            out.write_bytes(attempt.translation.code.encode("utf-8"))
        except OSError as error:
            _stop(f"{out} cannot be written: {error.strerror}")
    if as_json:
        typer.echo(json.dumps(document(carried), ensure_ascii=True))
    else:
        _print_attempt(Console(), carried, attempt)


def _print_attempt(console: Console, carried: TranslationResult, attempt: StrategyResult) -> None:
    if attempt.translation is not None:
        console.print(side_by_side(carried.source.code, attempt.translation.code))
    _print_flags(console, carried)
    for name, each in (("adapter", carried.adapter), ("rewrite", carried.rewrite)):
        events = f" ({each.verification.events} events)" if each.verification is not None else ""
        console.print(Text(f"{name}: {each.result}{events}", style="bold"))
        for reason in each.reasons:
            console.print(Text(f"  {reason}"))
        _print_counterexample(console, each)
    for decision in attempt.translation.decisions if attempt.translation is not None else ():
        console.print(Text(f"- {decision}"))


def _print_counterexample(console: Console, attempt: StrategyResult) -> None:
    example = attempt.verification.counterexample if attempt.verification is not None else None
    if example is None:
        return
    table = Table("original", "translation", title=f"{example.difference} (answer: {example.answer})")
    for index in range(max(len(example.original), len(example.translation))):
        pair = [
            Text(trace[index] if index < len(trace) else "")
            for trace in (example.original, example.translation)
        ]
        table.add_row(*pair)
    console.print(table)
    console.print(Text(f"legacy event: {example.legacy_event}"))
    console.print(Text(f"new event: {example.new_event}"))


def side_by_side(before: str, after: str) -> Table:
    """Two sources next to each other, line by line, what only one of them has marked."""
    table = Table("", "original", "", "translation", padding=(0, 1), show_lines=False)
    old, new = before.splitlines(), after.splitlines()
    for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for index in range(max(last - first, end - start)):
            left = first + index if first + index < last else None
            right = start + index if start + index < end else None
            table.add_row(*_cells(old, left, tag, "red"), *_cells(new, right, tag, "green"))
    return table


def _cells(lines: list[str], index: int | None, tag: str, colour: str) -> tuple[Text, Text]:
    if index is None:
        return Text(""), Text("")
    style = "" if tag == "equal" else colour
    return Text(str(index + 1), style="dim"), Text(lines[index].replace("\t", "    "), style=style)


def _print_flags(console: Console, carried: TranslationResult) -> None:
    if not carried.flags:
        return
    table = Table("line", "flag", "what to look at")
    for flag in carried.flags:
        table.add_row(str(flag.line or ""), str(flag.code), Text(flag.message))
    console.print(table)


def _print_reading(console: Console, reading: ParsedAction) -> None:
    console.print(Syntax(reading.source.code, "javascript", line_numbers=True))
    table = Table("line", "legacy field", "use", "new place")
    for access in reading.accesses:
        table.add_row(str(access.line), access.field, str(access.use), str(new_place(access.path)))
    console.print(table)
    for title, names in (
        ("modules", reading.modules),
        ("secrets", reading.secrets),
        ("configuration", reading.configuration),
        ("environment", reading.environment),
        ("globals", reading.globals),
    ):
        console.print(Text(f"{title}: {', '.join(f'{n.name} (line {n.line})' for n in names) or 'none'}"))
    for flag in flags(reading):
        console.print(Text(f"line {flag.line}: {flag.code}: {flag.message}"))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
