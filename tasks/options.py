"""How every tenant task runs under Prefect."""

from __future__ import annotations

from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from phonefleet.errors import RateLimitTooLong, Unreachable

RETRIES = 2
DELAYS_SECONDS = (2.0, 15.0)
"""Before the first and the second repetition of a phase, after the transport has given up on its own retries."""


async def retry_if_unreachable(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Repeat a task only for a tenant that could not be reached; every phase reads before it writes.

    One that was waited for as long as the operator allows is not waited for again.
    """
    try:
        await state.aresult(raise_on_failure=True)
    except RateLimitTooLong:
        return False
    except Unreachable:
        return True
    except BaseException:
        return False
    return False


def tenant_task(phase: str) -> dict[str, Any]:
    """Return the options of a task that takes `fleet`, `run_id` and `domain`."""
    return {
        "name": phase,
        "task_run_name": f"{phase} {{domain}}",
        "retries": RETRIES,
        "retry_delay_seconds": list(DELAYS_SECONDS),
        "retry_jitter_factor": 0.5,
        "retry_condition_fn": retry_if_unreachable,
        "cache_policy": NO_CACHE,
        "persist_result": False,
    }
