"""`phonefleet actions`: show, translate and verify one send-phone-message Action in a local file.

No tenant, no network and no Prefect is involved. Exit codes: 0 verified (or shown, or translated), 1 not
verified, 2 the file (also one that is not valid JavaScript) or an option cannot be used.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from flows.cli.action_files import read_action, read_text, stop
from flows.cli.terminal import Terminal
from phonefleet.actions import translator
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translation_model import (
    StrategyResult,
    TranslationReason,
    TranslationRefusal,
    TranslationResult,
    VerificationResult,
)

app = typer.Typer(no_args_is_help=True, help="Translate send-phone-message Actions, with verification.")


class PrintedStrategy(StrEnum):
    """Which translation to print or write."""

    ADAPTER = "adapter"
    REWRITE = "rewrite"


File = Annotated[Path, typer.Argument(help="The Action's source, a .js file.")]
Dependencies = Annotated[list[str] | None, typer.Option("--dependency", help="NAME@VERSION; repeatable.")]
Secrets = Annotated[list[str] | None, typer.Option("--secret", help="The name of a secret; repeatable.")]
Runtime = Annotated[str | None, typer.Option(help="The Action's runtime, for example node22.")]
Version = Annotated[
    TriggerVersion | None,
    typer.Option(
        "--trigger-version", help="The version of send-phone-message, if no .json file gives it [v2]."
    ),
]
OtherTypes = Annotated[
    Path | None,
    typer.Option(
        "--other-types", help="A .js file with one function (event, api) for the other message types."
    ),
]
RetryUnsent = Annotated[
    bool,
    typer.Option(
        "--retry-unsent", help="Retry errors after which certainly nothing was sent, where that is safe."
    ),
]
Events = Annotated[int, typer.Option(min=1, max=1000, help="The number of events that a verification runs.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same events.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Which = Annotated[PrintedStrategy, typer.Option("--strategy", help="Which translation to print or write.")]


@app.command()
def show(
    file: File,
    dependency: Dependencies = None,
    secret: Secrets = None,
    runtime: Runtime = None,
    trigger_version: Version = None,
) -> None:
    """Print what the Action reads and requires, and what to review."""
    console = Terminal()
    parsed = parse_action(read_action(file, dependency, secret, runtime, trigger_version))
    if isinstance(parsed, TranslationRefusal):
        _require_javascript(file, parsed.reasons)
        for reason in parsed.reasons:
            console.print(Text(f"{file}:{reason.line}: {reason.code}: {reason.message}", style="red"))
        raise typer.Exit(1)
    _print_action(console, parsed)


@app.command()
def translate(
    file: File,
    dependency: Dependencies = None,
    secret: Secrets = None,
    runtime: Runtime = None,
    trigger_version: Version = None,
    other_types: OtherTypes = None,
    retry_unsent: RetryUnsent = False,
    strategy: Which = PrintedStrategy.ADAPTER,
    out: Annotated[Path | None, typer.Option(help="Write the new source here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Translate the Action without verifying it, and print both sources side by side."""
    source = read_action(file, dependency, secret, runtime, trigger_version)
    result = translator.translate(
        source, verify=False, other_types=_other(other_types), on_error=_on_error(retry_unsent)
    )
    chosen = _chosen(result, strategy)
    _require_javascript(file, chosen.reasons)
    _print_or_write(result, strategy, out, as_json)
    raise typer.Exit(1 if chosen.translation is None else 0)


@app.command()
def verify(
    file: File,
    dependency: Dependencies = None,
    secret: Secrets = None,
    runtime: Runtime = None,
    trigger_version: Version = None,
    other_types: OtherTypes = None,
    retry_unsent: RetryUnsent = False,
    strategy: Which = PrintedStrategy.ADAPTER,
    events: Events = 20,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Write the new source here, if it is verified.")] = None,
    as_json: AsJson = False,
) -> None:
    """Translate the Action and verify on generated events that the translation does the same."""
    source = read_action(file, dependency, secret, runtime, trigger_version)
    result = translator.translate(
        source,
        events=events,
        seed=seed,
        other_types=_other(other_types),
        on_error=_on_error(retry_unsent),
    )
    chosen = _chosen(result, strategy)
    _require_javascript(file, chosen.reasons)
    verified = chosen.result is VerificationResult.VERIFIED
    _print_or_write(result, strategy, out if verified else None, as_json)
    raise typer.Exit(0 if verified else 1)


