"""What the commands share: options, loading a fleet, running a flow, and asking a person."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from configs import Fleet, load_fleet
from flows import prefect_settings
from flows.cli.output import show_run
from flows.cli.progress import TerminalProgress
from flows.cli.terminal import err
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger

if TYPE_CHECKING:
    from flows.report_files import FinishedRun

FleetFile: TypeAlias = Annotated[Path, typer.Argument(metavar="FLEET", help="The fleet file (fleet.yaml).")]
FleetOption: TypeAlias = Annotated[
    Path,
    typer.Option("--fleet", metavar="FLEET", help="The fleet file.", envvar="PHONEFLEET_FLEET"),
]
DEFAULT_FLEET_FILE = Path("fleet.yaml")
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")
]
ReportsDir: TypeAlias = Annotated[
    Path | None, typer.Option("--reports", metavar="DIR", help="Directory for the reports.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Domains: TypeAlias = Annotated[list[str] | None, typer.Option(help="A tenant's domain; repeatable.")]


def load_for_flow(path: Path) -> Fleet:
    """Load a fleet file and put Prefect's settings for it into this process's environment.

    This is the only place where phonefleet changes the environment. Prefect reads its settings when it is imported,
    so a command calls this before it imports a flow.

    Raises:
        ConfigError: the file has problems; the message has all of them.
    """
    fleet = load_fleet(path)
    settings = prefect_settings.default_settings(fleet.state_dir, os.environ)
    if home := settings.get("PREFECT_HOME"):
        Path(home).mkdir(parents=True, exist_ok=True)
    os.environ.update(settings)
    return fleet


def run_flow(
    fleet: Fleet,
    call: Callable[[], Coroutine[Any, Any, FinishedRun]],
    *,
    as_json: bool,
    check: Callable[[Ledger], object] | None = None,
) -> FinishedRun:
    """Run a flow, show its progress, and print its result.

    Args:
        fleet: the fleet, loaded by `load_for_flow`.
        call: calls the flow.
        as_json: print the JSON document instead of the table.
        check: raises for a request that the flow would refuse, given the fleet's ledger. It is called before Prefect
            is started, which takes seconds.

    Raises:
        PhonefleetError: the request is refused, or the ledger or Prefect's server cannot be used.
    """
    from flows.observers import observed_by
    from flows.run_end import RunNotDone

    with open_ledger(fleet) as ledger:
        ledger.check_writable()
        if check is not None:
            check(ledger)
    prefect_settings.check_prefect_api()
    if prefect_settings.uses_local_server():
        err.print(
            "starting a local Prefect server (set PREFECT_API_URL to use a running one)", highlight=False
        )
    with TerminalProgress(err) as progress, observed_by(progress):
        try:
            finished = asyncio.run(call())
        except RunNotDone as not_done:
            finished = not_done.finished
    with open_ledger(fleet, create=False) as ledger:
        record = ledger.runs.record(finished.run_id)
    show_run(finished, record, as_json=as_json)
    return finished


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person before anything is changed; without a terminal `--yes` is needed.

    Raises:
        typer.Exit: with code 2, when there is no terminal, or the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        err.print(
            f"{question} There is no terminal to ask: repeat with --yes. Nothing was changed.", markup=False
        )
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        err.print("Nothing was changed.")
        raise typer.Exit(2)
