"""`compliance`, once or on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from configs import Fleet
from flows import local_server
from flows.cli.common import (
    AllowUnreachable,
    Domains,
    FleetFile,
    Json,
    Owners,
    Pool,
    ReportsDir,
    load_for_flow,
    owned_domains,
    run_flow,
)
from flows.cli.terminal import err
from flows.selection import check_domains, parse_allowed


def compliance(
    fleet: FleetFile,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN",
            help="Record this tenant's present state as the one to compare with; repeatable.",
        ),
    ] = None,
    test: Annotated[
        bool,
        typer.Option("--test", help="Send test messages where credentials may have been overwritten."),
    ] = False,
    cron: Annotated[
        str | None,
        typer.Option(metavar="EXPRESSION", help="Keep running, on this schedule: five cron fields."),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Keep running, at this interval, for example 6h."),
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="The time zone of --cron, for example Europe/Berlin.")
    ] = "UTC",
    tenant: Domains = None,
    owner: Owners = None,
    allow_unreachable: AllowUnreachable = "0",
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Detect drift from the last recorded state; exit code 1 if there is any."""
    loaded = load_for_flow(fleet)
    wanted = owned_domains(loaded, tenant, owner)
    if cron or every:
        parameters: dict[str, Any] = {
            "tenants": wanted,
            "test": test,
            "allow_unreachable": parse_allowed(allow_unreachable),
        }
        _serve(fleet, loaded, cron, every, timezone, parameters)
        return
    from flows.compliance import compliance as compliance_flow

    directory, allowed = str(reports) if reports else None, parse_allowed(allow_unreachable)
    finished = run_flow(
        loaded,
        lambda: compliance_flow(str(fleet), accept, directory, test, allowed, wanted, pool),
        as_json=as_json,
        pool=pool or loaded.execution.pool,
        check=lambda _: check_domains(loaded, (*(accept or ()), *(wanted or ()))),
    )
    raise typer.Exit(finished.code)


def _serve(
    file: Path,
    fleet: Fleet,
    cron: str | None,
    every: str | None,
    timezone: str,
    parameters: Mapping[str, Any],
) -> None:
    if local_server.reserved():
        err.print("a schedule needs a Prefect server that keeps running: set PREFECT_API_URL")
        raise typer.Exit(2)
    from flows.deployments import duration_of, schedule_of, serve

    schedule = schedule_of(cron, duration_of(every) if every else None, timezone)
    err.print(
        f"serving compliance of {fleet.name} on {cron or f'every {every}'} ({timezone}); Ctrl-C pauses the schedule",
        highlight=False,
        markup=False,
    )
    serve(file, fleet, schedule, parameters)
