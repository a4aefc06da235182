"""Commands that read the ledger, also while a run is going on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from configs import Fleet, load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, ReportsDir
from flows.cli.output import document, print_json, show_run, table
from flows.cli.terminal import err, escape_controls, out
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.run_record import RunRecord, RunSummary
from phonefleet.secrets.known_values import KNOWN

RunArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `latest`.")
]
_LEASES_LISTED = 20
_DECISIONS_LISTED = 10
_RUNS_LISTED = 200
_WATCH_SECONDS = 2.0


def runs(fleet: FleetOption = DEFAULT_FLEET_FILE, as_json: Json = False) -> None:
    """List the runs of a fleet's ledger, newest first."""
    _, ledger = _open(fleet)
    with ledger:
        found = ledger.runs.recent(limit=_RUNS_LISTED)
    if as_json:
        print_json([run.model_dump(mode="json") for run in found])
        return
    listed = Table()
    for title in ("run", "started (UTC)", "verb", "by", "verdict", "exit", "tenants", "outcomes"):
        listed.add_column(title, no_wrap=title in ("run", "started (UTC)"))
    for run in found:
        listed.add_row(*_cells(run))
    out.print(listed)


def _cells(run: RunSummary) -> tuple[str, ...]:
    return (
        run.run_id,
        f"{run.started_at:%m-%d %H:%M}",
        run.verb,
        run.started_by,
        run.verdict or ("going on" if run.holder else f"died ({run.open_intents} open intents)"),
        "" if run.exit_code is None else str(run.exit_code),
        str(run.tenants),
        ", ".join(f"{count} {kind}" for kind, count in run.outcomes.items()),
    )


def status(
    run: RunArgument = "latest",
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show it again every two seconds until the run ends.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the state of a run, also while it is going on."""
    _, ledger = _open(fleet)
    with ledger:
        if as_json:
            print_json(document(ledger.runs.record(run), {}))
        elif watch:
            _watch(ledger, ledger.runs.summary(run).run_id)
        else:
            record = ledger.runs.record(run)
            out.print(table(record))
            for line in _state_lines(ledger, record):
                out.print(line, highlight=False, markup=False, soft_wrap=True)


def _watch(ledger: Ledger, run_id: str) -> None:
    """Show the state of a run until it ends, it died, or the operator has seen enough."""
    with Live(console=out, auto_refresh=False) as live, suppress(KeyboardInterrupt):
        while True:
            record = ledger.runs.record(run_id)
            lines = [Text(escape_controls(KNOWN.mask(line))) for line in _state_lines(ledger, record)]
            shown = Group(table(record), *lines)
            live.update(shown, refresh=True)
            if record.ended_at or not ledger.runs.summary(run_id).holder:
                return
            time.sleep(_WATCH_SECONDS)


def _state_lines(ledger: Ledger, record: RunRecord) -> Iterator[str]:
    """Yield whether a run is going on, its pause, its last decisions, and the tenants that it works on."""
    holder = ledger.runs.summary(record.run_id).holder
    leases = [lease for lease in ledger.leases.in_force() if lease.run_id == record.run_id]
    at_work = [lease for lease in leases if lease.domain != f"run:{record.run_id}"]
    writes = len(ledger.steps.open_intents(record.run_id))
    pending = f"; {writes} write(s) without a known result yet" if writes else ""
    yield f"{describe_state(record, holder)}; at work on {len(at_work)} tenant(s){pending}"
    pause = ledger.runs.pause_of(record.run_id)
    if pause and not record.ended_at:
        yield f"  paused by {pause.by} since {pause.at:%Y-%m-%d %H:%M} UTC"
    for decision in record.decisions[-_DECISIONS_LISTED:]:
        yield f"  {decision.at:%Y-%m-%d %H:%M:%S} UTC  {decision.kind}: {decision.message}"
    for lease in at_work[:_LEASES_LISTED]:
        yield f"  {lease.domain} by {lease.holder} since {lease.acquired_at:%H:%M:%S} UTC"


def describe_state(run: RunRecord, holder: str) -> str:
    """Return whether a run has ended, is going on, or died, and then how to continue it."""
    if run.ended_at:
        return f"ended {run.ended_at:%Y-%m-%d %H:%M:%S} UTC, {run.verdict}"
    if holder:
        return f"going on: {holder} is at work on it"
    again = f"continue it with --resume {run.run_id}" if run.verb == "migrate" else "repeat its command"
    return f"stopped or died before its end: {again}"


def history(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="A tenant's domain.")],
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    as_json: Json = False,
) -> None:
    """Print everything that the ledger has about one tenant, in order."""
    _, ledger = _open(fleet)
    with ledger:
        entries = ledger.history.of_tenant(tenant.lower())
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    if not entries:
        err.print(f"{tenant}: the ledger {ledger.place} has nothing about it", markup=False)
        raise typer.Exit(2)
    for entry in entries:
        line = f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.run_id:22}  {entry.what:10}  {entry.text}"
        out.print(
            line + (f"  ({entry.detail})" if entry.detail else ""),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def report(
    run: RunArgument = "latest",
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    reports: ReportsDir = None,
    as_json: Json = False,
) -> None:
    """Write a run's reports again from the ledger."""
    loaded, ledger = _open(fleet)
    from flows.report_files import finished_run, reports_dir, write_reports

    with ledger:
        record = ledger.runs.record(run)
        directory = reports_dir(loaded, record.run_id, reports)
        finished = finished_run(record, write_reports(loaded, ledger, record, directory))
    show_run(finished, record, as_json=as_json)
    raise typer.Exit(2 if finished.failures else 0)


def schema() -> None:
    """Print every frame's columns with their types, units and meaning."""
    from reports.schema import describe

    out.print(describe(), highlight=False, markup=False, soft_wrap=True)


def _open(path: Path) -> tuple[Fleet, Ledger]:
    fleet = load_fleet(path)
    return fleet, open_ledger(fleet, create=False)
