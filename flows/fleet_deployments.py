"""Deployments of one fleet: Prefect's scheduler, user interface and API start the same flows as the command line.

The name of a deployment is the fleet's, so `migrate/acme` migrates the fleet `acme`. Its parameters name the fleet file
by its path and have the fleet's checksum. Secrets, snapshots and plans are no parameters: the worker reads them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound, PrefectException
from prefect.runner.storage import LocalStorage
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.urls import url_for

from configs import Fleet
from flows.assess import assess
from flows.compliance import compliance
from flows.deployments import ONE_AT_A_TIME
from flows.finalize import finalize
from flows.migrate import migrate
from flows.plan import plan
from flows.rollback import rollback
from flows.tenants import tenants
from phonefleet.errors import PhonefleetError
from phonefleet.secrets.url_keys import mask_url

DEPLOYED: tuple[Flow[..., Any], ...] = (assess, plan, migrate, rollback, finalize, compliance, tenants)
HEARTBEAT_SECONDS = 30
"""The most frequent that Prefect allows. A run of which three are missing is dead."""
RUN_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
}
"""The environment of a run on a worker, besides the worker's own."""
_SILENT = ("Completed", "Failed", "Cancelled", "Crashed", "Suspended")
"""States without heartbeats: no process belongs to them."""
_SILENT_EVENTS = frozenset(f"prefect.flow-run.{state}" for state in _SILENT)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that is registered.

    Attributes:
        name: `VERB/FLEET`, as `prefect deployment run` takes it.
        address: where Prefect's user interface shows it; empty where it has none.
        paused: whether Prefect starts none of its scheduled runs, because an operator paused it there.
    """

    name: str
    address: str
    paused: bool


async def deploy(fleet: Fleet, pool: str, schedule: Schedule | None, python: str) -> list[Deployed]:
    """Register a fleet's deployments, or update those that are registered.

    A deployment or a schedule that an operator paused in Prefect stays paused, and schedules that an operator gave to
    other verbs than compliance stay.

    Args:
        fleet: the fleet.
        pool: the work pool; one of type `process` is created if there is none of that name.
        schedule: when compliance runs; None runs it only when it is started.
        python: the workers' Python.

    Raises:
        PhonefleetError: Prefect's server refused, or it does not answer.
    """
    try:
        return await _register(fleet, pool, schedule, python)
    except (PrefectException, httpx.HTTPError) as error:
        raise PhonefleetError(
            f"fleet {fleet.name}: Prefect's server refused its deployments ({mask_url(str(error))}): correct that and "
            "deploy again; what was registered before stays"
        ) from error


async def _register(fleet: Fleet, pool: str, schedule: Schedule | None, python: str) -> list[Deployed]:
    async with get_client() as client:
        await _ensure_pool(client, pool)
        registered = []
        for flow in DEPLOYED:
            name = f"{flow.name}/{fleet.name}"
            paused = await _paused(client, name)
            planned = schedule if flow is compliance else None
            if planned and paused.schedules:
                planned = replace(planned, active=False)
            made = deployment_of(flow, fleet, pool, planned, python)
            # An update of Prefect resumes what it does not name as paused.
            made.paused = paused.deployment
            identifier = await made.aapply()
            if flow is compliance and schedule is None:
                await _remove_schedules(client, identifier)
            address = mask_url(url_for("deployment", obj_id=identifier) or "")
            registered.append(
                Deployed(name, address, paused.deployment or bool(planned and paused.schedules))
            )
        await _ensure_automation(client, fleet.name)
    return registered


def deployment_of(
    flow: Flow[..., Any], fleet: Fleet, pool: str, schedule: Schedule | None, python: str
) -> RunnerDeployment:
    """Return the deployment of one verb for a fleet.

    Its runs have the fleet file's directory as their working directory, so that relative paths in parameters, such as
    that of a plan file, mean the same as for the command line there.
    """
    made = RunnerDeployment.from_flow(
        flow,
        name=fleet.name,
        description=(flow.description or "").split("\n\n")[0],
        parameters=fleet_parameters(fleet),
        schedule=schedule,
        concurrency_limit=ONE_AT_A_TIME if flow is compliance else None,
        work_pool_name=pool,
        job_variables={"command": run_command(python), "env": RUN_ENVIRONMENT},
        entrypoint_type=EntrypointType.MODULE_PATH,
        tags=["phonefleet", fleet.name],
    )
    made.storage = LocalStorage(str(directory_of(fleet)))
    if schedule is None:
        # An update that names an empty list of schedules would remove those that an operator added.
        made.model_fields_set.discard("schedules")
    return made


def fleet_parameters(fleet: Fleet) -> dict[str, Any]:
    """Return the parameters that say which fleet a run is for."""
    return {"fleet": str(fleet.source.absolute()), "fleet_checksum": fleet.checksum}


def run_command(python: str) -> str:
    """Return the command that a worker starts for a run, see `flows.guarded_engine`."""
    return f"{shlex.quote(python)} -P -m flows.guarded_engine"


def directory_of(fleet: Fleet) -> Path:
    """Return the directory of a fleet file."""
    return fleet.source.absolute().parent


async def _ensure_pool(client: PrefectClient, name: str) -> None:
    try:
        await client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    except ObjectAlreadyExists:
        return


@dataclass(frozen=True, slots=True)
class _Paused:
    """What an operator paused in Prefect: a deployment, a schedule of a deployment."""

    deployment: bool
    schedules: bool


async def _paused(client: PrefectClient, name: str) -> _Paused:
    try:
        found = await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return _Paused(deployment=False, schedules=False)
    return _Paused(found.paused, any(not schedule.active for schedule in found.schedules))


async def _remove_schedules(client: PrefectClient, deployment: Any) -> None:
    """Remove the schedules of an earlier registration, which an update that names none keeps."""
    for schedule in await client.read_deployment_schedules(deployment):
        await client.delete_deployment_schedule(deployment, schedule.id)


async def _ensure_automation(client: PrefectClient, fleet: str) -> None:
    """Let Prefect call a run `Crashed` whose process is gone: it then no longer counts as running.

    This is the automation of Prefect's page "How to detect and respond to zombie flows", for one fleet's runs.
    """
    name = f"phonefleet: dead runs of {fleet}"
    heartbeat = "prefect.flow-run.heartbeat"
    wanted = AutomationCore(
        name=name,
        description=f"Runs of {fleet} without three heartbeats have no process any more.",
        trigger=EventTrigger(
            after={heartbeat},
            expect={heartbeat, *_SILENT_EVENTS},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification(
                {"prefect.resource.id": [f"prefect.tag.{fleet}"], "prefect.resource.role": "tag"}
            ),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=3 * HEARTBEAT_SECONDS),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message="no heartbeat: its process is gone. Start the flow with the same parameters to continue",
            )
        ],
    )
    found = await client.read_automations_by_name(name)
    for each in found:
        # One of an earlier version would call a suspended run dead.
        if not isinstance(each.trigger, EventTrigger) or not each.trigger.expect >= _SILENT_EVENTS:
            await client.update_automation(each.id, wanted)
    if not found:
        await client.create_automation(wanted)
