"""The end of every run: verdict, reports, and only then success or failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import reports
from flows.artifacts import publish
from flows.endings import hold
from phonefleet.errors import PhonefleetError, PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import ReasonCode
from phonefleet.model.outcome import ExitCode, exit_code, run_verdict
from phonefleet.model.run_record import RunRecord
from tasks.desk import Desk

_LOOKED_AT = 200
_IN_TREND = 30
"""Earlier runs that a report shows."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """A run that has its end: what the ledger says, where the reports are, and the exit code."""

    record: RunRecord
    reports: Mapping[str, Path]
    code: ExitCode
    failures: tuple[str, ...] = ()
    """Expectations that the run's data violates."""


class RunNotDone(PhonefleetError):
    """The run is over and its reports are written, but it was not done: this fails the flow in Prefect too."""

    def __init__(self, concluded: Concluded) -> None:
        record = concluded.record
        super().__init__(
            f"run {record.run_id} is {record.verdict} (exit code {int(concluded.code)}); its reports say why"
        )
        self.concluded = concluded


class ReportsNotWritten(PhonefleetError):
    """The run is over and in the ledger; its reports could not be written."""

    def __init__(self, record: RunRecord, directory: Path, error: OSError) -> None:
        super().__init__(
            f"run {record.run_id} is {record.verdict} (exit code {record.exit_code}) and in the ledger, but its "
            f"reports could not be written to {directory}: {error.strerror or error}. Write them elsewhere: phonefleet "
            f"report {record.run_id} --reports DIR"
        )


def reports_dir(state_dir: Path, run_id: str) -> Path:
    """Where a run's reports go unless the operator says otherwise."""
    return state_dir / "reports" / run_id


async def to_the_end(desk: Desk, body: Callable[[Desk], Awaitable[str]]) -> Concluded:
    """Run a verb's body, conclude the run, and fail if it was not done.

    Raises:
        RunNotDone: anything but a run that was done.
        LedgerError: the run stays open in the ledger and can be continued.
    """
    error = stopped = ""
    async with _preparing_reports():
        try:
            stopped = await body(desk)
        except PlanRefused as refused:
            error = str(refused)
            desk.progress.say(error)
            await _hold_rest(desk, error)
    concluded = await _conclude(desk, stopped, error)
    if concluded.code is not ExitCode.DONE:
        raise RunNotDone(concluded)
    return concluded


@asynccontextmanager
async def _preparing_reports() -> AsyncIterator[None]:
    """What reports need takes seconds to import, so that happens while the run waits for its tenants."""
    ready = asyncio.create_task(asyncio.to_thread(reports.preload))
    try:
        yield
    finally:
        await ready


async def _hold_rest(desk: Desk, why: str) -> None:
    record = await desk.session.ledger.runs.record.in_thread(desk.session.run_id)
    rest = [t.domain for t in record.tenants if t.outcome is None]
    await hold(desk, rest, ReasonCode.PLAN_REFUSED, why)


async def _conclude(desk: Desk, stopped: str, error: str) -> Concluded:
    """Give a run its verdict, write its reports, and record its end."""
    ledger, run_id = desk.session.ledger, desk.session.run_id
    record = await ledger.runs.record.in_thread(run_id)
    code = ExitCode.ERROR if error else _code(record, stopped)
    ended = record.model_copy(
        update={"ended_at": datetime.now(UTC), "exit_code": int(code), "verdict": run_verdict(code)}
    )
    try:
        written = await asyncio.to_thread(_write, ledger, ended, desk.reports_dir)
    except OSError as failed:
        await ledger.runs.end.in_thread(run_id, run_verdict(code), int(code))
        raise ReportsNotWritten(ended, desk.reports_dir, failed) from failed
    concluded = _concluded(ended, written)
    code = ExitCode.ERROR if concluded.failures else code
    await ledger.runs.end.in_thread(run_id, run_verdict(code), int(code))
    await publish(ended, written)
    record = await ledger.runs.record.in_thread(run_id)
    return Concluded(record, concluded.reports, code, concluded.failures)


def write_reports(ledger: Ledger, record: RunRecord, directory: Path) -> Concluded:
    """Write a run's reports in every format; a violated expectation is an error whatever the run says."""
    return _concluded(record, _write(ledger, record, directory))


def _concluded(record: RunRecord, written: reports.Written) -> Concluded:
    failures = tuple(str(failure) for failure in written.expectations.failures)
    code = ExitCode.ERROR if failures else ExitCode(record.exit_code or 0)
    return Concluded(record, written.paths, code, failures)


def _write(ledger: Ledger, record: RunRecord, directory: Path) -> reports.Written:
    """Reports of a run, held against the last ended run of the same verb over the same fleet and those before it."""
    earlier = [
        run
        for run in ledger.runs.recent(limit=_LOOKED_AT)
        if run.fleet == record.fleet
        and run.verb == record.verb
        and run.ended_at is not None
        and run.started_at < record.started_at
    ]
    trend = [
        reports.trend_row(run, ledger.runs.verdicts_and_outcomes(run.run_id)) for run in earlier[:_IN_TREND]
    ]
    previous = ledger.runs.record(earlier[0].run_id) if earlier else None
    return reports.write(record, directory, previous=previous, trend=trend)


def _code(record: RunRecord, stopped: str) -> ExitCode:
    endings = (
        (t.outcome, t.outcome_reason, t.assessment.verdict if t.assessment else None) for t in record.tenants
    )
    code = exit_code(record.verb, endings)
    return ExitCode.GATE if stopped and code is ExitCode.DONE else code
