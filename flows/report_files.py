"""A run's report files, written from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import reports
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import RunVerdict
from phonefleet.model.exit_codes import ExitCode, worst
from phonefleet.model.run_record import RunRecord

_EARLIER_RUNS = 200
"""So many recent runs of all verbs are searched for earlier runs of the same verb."""
_IN_TREND = 30
"""Earlier runs that a report shows."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that has ended: its verdict, its reports and the command's exit code. The ledger has the rest.

    The verdict says what the run did, and no failed check of the report's data changes it.

    Attributes:
        run_id: the run.
        verb: its verb.
        verdict: None for a run that has not ended.
        code: the command's exit code: the run's own, or that of its report's data if that is worse.
        reports: the path of each report by its kind.
        failures: expectations that the run's data violates.
    """

    run_id: str
    verb: str
    verdict: RunVerdict | None
    code: ExitCode
    reports: Mapping[str, Path]
    failures: tuple[str, ...] = ()


def reports_dir(state_dir: Path, run_id: str, chosen: str | Path | None = None) -> Path:
    """Return where a run's reports go: the chosen directory, or one below the state directory."""
    return Path(chosen) if chosen else state_dir / "reports" / run_id


def write_reports(ledger: Ledger, record: RunRecord, directory: Path) -> reports.Written:
    """Write a run's reports in every format, compared with earlier runs of the same verb over the same fleet."""
    earlier = [
        run
        for run in ledger.runs.recent(limit=_EARLIER_RUNS)
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


def finished_run(record: RunRecord, written: reports.Written) -> FinishedRun:
    """Return the run with its reports. A violated expectation does not change what the run did, but its exit code."""
    failures = tuple(str(failure) for failure in written.expectations.failures)
    code = worst([ExitCode(record.exit_code or 0), *([ExitCode.CHECKS] if failures else [])])
    return FinishedRun(record.run_id, record.verb, record.verdict, code, written.paths, failures)
