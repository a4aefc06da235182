"""One run, every format: build, check, judge, write."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from phonefleet.model.run_record import RunRecord
from reports import schema
from reports.build import RunSummaryRow, build
from reports.checks import checks_page
from reports.data_files import write_csv, write_parquet
from reports.excel import write_excel
from reports.expectations import ExpectationsResult, check
from reports.frames import Frames, as_json
from reports.html import page
from reports.junit import junit
from reports.markdown import markdown
from reports.run_digest import RunDigest, run_digest
from reports.sarif import sarif
from reports.secret_filter import without_secrets
from reports.summary import Summary, summarise
from reports.summary import as_json as summary_json

File = tuple[str, str, Callable[[Path], None]]


class Format(StrEnum):
    """What can be written."""

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
    """What `write` left behind.

    Attributes:
        paths: files by name: a format, or `csv:tenants`, `parquet:tenants` and so on, `checks` and `schema`.
        expectations: the checks of the data; the caller fails the run when they failed.
        summary: the run at a glance, as every format shows it.
        told: the same as plain data.
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
) -> Written:
    """Write the reports of a run; equal input gives equal files.

    Every file is written beside its place and moved there whole. A check that fails does not keep the reports from
    being written: they show it, and the result tells it.

    Args:
        record: the run.
        directory: made if need be.
        formats: what to write; everything by default. The page of checks is always written.
        previous: the run to compare with.
        trend: earlier runs, see `reports.summary_row`.

    Raises:
        OSError: a file cannot be written.
    """
    frames, withheld = without_secrets(build(record, previous, trend))
    expectations = check(frames, withheld)
    summary = summarise(frames, expectations, previous.run_id if previous else "")
    paths = {}
    for name, place, writer in files(frames, summary, frozenset(Format if formats is None else formats)):
        _atomically(directory / place, writer)
        paths[name] = directory / place
    return Written(MappingProxyType(paths), expectations, summary, run_digest(frames, summary))


def files(frames: Frames, summary: Summary, formats: frozenset[Format]) -> Iterator[File]:
    """Name, place below the directory, and writer of every file that the formats ask for."""
    return _Report(frames, summary).files(formats)


def _atomically(path: Path, writer: Callable[[Path], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        writer(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _text(make: Callable[[], str]) -> Callable[[Path], None]:
    def writer(path: Path) -> None:
        path.write_bytes(make().encode())

    return writer


@dataclass(frozen=True)
class _Report:
    frames: Frames
    summary: Summary

    @cached_property
    def _wave_chart(self) -> str | None:
        from reports import charts

        return charts.wave_chart(self.summary)

    @cached_property
    def _status_page(self) -> str:
        from reports.status_page import svg

        return svg(self.summary, self._wave_chart)

    @cached_property
    def _charts(self) -> dict[str, str | None]:
        from reports import charts

        drawn = {
            "waves": self._wave_chart,
            "timeline": charts.timeline_chart(self.frames),
            "trend": charts.trend_chart(self.frames),
        }
        return {name: svg and charts.themed(svg, charts.PAGE) for name, svg in drawn.items()}

    def files(self, formats: frozenset[Format]) -> Iterator[File]:
        """Name, place below the directory, and writer of every file."""
        yield "checks", "checks.html", _text(lambda: checks_page(self.summary))
        for name, frame in self.frames.items():
            if Format.CSV in formats:
                yield f"csv:{name}", f"data/{name}.csv", partial(write_csv, name, frame)
            if Format.PARQUET in formats:
                yield (
                    f"parquet:{name}",
                    f"data/{name}.parquet",
                    partial(write_parquet, name, frame),
                )
        if formats & {Format.CSV, Format.PARQUET}:
            yield "schema", "data/schema.txt", _text(schema.describe)
        yield from (file for file in self._single() if file[0] in formats)

    def _single(self) -> Iterator[File]:
        frames, summary = self.frames, self.summary
        yield "html", "report.html", _text(lambda: page(frames, summary, self._charts))
        yield "excel", "report.xlsx", lambda path: write_excel(frames, summary, path)
        yield "markdown", "report.md", _text(lambda: markdown(frames, summary))
        yield "json", "summary.json", _text(lambda: as_json(summary_json(summary)) + "\n")
        yield "junit", "junit.xml", _text(lambda: junit(frames, summary))
        yield "sarif", "report.sarif", _text(lambda: sarif(frames, summary))
        yield "pdf", "status.pdf", lambda path: self._draw_status(path, "pdf")
        yield "png", "status.png", lambda path: self._draw_status(path, "png")

    def _draw_status(self, path: Path, kind: Literal["pdf", "png"]) -> None:
        from reports import status_page

        draw = status_page.pdf if kind == "pdf" else status_page.png
        path.write_bytes(draw(self._status_page))
