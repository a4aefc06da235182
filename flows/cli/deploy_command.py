"""`deploy`: register a fleet's flows with Prefect, to start them from its user interface, API and schedules."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows import local_server, prefect_settings
from flows.cli.common import FleetFile, Json, load_for_flow
from flows.cli.output import print_json
from flows.cli.terminal import err, out

if TYPE_CHECKING:
    from prefect.schedules import Schedule

    from flows.fleet_deployments import Deployed

DAILY = "17 4 * * *"
DEFAULT_POOL = "phonefleet"


def deploy(
    fleet: FleetFile,
    pool: Annotated[
        str, typer.Option(metavar="NAME", help="The work pool; it is created if there is none of that name.")
    ] = DEFAULT_POOL,
    cron: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION", help=f"When compliance runs: five cron fields [every day, {DAILY}]."
        ),
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Or at this interval, for example 6h.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="The time zone of --cron, for example Europe/Berlin.")
    ] = "UTC",
    no_schedule: Annotated[
        bool, typer.Option("--no-schedule", help="Run compliance only when it is started.")
    ] = False,
    python: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="The workers' Python, if it is not this one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Register a fleet's flows with Prefect, so that its user interface, its API and workers run them.

    Repeat it whenever the fleet file has changed: runs of a deployment refuse another fleet file.
    """
    if no_schedule and (cron or every):
        raise typer.BadParameter("give either --no-schedule or a schedule", param_hint="--no-schedule")
    loaded = load_for_flow(fleet)
    if local_server.reserved():
        err.print(
            "deployments need a Prefect server that stays: phonefleet server start, or set PREFECT_API_URL",
            highlight=False,
        )
        raise typer.Exit(2)
    prefect_settings.check_prefect_api()
    from flows.fleet_deployments import deploy as register

    schedule = None if no_schedule else _schedule(cron, every, timezone)
    registered = asyncio.run(register(loaded, pool, schedule, python or sys.executable))
    if as_json:
        print_json(
            {"pool": pool, "checksum": loaded.checksum, "deployments": [asdict(each) for each in registered]}
        )
        return
    _show(registered)
    _say(_scheduled(loaded.name, cron, every, timezone, no_schedule=no_schedule))
    api = os.environ.get("PREFECT_API_URL", "").strip()
    for what, *words in (
        ("a worker", "worker", "start", "--pool", pool),
        ("a run", "deployment", "run", registered[0].name),
    ):
        _say(f"start {what}: {_prefect(api, *words)}")


def _scheduled(fleet: str, cron: str | None, every: str | None, timezone: str, *, no_schedule: bool) -> str:
    if no_schedule:
        return f"compliance/{fleet} has no schedule: it runs when it is started"
    when = f"every {every}" if every and not cron else f"by the schedule {cron or DAILY} ({timezone})"
    daily = "" if cron or every else "every day, "
    return (
        f"compliance/{fleet} runs {daily}{when} while a worker runs; deploy with --no-schedule to remove that"
    )


def _prefect(api: str, *words: str) -> str:
    """Return a command of Prefect with the address of the server: another terminal does not have it."""
    command = shlex.join(["prefect", *words])
    # A password in the address stays in the environment and is not printed.
    return f"PREFECT_API_URL={shlex.quote(api)} {command}" if api and "@" not in api else command


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _schedule(cron: str | None, every: str | None, timezone: str) -> Schedule:
    from flows.deployments import duration_of, schedule_of

    return schedule_of(cron or (None if every else DAILY), duration_of(every) if every else None, timezone)


def _show(registered: list[Deployed]) -> None:
    for each in registered:
        _say(f"{each.name}  {each.address}")
        if each.paused:
            _say(
                f"{each.name} is paused in Prefect and stays paused: resume it there to start its scheduled runs"
            )
