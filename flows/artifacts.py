"""What a run leaves in Prefect: its summary as text and the tenants that are not done as a table."""

from __future__ import annotations

import logging
import re

import httpx
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

import reports
from phonefleet.model.run_record import RunRecord

_log = logging.getLogger(__name__)
_NOT_IN_KEYS = re.compile("[^a-z0-9]+")


async def publish(record: RunRecord, written: reports.Written) -> None:
    """Leave both artifacts with the flow run. The ledger has the run already: a server that fails is only logged."""
    if FlowRunContext.get() is None:
        return
    try:
        await acreate_markdown_artifact(
            written.digest.markdown, key=_key(record, "summary"), description=f"Run {record.run_id}"
        )
        await acreate_table_artifact(
            [{**row} for row in written.digest.not_done],
            key=_key(record, "not-done"),
            description=f"Run {record.run_id}: {written.digest.not_done_note}",
        )
    except (PrefectException, httpx.HTTPError, OSError) as error:
        _log.warning(
            "run %s: Prefect did not take its artifacts (%s); the reports have the same",
            record.run_id,
            type(error).__name__,
        )


def _key(record: RunRecord, what: str) -> str:
    """The same for every run of a verb over a fleet, so that Prefect shows them as versions of one thing."""
    return _NOT_IN_KEYS.sub("-", f"{record.verb} {record.fleet} {what}".lower()).strip("-")
