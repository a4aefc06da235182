"""What a run leaves in Prefect: its name and tags, its summary, who must act on which tenant, and its reports."""

from __future__ import annotations

import logging
import re
import socket

from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact, acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.utilities.urls import url_for

import reports
from flows.prefect_calls import REFUSALS, ServerEnded, asking_prefect
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import RunRecord, RunSummary
from phonefleet.secrets.url_keys import mask_url

_log = logging.getLogger(__name__)
_NOT_IN_KEYS = re.compile("[^a-z0-9]+")


async def describe_flow_run(record: RunSummary) -> str:
    """Name and tag the flow run after the run in the ledger. A server that fails is only logged.

    Returns:
        The flow run's address in Prefect's user interface; empty outside of a flow run.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return ""
    options = RunOptions.model_validate(record.options)
    name = " ".join(filter(None, (record.verb, record.fleet, _selection(options), record.run_id)))
    tags = {*context.flow_run.tags, "phonefleet", record.fleet, record.verb}
    if options.wave:
        tags.add(f"wave:{options.wave}")
    try:
        async with asking_prefect(), get_client() as client:
            await client.update_flow_run(context.flow_run.id, name=name, tags=sorted(tags))
    except REFUSALS as error:
        _log.warning("%s: Prefect did not accept the flow run's name (%s)", name, type(error).__name__)
    return mask_url(url_for(context.flow_run) or "")


def _selection(options: RunOptions) -> str:
    if options.wave:
        return f"wave {options.wave}"
    match options.tenants:
        case ():
            return ""
        case (domain,):
            return domain
        case tenants:
            return f"{len(tenants)} tenants"


async def publish(record: RunRecord, written: reports.Written) -> None:
    """Publish the run's end with the flow run. A server that fails is only logged: the ledger has the run already."""
    if FlowRunContext.get() is None:
        return
    try:
        async with asking_prefect():
            await acreate_markdown_artifact(
                written.digest.markdown,
                key=artifact_key(record, "summary"),
                description=f"Run {record.run_id}",
            )
            await acreate_table_artifact(
                [{**row} for row in written.digest.not_done],
                key=artifact_key(record, "not-done"),
                description=f"Run {record.run_id}: {written.digest.not_done_note}",
            )
            page = written.paths.get("html")
            if page is not None:
                await acreate_link_artifact(
                    page.absolute().as_uri(),
                    link_text=f"report of run {record.run_id}",
                    key=artifact_key(record, "report"),
                    description=f"Run {record.run_id}: {page.absolute()} on {socket.gethostname()}",
                )
    except ServerEnded:
        return
    except REFUSALS as error:
        _log.warning(
            "run %s: Prefect did not take its artifacts (%s); the reports have the same",
            record.run_id,
            type(error).__name__,
        )


def artifact_key(run: RunRecord | RunSummary, what: str) -> str:
    """Return a key that is the same for every run of a verb over a fleet: Prefect shows them as versions of one."""
    return _NOT_IN_KEYS.sub("-", f"{run.verb} {run.fleet} {what}".lower()).strip("-")
