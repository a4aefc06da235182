"""How every run ends: outcomes for the rest, reports, the verdict in the ledger, and only then success or failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path

from configs import Amount
from flows.artifacts import publish
from flows.notify import notify_of_end
from flows.report_files import FinishedRun, finished_run, reports_dir, write_reports
from flows.tenant_runs import hold
from phonefleet.errors import PhonefleetError, PlanRefused
from phonefleet.model.enums import ReasonCode
from phonefleet.model.exit_codes import ExitCode, endings_of, exit_code, facts, run_verdict, worst
from phonefleet.model.run_outline import outline_of
from phonefleet.model.run_record import RunRecord
from tasks.run_context import RunContext


class RunNotDone(PhonefleetError):
    """The run has ended and its reports are written, but it was not done: this fails the flow run in Prefect too."""

    def __init__(self, finished: FinishedRun) -> None:
        super().__init__(
            f"run {finished.run_id} is {finished.verdict} (exit code {int(finished.code)}); its reports say why"
        )
        self.finished = finished


class ReportsNotWritten(PhonefleetError):
    """The run has ended and is in the ledger; its reports could not be written."""

    def __init__(self, record: RunRecord, directory: Path, error: OSError) -> None:
        super().__init__(
            f"run {record.run_id} is {record.verdict} (exit code {record.exit_code}) and in the ledger, but its "
            f"reports could not be written to {directory}: {error.strerror or error}. Write them elsewhere: phonefleet "
            f"report {record.run_id} --reports DIR"
        )


async def run_to_completion(context: RunContext, body: Awaitable[str]) -> FinishedRun:
    """Await a verb's body, which returns why a gate stopped the run (empty if none did), and end the run.

    A refused plan holds the tenants that have no outcome yet and ends the run as an error.

    Raises:
        LedgerError: the run stays open in the ledger and can be continued.
        ReportsNotWritten: the run has ended without its reports.
    """
    error = stopped = ""
    try:
        stopped = await body
    except PlanRefused as refused:
        error = str(refused)
        context.progress.say(error)
        outline = await context.ledger.runs.outline.in_thread(context.run_id)
        rest = [t.domain for t in outline.tenants if t.outcome is None]
        await hold(context, rest, ReasonCode.PLAN_REFUSED, error)
    return await _finish(context, stopped, error)


def require_done(finished: FinishedRun) -> FinishedRun:
    """Return the run if it was done.

    Raises:
        RunNotDone: it ended as anything else.
    """
    if finished.code is not ExitCode.DONE:
        raise RunNotDone(finished)
    return finished


async def _finish(context: RunContext, stopped: str, error: str) -> FinishedRun:
    """Decide the run's verdict, write its reports, and record its end."""
    ledger, run_id = context.ledger, context.run_id
    record = await ledger.runs.record.in_thread(run_id)
    found = facts(record.verb, endings_of(record))
    allowed = Amount.parse(context.options.allow_unreachable).of(len(record.tenants))
    code = exit_code(found, unread_allowed=allowed)
    if error:
        code = worst([code, ExitCode.ERROR])
    elif stopped:
        code = worst([code, ExitCode.GATE])
    ended = record.model_copy(
        update={"ended_at": datetime.now(UTC), "exit_code": int(code), "verdict": run_verdict(code)}
    )
    await notify_of_end(context, outline_of(ended))
    # A message that failed is in the report.
    decisions = (await ledger.runs.outline.in_thread(run_id)).decisions
    ended = ended.model_copy(update={"decisions": decisions})
    directory = reports_dir(context.fleet, run_id, context.options.reports)
    try:
        written = await asyncio.to_thread(write_reports, context.fleet, ledger, ended, directory)
    except OSError as failed:
        await ledger.runs.end.in_thread(run_id, run_verdict(code), int(code))
        raise ReportsNotWritten(ended, directory, failed) from failed
    # What the ledger keeps is what the run did. Failed checks are of its report, which can be written again.
    await ledger.runs.end.in_thread(run_id, run_verdict(code), int(code))
    await publish(ended, written)
    return finished_run(ended, written)
