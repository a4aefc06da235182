"""What all commands share: options, loading a fleet, running an order, and saying how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from configs import Fleet, load_fleet
from flows import prefect_settings
from flows.document import document, table
from flows.progress import RunProgress
from flows.terminal import Terminal
from phonefleet.execution.session import open_ledger
from phonefleet.ledger.ledger import Ledger

if TYPE_CHECKING:
    from flows.conclude import Concluded
    from flows.run import Order

FleetFile = Annotated[Path, typer.Argument(metavar="FLEET", help="The fleet file (fleet.yaml).")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")
]
Out = Annotated[Path | None, typer.Option("--reports", metavar="DIR", help="Where the reports go.")]

err = Terminal(stderr=True, soft_wrap=True)
out = Terminal(soft_wrap=False)


def load(path: Path) -> Fleet:
    """Load a fleet file, and set Prefect up for it before anything imports Prefect.

    Raises:
        ConfigError: the file has problems; all of them are in the message.
    """
    fleet = load_fleet(path)
    prefect_settings.prepare(fleet.state_dir)
    return fleet


def run(fleet: Fleet, order_of: Callable[[Ledger], Order], *, as_json: bool) -> Concluded:
    """Carry an order out on the fleet's ledger, showing its progress, and print what came of it.

    Args:
        fleet: the loaded fleet.
        order_of: makes the order once the ledger is open.
        as_json: whether standard output gets the JSON document instead of the table.
    """
    from flows.run import carry_out

    with open_ledger(fleet) as ledger:
        order = order_of(ledger)
        prefect_settings.see_that_it_answers()
        if prefect_settings.uses_local_server():
            err.print(
                "starting Prefect's local server (set PREFECT_API_URL to use one that runs)", highlight=False
            )
        with RunProgress(err) as progress:
            concluded = carry_out(order, ledger, progress)
    show(concluded, as_json=as_json)
    return concluded


def show(concluded: Concluded, *, as_json: bool) -> None:
    """Print a run's end: one JSON document, or the table of outcomes and the paths of the reports."""
    if as_json:
        print_json(document(concluded.record, concluded.reports))
    else:
        out.print(table(concluded.record))
        for kind, path in concluded.reports.items():
            if not kind.startswith(_DATA):
                out.print(f"{kind:>10}  {path}", highlight=False, markup=False, soft_wrap=True)
        out.print(f"{'verdict':>10}  {_verdict(concluded)}", highlight=False, markup=False, soft_wrap=True)
    for failure in concluded.failures:
        err.print(f"expectation violated: {failure}", style="red", markup=False)


_DATA = ("csv:", "parquet:")
"""Kinds of reports that lie together in one folder; the schema among them is named."""
_SAYING = {
    0: "done",
    1: "drift found: tenants are not what they were left as",
    2: "not done: something failed",
    3: "stopped at a gate: tenants wait for a person's decision",
}


def _verdict(concluded: Concluded) -> str:
    return f"{concluded.record.verdict}, exit code {int(concluded.code)} ({_SAYING[concluded.code]})"


def print_json(value: Any) -> None:
    """Print exactly one JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person before anything is changed; without a terminal only `--yes` will do.

    Raises:
        typer.Exit: with code 2, when there is nobody to ask, or the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        err.print(f"{question} Nobody is here to ask: repeat with --yes. Nothing was changed.", markup=False)
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        err.print("Nothing was changed.")
        raise typer.Exit(2)
