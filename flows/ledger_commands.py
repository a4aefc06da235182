"""Commands that read the ledger, also while a run is going on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from configs import Fleet
from flows.command import Json, Out, err, load, out, print_json, show
from phonefleet.execution.session import open_ledger
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import RunRecord

Fleets = Annotated[
    Path,
    typer.Option(
        "--fleet", metavar="FLEET", help="The fleet file; its ledger is read.", envvar="PHONEFLEET_FLEET"
    ),
]
HERE = Path("fleet.yaml")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (runs, status, history, report, schema):
        app.command()(command)


def _open(path: Path) -> tuple[Fleet, Ledger]:
    fleet = load(path)
    return fleet, open_ledger(fleet, create=False)


def runs(fleet: Fleets = HERE, as_json: Json = False) -> None:
    """List the runs of a fleet's ledger, newest first."""
    _, ledger = _open(fleet)
    with ledger:
        found = ledger.runs.recent(limit=200)
    if as_json:
        print_json([run.model_dump(mode="json") for run in found])
        return
    table = Table()
    for title in ("run", "started (UTC)", "verb", "by", "verdict", "exit", "tenants", "outcomes"):
        table.add_column(title, no_wrap=title in ("run", "started (UTC)"))
    for run in found:
        outcomes = ", ".join(f"{count} {kind}" for kind, count in run.outcomes.items())
        table.add_row(
            run.run_id,
            f"{run.started_at:%m-%d %H:%M}",
            run.verb,
            run.started_by,
            run.verdict or ("going on" if run.holder else f"died ({run.open_intents} open intents)"),
            "" if run.exit_code is None else str(run.exit_code),
            str(run.tenants),
            outcomes,
        )
    out.print(table)


def status(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `latest`.")
    ] = "latest",
    fleet: Fleets = HERE,
    as_json: Json = False,
) -> None:
    """Say how a run stands, also while it goes on."""
    from flows.document import document, table

    _, ledger = _open(fleet)
    with ledger:
        record = ledger.runs.record(run)
        holder = ledger.runs.summary(record.run_id).holder
        leases = [lease for lease in ledger.leases.in_force() if lease.run_id == record.run_id]
        still_open = ledger.steps.open_intents(record.run_id)
    if as_json:
        print_json(document(record, {}))
        return
    out.print(table(record))
    out.print(
        f"{_standing(record, holder)}; {len(still_open)} open intents, {len(leases)} leases held",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    for lease in leases[:20]:
        out.print(
            f"  {lease.domain} by {lease.holder} since {lease.acquired_at:%H:%M:%S} UTC", highlight=False
        )


def _standing(run: RunRecord, holder: str) -> str:
    if run.ended_at:
        return f"ended {run.ended_at:%Y-%m-%d %H:%M:%S} UTC, {run.verdict}"
    if holder:
        return f"going on: {holder} is at work on it"
    again = f"continue it with --resume {run.run_id}" if run.verb == "migrate" else "give its command again"
    return f"died without an end: {again}"


def history(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="A tenant's domain.")],
    fleet: Fleets = HERE,
    as_json: Json = False,
) -> None:
    """Everything that the ledger knows of one tenant, in order."""
    _, ledger = _open(fleet)
    with ledger:
        entries = ledger.history.of_tenant(tenant.lower())
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    if not entries:
        err.print(f"{tenant}: the ledger {ledger.place} knows nothing of it", markup=False)
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
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `latest`.")
    ] = "latest",
    fleet: Fleets = HERE,
    reports: Out = None,
    as_json: Json = False,
) -> None:
    """Write a run's reports anew from the ledger."""
    loaded, ledger = _open(fleet)
    from flows.conclude import reports_dir, write_reports

    with ledger:
        record = ledger.runs.record(run)
        written = write_reports(ledger, record, reports or reports_dir(loaded.state_dir, record.run_id))
    show(written, as_json=as_json)
    raise typer.Exit(2 if written.failures else 0)


def schema() -> None:
    """Print every frame's columns with their types, units and meaning."""
    from reports.schema import describe

    out.print(describe(), highlight=False, markup=False, soft_wrap=True)
