"""Whether a run is paused: by the pause file, by `phonefleet pause`, or in Prefect. All three mean the same.

Each is looked up before a tenant starts. Tenants that are in progress are finished.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Pause

from flows.prefect_calls import REFUSALS, ServerEnded, asking_prefect
from phonefleet.model.command_lines import about_run
from tasks.run_context import RunContext

PAUSE_POLL_SECONDS = 1.0
_PREFECT_SECONDS = 2.0
"""How long Prefect's answer is used for further tenants."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    state: State | None = None
    until: float = 0.0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


_answers: dict[UUID, _Answer] = {}
"""The last state of the flow run that this process is in."""


async def why_paused(context: RunContext, *, in_shard: bool = False) -> str:
    """Return why no tenant of a run may start now, and what ends the pause; empty where nothing pauses it.

    Args:
        context: the run.
        in_shard: another process drives the run; what it has seen of pauses counts too.

    Raises:
        Pause: the flow run was suspended in Prefect: this process ends, and the server starts it again on resume.
    """
    fleet = context.fleet
    if fleet.pause_file.exists():
        return f"paused: {fleet.pause_file} exists; remove it to go on"
    if pause := await context.ledger.runs.pause_of.in_thread(context.run_id, in_shard=in_shard):
        if pause.seen:
            return pause.by
        resume = about_run("resume", context.run_id, fleet.source)
        return f"paused by {pause.by} since {pause.at:%Y-%m-%d %H:%M} UTC; to go on: {resume}"
    state = await _prefect_state()
    if state is None or not state.is_paused():
        return ""
    if state.state_details.pause_reschedule:
        raise Pause(state=state)
    return "paused in Prefect; resume the flow run there to go on"


async def _prefect_state() -> State | None:
    """Return the flow run's state on Prefect's server; None outside of a flow, or where the server gives none."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return None
    answer = _answers.setdefault(context.flow_run.id, _Answer())
    async with answer.asking:
        if time.monotonic() > answer.until:
            try:
                async with asking_prefect(), get_client() as client:
                    answer.state = (await client.read_flow_run(context.flow_run.id)).state
            except ServerEnded:
                pass  # No one can pause the flow run any more.
            except REFUSALS as error:
                _log.warning("Prefect did not say whether the flow run is paused (%s)", type(error).__name__)
            answer.until = time.monotonic() + _PREFECT_SECONDS
    return answer.state


async def poll() -> None:
    """Wait until the next look."""
    await asyncio.sleep(PAUSE_POLL_SECONDS)
