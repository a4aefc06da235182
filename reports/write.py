"""Build the frames of a run, check and summarize them, and write every format."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from phonefleet.model.run_record import RunRecord
from phonefleet.output_files import replace_file
from phonefleet.private_files import chosen_umask
from phonefleet.rollout.fleet_board import FleetBoard
from reports import schema
from reports.board_json import board_json
from reports.build import RunSummaryRow, build
from reports.checks import checks_page
from reports.data_files import write_csv, write_parquet
from reports.excel import write_excel
from reports.expectations import ExpectationsResult, check
from reports.expectations.rules import WHEN_ENDED, rules
from reports.frames import Frames, as_json
from reports.html.page import page
from reports.junit import junit
from reports.markdown import markdown
from reports.run_digest import RunDigest, run_digest
from reports.sarif import sarif
from reports.secret_filter import without_secrets
from reports.summary import Summary, summarize
from reports.summary import as_json as summary_json

File = tuple[str, str, Callable[[Path], None]]


class Format(StrEnum):
    """The formats of a report."""

    HTML = "html"
    EXCEL = "excel"
    CSV = "csv"
    PARQUET = "parquet"
    MARKDOWN = "markdown"
    JSON = "json"
    PDF = "pdf"
    PNG = "png"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True)
class Written:
    """The files that `write` wrote, and their contents in short.

    Attributes:
        paths: files by name: a format, or `csv:tenants`, `parquet:tenants` and so on, `checks` and `schema`.
        expectations: the result of the checks; the caller fails the run when a check failed.
        summary: the summary that every format shows.
        digest: the run as plain data.
    """

    paths: Mapping[str, Path]
    expectations: ExpectationsResult
    summary: Summary
    digest: RunDigest


def write(
    record: RunRecord,
    directory: Path,
    *,
    formats: Collection[Format] | None = None,
    previous: RunRecord | None = None,
    trend: Sequence[RunSummaryRow] = (),
    board: FleetBoard | None = None,
) -> Written:
    """Write the reports of a run; equal input gives equal files.

    Every file is written under a temporary name and then renamed. The reports are written even if a check fails: they
    show it, and so does the result.

    Args:
        record: the run.
        directory: it is made if it does not exist.
        formats: what to write; everything by default. The page of checks is always written.
        previous: the run to compare with.
        trend: earlier runs, see `reports.summary_row`.
        board: the state of the whole fleet, with which the reports begin; None leaves it out.

    Raises:
        OSError: a file cannot be written, or something else than a regular file is at its place.
    """
    frames, withheld = without_secrets(build(record, previous, trend))
    expectations = check(frames, withheld)
    summary = summarize(frames, expectations, previous.run_id if previous else "")
    paths = {}
    for name, place, writer in files(
        frames, summary, frozenset(Format if formats is None else formats), board
    ):
        _atomically(directory / place, writer)
        paths[name] = directory / place
    return Written(MappingProxyType(paths), expectations, summary, run_digest(frames, summary, board))


def check_record(record: RunRecord) -> ExpectationsResult:
    """Check the data of a run, also of one that has not ended, and write nothing."""
    every = {rule.name for name in schema.BY_NAME for rule in rules(name)}
    return check(*without_secrets(build(record)), only=every if record.ended_at else every - WHEN_ENDED)


def files(
    frames: Frames, summary: Summary, formats: frozenset[Format], board: FleetBoard | None = None
) -> Iterator[File]:
    """Return name, place below the directory, and writer of every file in these formats."""
    return _Report(frames, summary, board).files(formats)


def _atomically(path: Path, writer: Callable[[Path], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, writer, mode=0o666 & ~chosen_umask(os.environ))


def _text(make: Callable[[], str]) -> Callable[[Path], None]:
    def writer(path: Path) -> None:
        path.write_bytes(make().encode())

    return writer


@dataclass(frozen=True)
class _Report:
    frames: Frames
    summary: Summary
    board: FleetBoard | None = None

    @cached_property
    def _wave_chart(self) -> str | None:
        from reports import charts

        return charts.wave_chart(self.summary)

    @cached_property
    def _status_page(self) -> str:
        from reports.status_page import svg

        return svg(self.summary, self._wave_chart, self.board)

    @cached_property
    def _charts(self) -> dict[str, str | None]:
        from reports import charts

        drawn = {
            "waves": self._wave_chart,
            "timeline": charts.timeline_chart(self.frames),
            "forecast": charts.forecast_chart(self.frames),
            "trend": charts.progress_chart(self.board),
        }
        return {name: svg and charts.themed(svg, charts.PAGE) for name, svg in drawn.items()}

    def files(self, formats: frozenset[Format]) -> Iterator[File]:
        """Return name, place below the directory, and writer of every file in these formats."""
        yield "checks", "checks.html", _text(lambda: checks_page(self.summary))
        for name, frame in self.frames.items():
            if Format.CSV in formats:
                yield f"csv:{name}", f"data/{name}.csv", partial(write_csv, name, frame)
            if Format.PARQUET in formats:
                yield f"parquet:{name}", f"data/{name}.parquet", partial(write_parquet, name, frame)
        if formats & {Format.CSV, Format.PARQUET}:
            yield "schema", "data/schema.txt", _text(schema.describe)
        frames, summary, board = self.frames, self.summary, self.board
        single: tuple[tuple[Format, str, Callable[[Path], None]], ...] = (
            (Format.HTML, "report.html", _text(lambda: page(frames, summary, self._charts, board))),
            (Format.EXCEL, "report.xlsx", lambda path: write_excel(frames, summary, path, board)),
            (Format.MARKDOWN, "report.md", _text(lambda: markdown(frames, summary, board))),
            (
                Format.JSON,
                "summary.json",
                _text(lambda: as_json(summary_json(summary) | board_json(board)) + "\n"),
            ),
            (Format.JUNIT, "junit.xml", _text(lambda: junit(frames, summary))),
            (Format.SARIF, "report.sarif", _text(lambda: sarif(frames, summary))),
            (Format.PDF, "status.pdf", lambda path: self._draw_status(path, "pdf")),
            (Format.PNG, "status.png", lambda path: self._draw_status(path, "png")),
        )
        yield from ((str(kind), place, writer) for kind, place, writer in single if kind in formats)

    def _draw_status(self, path: Path, kind: Literal["pdf", "png"]) -> None:
        from reports import status_page

        draw = status_page.pdf if kind == "pdf" else status_page.png
        path.write_bytes(draw(self._status_page))
