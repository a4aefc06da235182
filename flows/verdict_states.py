"""How a run ends in Prefect: the state of its flow run has the verdict that the command line has as exit code.

| verdict | exit code | state |
| --- | --- | --- |
| complete | 0 | `Completed` |
| drift | 1 | `Failed`, named `Drift` |
| failed | 2 | `Failed` |
| stopped | 3 | `Failed`, named `Stopped` |
| incomplete | 4 | `Failed`, named `Incomplete` |
| outage | 6 | `Failed`, named `Outage` |

A run that waits for the approval of a wave, and whose process does not wait, is `Failed`, named `Awaits approval`. A
run that is complete and whose report violates a check (5) is `Failed`, named `Checks failed`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.states import Failed

from flows.run_end import RunNotDone
from flows.wave_approval import ApprovalAwaited
from phonefleet.model.exit_codes import ExitCode

P = ParamSpec("P")
R = TypeVar("R")


def flow_options(verb: str) -> dict[str, Any]:
    """Return the options of a verb's flow.

    Its run has this name until it is in the ledger; then the name says fleet, wave and run. Nothing is persisted: what
    a run found is in the ledger.
    """
    return {"name": verb, "flow_run_name": f"{verb} of {{fleet}}", "persist_result": False}


def judged(flow: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let the flow run's final state have the verdict's name; calling the flow raises `RunNotDone` all the same."""

    @wraps(flow)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return await flow(*args, **kwargs)
        except RunNotDone as error:
            checks = error.finished.code is ExitCode.CHECKS
            name = "Checks failed" if checks else str(error.finished.verdict or "failed").capitalize()
            return Failed(name=name, message=str(error), data=error)
        except ApprovalAwaited as error:
            return Failed(name="Awaits approval", message=str(error), data=error)

    return run
