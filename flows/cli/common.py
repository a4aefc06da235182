"""What the commands share: options, loading a fleet, running a flow, and asking a person."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from configs import Fleet, load_fleet
from flows import local_server, prefect_settings
from flows.cli.output import document, print_json, show_run, table
from flows.cli.output_options import chosen, start_logging
from flows.cli.progress import TerminalProgress
from flows.cli.terminal import Terminal, err, out
from phonefleet.errors import PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.exit_codes import INTERRUPTED, ExitCode
from phonefleet.model.run_options import RunOptions
from phonefleet.secrets.prefect_credentials import know_prefect_credentials

if TYPE_CHECKING:
    from flows.report_files import FinishedRun
    from flows.wave_approval import ApprovalAwaited

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
Pool: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Do the work on this Prefect work pool (phonefleet deploy registers it) [execution.pool].",
        show_default=False,
    ),
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
AllowUnreachable: TypeAlias = Annotated[
    str,
    typer.Option(
        "--allow-unreachable",
        metavar="N|%",
        help="So many tenants, as a count or a percentage of the fleet, may be unreadable without effect on the exit "
        "code.",
    ),
]
Domains: TypeAlias = Annotated[list[str] | None, typer.Option(help="A tenant's domain; repeatable.")]

Owners: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--owner", metavar="NAME", help="The tenants of this owner in the fleet file; repeatable."),
]


def owned_domains(fleet: Fleet, domains: list[str] | None, owners: list[str] | None) -> list[str] | None:
    """Return the named domains, and those of the named owners, in lower case; None if neither is given.

    Raises:
        PlanRefused: an owner has no tenant in the fleet.
    """
    if not domains and not owners:
        return None
    named = [domain.lower() for domain in domains or ()]
    for owner in owners or ():
        theirs = [tenant.domain for tenant in fleet.tenants if tenant.owner == owner]
        if not theirs:
            known = ", ".join(sorted({tenant.owner for tenant in fleet.tenants if tenant.owner})) or "no one"
            raise PlanRefused(
                f"--owner {owner}: owns no tenant of fleet {fleet.name}; its owners are {known}"
            )
        named += theirs
    return list(dict.fromkeys(named))


def load_for_flow(path: Path) -> Fleet:
    """Load a fleet file and put Prefect's settings for it into this process's environment.

    This is the only place where phonefleet changes the environment. Prefect reads its settings when it is imported,
    so a command calls this before it imports a flow.

    Raises:
        ConfigError: the file has problems; the message has all of them.
        PhonefleetError: Prefect's API does not answer at `PREFECT_API_URL`.
    """
    fleet = load_fleet(path)
    settings = prefect_settings.default_settings(fleet.state_dir, os.environ)
    if home := settings.get("PREFECT_HOME"):
        Path(home).mkdir(parents=True, exist_ok=True)
    os.environ.update(settings)
    know_prefect_credentials()
    if not os.environ.get("PREFECT_API_URL"):
        local_server.reserve(os.environ, _kept_server())
    if local_server.reserved() is None:
        prefect_settings.check_prefect_api()
    return fleet


def _kept_server() -> str | None:
    """Return the API address of the local server that stays, if it runs, answers and fits the installed Prefect."""
    # Imported late: commands that only read the ledger need none of it.
    from flows import kept_server

    directory = kept_server.server_dir()
    record = kept_server.running(directory)
    if record is None:
        return None
    if not record.fits:
        err.print(
            f"the local Prefect server runs version {record.prefect} and another one is installed: stop it and start "
            "it again (phonefleet server stop, phonefleet server start)",
            highlight=False,
        )
        return None
    if not kept_server.answers(record):
        patience = prefect_settings.ANSWER_SECONDS
        err.print(f"{record.silence}: it is waited for, for up to {patience:g} s", highlight=False)
        if not kept_server.await_answer(directory, record, patience):
            err.print(
                f"{record.silence}: a temporary one is used, so its pages do not show this run. See "
                f"{kept_server.log_file(directory)}, or stop it (phonefleet server stop)",
                highlight=False,
            )
            return None
    return record.api_url


def run_flow(
    fleet: Fleet,
    call: Callable[[], Coroutine[Any, Any, FinishedRun]],
    *,
    as_json: bool,
    pool: str | None = None,
    check: Callable[[Ledger], object] | None = None,
    on: Terminal = out,
) -> FinishedRun:
    """Run a flow, show its progress, and print its result.

    Args:
        fleet: the fleet, loaded by `load_for_flow`.
        call: calls the flow.
        as_json: print the JSON document instead of the table.
        pool: the work pool that is asked for; None for the process of the run.
        check: raises for a request that the flow would refuse, given the fleet's ledger. It is called before Prefect
            is started, which takes seconds.
        on: where the table goes.

    Raises:
        PhonefleetError: the request is refused, or the ledger or Prefect's server cannot be used.
        typer.Exit: after the reports of what was done: with code 130 when a signal stopped the run, and with 3 when it
            waits for the approval of a wave.
    """
    start_logging(err)

    from flows.observers import observed_by
    from flows.operator import asked_by
    from flows.report_files import FinishedRun

    with open_ledger(fleet) as ledger:
        ledger.check_writable()
        if pool is not None:
            _check_pool(ledger, pool)
        if check is not None:
            check(ledger)
    if server := local_server.reserved():
        err.print(
            "starting a temporary Prefect server, which takes 10 to 30 s each time: `phonefleet server start` keeps "
            "one running, and PREFECT_API_URL names one of yours",
            highlight=False,
        )
        server.start(Path(os.environ["PREFECT_HOME"]) / "server.log")
    with (
        TerminalProgress(err, chosen, has_ui=server is None) as progress,
        observed_by(progress),
        asked_by(progress.ask if sys.stdin.isatty() else None),
    ):
        finished = _await_end(call, progress.say)
    if not isinstance(finished, FinishedRun):
        _show_stopped(fleet, progress.run_id, as_json=as_json, on=on)
        if finished is None:
            raise typer.Exit(INTERRUPTED)
        err.print(str(finished), highlight=False, markup=False)
        raise typer.Exit(ExitCode.GATE)
    with open_ledger(fleet, create=False) as ledger:
        record = ledger.runs.record(finished.run_id)
    show_run(finished, record, fleet.source, as_json=as_json, on=on)
    return finished


def _check_pool(ledger: Ledger, pool: str) -> None:
    """Check what can be checked of a pool before Prefect is started; raise PlanRefused."""
    from flows.pool_checks import check_shared

    check_shared(ledger, pool)
    if local_server.reserved():
        raise PlanRefused(
            f"pool {pool}: its workers need a Prefect server that stays: phonefleet server start, or set "
            "PREFECT_API_URL"
        )


def _await_end(
    call: Callable[[], Coroutine[Any, Any, FinishedRun]], say: Callable[[str], None]
) -> FinishedRun | ApprovalAwaited | None:
    """Return how a flow ended: its run, that it waits for an approval, or None for one that a signal stopped."""
    from prefect.exceptions import CancelledRun

    from flows.cli.flow_call import await_flow
    from flows.run_end import RunNotDone
    from flows.wave_approval import ApprovalAwaited

    try:
        return await_flow(call, say)
    except RunNotDone as not_done:
        return not_done.finished
    except ApprovalAwaited as awaited:
        return awaited
    except (CancelledRun, KeyboardInterrupt):
        return None


def _show_stopped(fleet: Fleet, run_id: str | None, *, as_json: bool, on: Terminal) -> None:
    """Print what a run that a signal stopped has done so far, and how to continue it."""
    if run_id is None:
        err.print("stopped before the run began: nothing was changed", highlight=False)
        return
    from flows.report_files import finished_run, reports_dir, write_reports

    with open_ledger(fleet, create=False) as ledger:
        record = ledger.runs.record(run_id)
        intents = len(ledger.steps.open_intents(run_id))
        if not as_json:
            on.print_whole(table(record))
        options = RunOptions.model_validate(ledger.runs.summary(run_id).options)
        directory = reports_dir(fleet, run_id, options.reports)
        finished = finished_run(record, write_reports(fleet, ledger, record, directory))
    if as_json:
        print_json(document(record, finished.reports))
    else:
        on.print(f"reports: {directory}", highlight=False, markup=False, soft_wrap=True)
    unknown = f"; {intents} write(s) without a known result are settled then" if intents else ""
    command = shlex.join(["phonefleet", *sys.argv[1:]])
    err.print(f"stopped. Continue with: {command}{unknown}", highlight=False, markup=False)


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
