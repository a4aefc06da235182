"""The process that migrates the twins: `python -m flows.rehearsal.twin_process REQUEST`.

It has none of the operator's environment variables, reaches no other machine, and its flows have a virtual clock. The
request is JSON, and so is the last line of standard output.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from flows.rehearsal.loopback_only import refuse_other_machines
from flows.rehearsal.twin_request import TwinAnswer, TwinRequest, TwinStage

if TYPE_CHECKING:
    from flows.report_files import FinishedRun


def run_stage(request: TwinRequest) -> TwinAnswer:
    """Run the flow of the request by a virtual clock, and say how it ended."""
    # Imported late: Prefect reads its settings when it is imported, after the guard is in force.
    from flows.clock import timed_by
    from flows.rehearsal.virtual_clock import VirtualClock
    from flows.run_end import RunNotDone
    from phonefleet.errors import PhonefleetError

    with timed_by(VirtualClock(request.simulator, timedelta(seconds=request.ahead))):
        try:
            finished = asyncio.run(_flow(request)())
        except RunNotDone as not_done:
            finished = not_done.finished
        except PhonefleetError as error:
            return TwinAnswer(error=str(error))
    return TwinAnswer(run_id=finished.run_id, code=int(finished.code))


def _flow(request: TwinRequest) -> Callable[[], Coroutine[Any, Any, FinishedRun]]:
    fleet = request.fleet_file
    match request.stage:
        case TwinStage.PLAN:
            from flows.plan import plan

            return lambda: plan(fleet, out=request.plan_out)
        case TwinStage.MIGRATE:
            from flows.migrate import migrate

            return lambda: migrate(fleet, plan=request.plan_file, force=request.force)
        case TwinStage.ROLLBACK:
            from flows.rollback import rollback

            return lambda: rollback(fleet, tenants=list(request.rolled_back))
        case _:
            assert_never(request.stage)


def main() -> None:
    """Run the stage of the request in the first argument."""
    refused = refuse_other_machines()
    answer = run_stage(TwinRequest.model_validate_json(sys.argv[1]))
    answer = answer.model_copy(update={"refused_hosts": tuple(refused)})
    print(answer.model_dump_json())  # noqa: T201 -- the parent process reads it


if __name__ == "__main__":
    main()
