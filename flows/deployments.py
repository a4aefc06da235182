"""Compliance on a schedule: Prefect's server keeps the schedule and the runs, this process executes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import prefect
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType
from pydantic import TypeAdapter, ValidationError

from configs import Fleet
from configs.values import Duration
from flows.compliance import compliance
from phonefleet.errors import PhonefleetError

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that is due while another one is running is cancelled; so are those that piled up while nothing served them."""


def duration_of(text: str) -> timedelta:
    """Parse a duration as fleet files write it, such as `6h`.

    Raises:
        PhonefleetError: it can't be parsed.
    """
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise PhonefleetError(f"--every {text}: {error.errors()[0]['msg']}") from None


def schedule_of(cron: str | None, every: timedelta | None, timezone: str) -> Schedule:
    """Return the schedule that an operator asked for.

    Args:
        cron: five fields, in the wall-clock time of `timezone`, daylight saving included.
        every: or an interval, at least a minute.
        timezone: a name of the IANA database.

    Raises:
        PhonefleetError: not exactly one of both is given, or one can't be parsed.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise PhonefleetError(
            f"--timezone {timezone}: no such time zone; for example Europe/Berlin or UTC"
        ) from None
    if (cron is None) == (every is None):
        raise PhonefleetError("give one of them: --cron EXPRESSION or --every DURATION")
    if every is not None:
        if every < timedelta(minutes=1):
            raise PhonefleetError(f"--every {every}: at least a minute")
        return Interval(every, timezone=timezone)
    try:
        return Cron(str(cron), timezone=timezone)
    except ValueError as error:
        raise PhonefleetError(f"--cron {cron}: cannot be parsed: {error}") from None


def serve(fleet_file: Path, fleet: Fleet, schedule: Schedule, parameters: Mapping[str, Any]) -> None:
    """Serve the schedule until interrupted; then it is paused, because no process executes its runs.

    Args:
        fleet_file: path of the fleet file.
        fleet: what it says.
        schedule: when to run.
        parameters: of the flow, beside the fleet file.
    """
    deployment = RunnerDeployment.from_flow(
        compliance,
        name=f"compliance of {fleet.name}",
        description=f"Reads every tenant of {fleet.name} and fails when one has drifted from its recorded state.",
        schedule=schedule,
        concurrency_limit=ONE_AT_A_TIME,
        parameters={"fleet": str(fleet_file.absolute()), **parameters},
        entrypoint_type=EntrypointType.MODULE_PATH,
        tags=["phonefleet", fleet.name],
    )
    prefect.serve(deployment, print_starting_message=False)
