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
from flows.cli.chosen_run import RunGoingOn, chosen_run
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, ReportsDir
from flows.cli.output import document, print_json, show_run, table
from flows.cli.terminal import err, escape_controls, out
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.command_lines import about_run, continuing
from phonefleet.model.run_record import RunRecord, RunSummary
from phonefleet.secrets.known_values import KNOWN

RunArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `latest`.")
]
_LEASES_LISTED = 20
_DECISIONS_LISTED = 10
_RUNS_LISTED = 200
_CONTINUED = 3
_WIDE = 110
_COLUMNS = ("run", "started (UTC)", "verb", "by", "verdict", "exit", "tenants", "outcomes")
_OF_WIDE = ("by", "tenants")
"""Columns of a terminal that is at least `_WIDE`: they are the same in nearly every row."""
_WATCH_SECONDS = 2.0


def runs(fleet: FleetOption = DEFAULT_FLEET_FILE, as_json: Json = False) -> None:
    """List the runs of a fleet's ledger, newest first."""
    loaded, ledger = _open(fleet)
    with ledger:
        found = ledger.runs.recent(limit=_RUNS_LISTED)
    if as_json:
        print_json([run.model_dump(mode="json") for run in found])
        return
    # A reader of a pipe takes as many columns as there are; a narrow terminal has no room for what rarely differs.
    is_narrow = out.is_limited and out.width < _WIDE
    left_out = _OF_WIDE if is_narrow else ()
    titles = [title for title in _COLUMNS if title not in left_out]
    listed = Table()
    for title in titles:
        listed.add_column(title, no_wrap=title in ("run", "started (UTC)") or not out.is_limited)
    for run in found:
        cells = dict(zip(_COLUMNS, _cells(run), strict=True))
        listed.add_row(*(cells[title] for title in titles))
    out.print_whole(listed)
    stopped = [run for run in found if not run.ended_at and not run.holder and run.fleet == loaded.name]
    for run in stopped[:_CONTINUED]:
        if again := continuing(run.verb, run.run_id, run.options, loaded.source):
            out.print(f"continue {run.run_id}: {again}", highlight=False, markup=False, soft_wrap=True)


def _cells(run: RunSummary) -> tuple[str, ...]:
    state = "going on" if run.holder else f"stopped or died ({run.open_intents} open intents)"
    return (
        run.run_id,
        f"{run.started_at:%m-%d %H:%M}",
        run.verb,
        run.started_by,
        run.verdict or state,
        "" if run.exit_code is None else str(run.exit_code),
        str(run.tenants),
        ", ".join(f"{count} {kind}" for kind, count in run.outcomes.items()),
    )


def status(
    run: RunGoingOn = None,
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show it again every two seconds until the run ends.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the state of a run, also while it is going on."""
    loaded, ledger = _open(fleet)
    with ledger:
        run_id = chosen_run(loaded, ledger, run).run_id
        if as_json:
            print_json(document(ledger.runs.record(run_id), {}))
        elif watch:
            _watch(loaded, ledger, run_id)
        else:
            record = ledger.runs.record(run_id)
            out.print_whole(table(record))
            for line in _state_lines(loaded, ledger, record):
                out.print(line, highlight=False, markup=False, soft_wrap=True)


def _watch(fleet: Fleet, ledger: Ledger, run_id: str) -> None:
    """Show the state of a run until it ends, it died, or the operator has seen enough."""
    with Live(console=out, auto_refresh=False) as live, suppress(KeyboardInterrupt):
        while True:
            record = ledger.runs.record(run_id)
            lines = [Text(escape_controls(KNOWN.mask(line))) for line in _state_lines(fleet, ledger, record)]
            shown = Group(table(record), *lines)
            live.update(shown, refresh=True)
            if record.ended_at or not ledger.runs.summary(run_id).holder:
                return
            time.sleep(_WATCH_SECONDS)


def _state_lines(fleet: Fleet, ledger: Ledger, record: RunRecord) -> Iterator[str]:
    """Yield whether a run is going on, its pause, its last decisions, and the tenants that it works on."""
    summary = ledger.runs.summary(record.run_id)
    leases = [lease for lease in ledger.leases.in_force() if lease.run_id == record.run_id]
    at_work = [lease for lease in leases if lease.domain != f"run:{record.run_id}"]
    writes = len(ledger.steps.open_intents(record.run_id))
    pending = f"; {writes} write(s) without a known result yet" if writes else ""
    yield f"{describe_state(fleet, summary)}; at work on {len(at_work)} tenant(s){pending}"
    pause = ledger.runs.pause_of(record.run_id)
    if pause and not record.ended_at:
        resume = about_run("resume", record.run_id, fleet.source)
        yield f"  paused by {pause.by} since {pause.at:%Y-%m-%d %H:%M} UTC; to go on: {resume}"
    for decision in record.decisions[-_DECISIONS_LISTED:]:
        yield f"  {decision.at:%Y-%m-%d %H:%M:%S} UTC  {decision.kind}: {decision.message}"
    for lease in at_work[:_LEASES_LISTED]:
        yield f"  {lease.domain} by {lease.holder} since {lease.acquired_at:%H:%M:%S} UTC"


def describe_state(fleet: Fleet, run: RunSummary) -> str:
    """Return whether a run has ended, is going on, or stopped before its end, and the command that continues it."""
    if run.ended_at:
        return f"ended {run.ended_at:%Y-%m-%d %H:%M:%S} UTC, {run.verdict}"
    if run.holder:
        return f"going on: {run.holder} is at work on it"
    again = continuing(run.verb, run.run_id, run.options, fleet.source)
    return f"stopped or died before its end: {again or 'repeat its command'}"


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
    show_run(finished, record, loaded.source, as_json=as_json)
    raise typer.Exit(2 if finished.failures else 0)


def schema() -> None:
    """Print every frame's columns with their types, units and meaning."""
    from reports.schema import describe

    out.print(describe(), highlight=False, markup=False, soft_wrap=True)


def _open(path: Path) -> tuple[Fleet, Ledger]:
    fleet = load_fleet(path)
    return fleet, open_ledger(fleet, create=False)