def document(result: TranslationResult) -> dict[str, Any]:
    """Return the JSON document of `--json`: one entry a strategy."""

    def entry(each: StrategyResult) -> dict[str, Any]:
        return {
            "result": str(each.result),
            "events": each.verification.events if each.verification is not None else 0,
            "reasons": [str(reason) for reason in each.reasons],
            "flags": [
                {"code": str(flag.code), "line": flag.line, "message": flag.message} for flag in result.flags
            ],
            "counterexample": _counterexample(each),
            "source": each.translation.code if each.translation is not None else None,
        }

    return {str(each.strategy): entry(each) for each in (result.adapter, result.rewrite)}


def _counterexample(each: StrategyResult) -> dict[str, Any] | None:
    example = each.verification.counterexample if each.verification is not None else None
    if example is None:
        return None
    events = {"legacy_event": json.loads(example.legacy_event), "new_event": json.loads(example.new_event)}
    return asdict(example) | events


def _require_javascript(file: Path, reasons: Iterable[TranslationReason]) -> None:
    """Exit with code 2 if the file is not valid JavaScript."""
    for reason in reasons:
        if reason.code is RefusalCode.SYNTAX_ERROR:
            stop(f"{file} cannot be used, line {reason.line}: {reason.message}. Correct it and run again")


def _other(file: Path | None) -> str:
    return DROP if file is None else read_text(file).strip().rstrip(";")


def _on_error(retry_unsent: bool) -> OnError:
    return OnError.RETRY_UNSENT if retry_unsent else OnError.DROP


def _chosen(result: TranslationResult, strategy: PrintedStrategy) -> StrategyResult:
    return result.adapter if strategy is PrintedStrategy.ADAPTER else result.rewrite


def _print_or_write(
    result: TranslationResult, strategy: PrintedStrategy, out: Path | None, as_json: bool
) -> None:
    chosen = _chosen(result, strategy)
    if out is not None and chosen.translation is not None:
        try:
            out.write_bytes(chosen.translation.code.encode("utf-8"))
        except OSError as error:
            stop(f"{out} cannot be written: {error.strerror}")
    if as_json:
        typer.echo(json.dumps(document(result), ensure_ascii=True))
    else:
        _print_strategy(Terminal(), result, chosen)


def _print_strategy(console: Console, result: TranslationResult, chosen: StrategyResult) -> None:
    for name, each in (("adapter", result.adapter), ("rewrite", result.rewrite)):
        events = f" ({each.verification.events} events)" if each.verification is not None else ""
        console.print(Text(f"{name}: {each.result}{events}", style="bold"))
        for reason in each.reasons:
            console.print(Text(f"  {reason}"))
        _print_counterexample(console, each)
    if chosen.translation is not None:
        console.print(side_by_side(result.source.code, chosen.translation.code))
    _print_flags(console, result)
    for decision in chosen.translation.decisions if chosen.translation is not None else ():
        console.print(Text(f"- {decision}"))


def _print_counterexample(console: Console, chosen: StrategyResult) -> None:
    example = chosen.verification.counterexample if chosen.verification is not None else None
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
    """Return two sources next to each other, line by line; lines that only one of them has are colored."""
    table = Table("", "original", "", "translation", padding=(0, 1), show_lines=False)
    old, new = before.splitlines(), after.splitlines()
    for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for index in range(max(last - first, end - start)):
            left = first + index if first + index < last else None
            right = start + index if start + index < end else None
            table.add_row(*_cells(old, left, tag, "red"), *_cells(new, right, tag, "green"))
    return table


def _cells(lines: list[str], index: int | None, tag: str, color: str) -> tuple[Text, Text]:
    if index is None:
        return Text(""), Text("")
    style = "" if tag == "equal" else color
    return Text(str(index + 1), style="dim"), Text(lines[index].replace("\t", "    "), style=style)


def _print_flags(console: Console, result: TranslationResult) -> None:
    if not result.flags:
        return
    table = Table("line", "flag", "what to look at")
    for flag in result.flags:
        table.add_row(str(flag.line or ""), str(flag.code), Text(flag.message))
    console.print(table)


def _print_action(console: Console, parsed: ParsedAction) -> None:
    console.print(Syntax(parsed.source.code, "javascript", line_numbers=True))
    table = Table("line", "legacy field", "use", "new place")
    for access in parsed.accesses:
        table.add_row(
            str(access.line), access.field, str(access.use), str(parsed.flow.event.new_place(access.path))
        )
    console.print(table)
    for title, names in (
        ("modules", parsed.modules),
        ("secrets", parsed.secrets),
        ("configuration", parsed.configuration),
        ("environment", parsed.environment),
        ("globals", parsed.globals),
    ):
        console.print(Text(f"{title}: {', '.join(f'{n.name} (line {n.line})' for n in names) or 'none'}"))
    for flag in flags(parsed):
        console.print(Text(f"line {flag.line}: {flag.code}: {flag.message}"))
