"""Compliance on a schedule: Prefect's server keeps the schedule and the runs, a process of ours does them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import prefect
from prefect import flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType
from pydantic import TypeAdapter, ValidationError

from configs import Fleet, load_fleet
from configs.values import Duration
from flows.compliance import compliance_order
from flows.conclude import RunNotDone
from flows.progress import RunProgress
from flows.run import carry_out_async
from flows.terminal import Terminal
from phonefleet.errors import PhonefleetError
from phonefleet.execution.session import open_ledger

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that is due while another one goes on is cancelled; so are those that piled up while nobody served them."""


@flow(name="scheduled compliance", persist_result=False)
async def scheduled_compliance(fleet_file: str) -> int:
    """What a schedule starts: one compliance run of the fleet in this file, as it is then.

    Raises:
        RunNotDone: drift was found, or a tenant can't be read; the flow run fails, so that an automation can alert.
    """
    fleet = await asyncio.to_thread(load_fleet, Path(fleet_file))
    with open_ledger(fleet) as ledger, RunProgress(Terminal(stderr=True)) as progress:
        concluded = await carry_out_async(compliance_order(fleet, None), ledger, progress)
    if concluded.code:
        raise RunNotDone(concluded)
    return int(concluded.code)


def duration_of(text: str) -> timedelta:
    """A duration as fleet files write it, such as `6h`.

    Raises:
        PhonefleetError: it can't be read.
    """
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise PhonefleetError(f"--every {text}: {error.errors()[0]['msg']}") from None


def schedule_of(cron: str | None, every: timedelta | None, timezone: str) -> Schedule:
    """The schedule that an operator asked for.

    Args:
        cron: five fields, in the wall-clock time of `timezone`, also where that has daylight saving.
        every: or an interval, at least a minute.
        timezone: a name of the IANA database.

    Raises:
        PhonefleetError: not exactly one of both, or one that cannot be read.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise PhonefleetError(
            f"--timezone {timezone}: no such zone; for example Europe/Berlin or UTC"
        ) from None
    if (cron is None) == (every is None):
        raise PhonefleetError("say when: --cron EXPRESSION or --every DURATION, one of them")
    if every is not None:
        if every < timedelta(minutes=1):
            raise PhonefleetError(f"--every {every}: at least a minute")
        return Interval(every, timezone=timezone)
    try:
        return Cron(str(cron), timezone=timezone)
    except ValueError as error:
        raise PhonefleetError(f"--cron {cron}: cannot be read: {error}") from None


def serve(fleet_file: Path, fleet: Fleet, schedule: Schedule) -> None:
    """Serve the schedule until interrupted; then it is paused, since nobody would do its runs."""
    deployment = RunnerDeployment.from_flow(
        scheduled_compliance,
        name=f"compliance of {fleet.name}",
        description=f"Reads every tenant of {fleet.name} and fails when one is not what phonefleet left it as.",
        schedule=schedule,
        concurrency_limit=ONE_AT_A_TIME,
        parameters={"fleet_file": str(fleet_file.resolve())},
        entrypoint_type=EntrypointType.MODULE_PATH,
        tags=["phonefleet", fleet.name],
    )
    prefect.serve(deployment, print_starting_message=False)
