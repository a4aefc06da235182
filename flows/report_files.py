"""A run's report files, written from the ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import reports
from configs import Fleet
from flows.fleet_state import fleet_board
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import RunVerdict
from phonefleet.model.exit_codes import ExitCode, worst
from phonefleet.model.run_record import RunRecord
from phonefleet.output_files import replace_file
from phonefleet.private_files import chosen_umask, make_private_folder
from phonefleet.rollout.fleet_board import FleetBoard
from reports.html.board import board_page

_EARLIER_RUNS = 200
"""So many recent runs of all verbs are searched for earlier runs of the same verb."""
_IN_TREND = 30
"""Earlier runs that a report shows."""
FOLDER = "phonefleet-reports"
"""The folder of a fleet's reports."""
LATEST = "latest"
"""The link to the reports of the newest run."""


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


def reports_dir(fleet: Fleet, run_id: str, chosen: str | Path | None = None) -> Path:
    """Return where a run's reports go: the chosen directory, or one of its own in `reports_root`."""
    return Path(chosen) if chosen else reports_root(fleet) / run_id


def reports_root(fleet: Fleet) -> Path:
    """Return the folder of all reports: beside the fleet file or, where nothing can be written there, in its state."""
    beside = fleet.source.absolute().parent
    return (beside if os.access(beside, os.W_OK) else fleet.state_dir) / FOLDER


def write_board(fleet: Fleet, board: FleetBoard) -> Path:
    """Write the page of a fleet's board, with links to the last report, and return its path."""
    root = reports_root(fleet)
    make_private_folder(root)
    last = f"{LATEST}/report.html"
    path = root / "board.html"
    text = board_page(board, last if (root / last).is_file() else None)
    replace_file(path, lambda place: place.write_bytes(text.encode()), mode=0o666 & ~chosen_umask(os.environ))
    return path


def write_reports(fleet: Fleet, ledger: Ledger, record: RunRecord, directory: Path) -> reports.Written:
    """Write a run's reports in every format: the state of the fleet now, and the run compared with earlier ones.

    Earlier runs are those of the same verb over the same fleet.
    """
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
    board = fleet_board(fleet, ledger, record.run_id)
    written = reports.write(record, directory, previous=previous, trend=trend, board=board)
    if directory == reports_root(fleet) / record.run_id:
        _link_latest(directory)
    return written


def _link_latest(directory: Path) -> None:
    """Let `latest` lead to the reports of the newest run; ids of runs sort by time."""
    link = directory.parent / LATEST
    if link.is_symlink() and directory.name < link.readlink().name:
        return
    made = link.with_name(f".{LATEST}-{os.getpid()}")
    made.unlink(missing_ok=True)
    made.symlink_to(directory.name)
    made.replace(link)


def finished_run(record: RunRecord, written: reports.Written) -> FinishedRun:
    """Return the run with its reports. A violated expectation does not change what the run did, but its exit code."""
    failures = tuple(str(failure) for failure in written.expectations.failures)
    code = worst([ExitCode(record.exit_code or 0), *([ExitCode.CHECKS] if failures else [])])
    return FinishedRun(record.run_id, record.verb, record.verdict, code, written.paths, failures)
