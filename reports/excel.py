"""Write the run as a workbook: a README, a summary and a sheet per frame.

No text becomes a formula or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from phonefleet.rollout.fleet_board import FleetBoard
from reports import board_words, columns, schema
from reports.frames import Frames
from reports.status import Status
from reports.summary import Summary
from reports.text import excel_cell, plural, visible, words

MOST_ROWS = 1_048_575
"""Rows of data that fit on a sheet of Excel below its header."""
_WIDTHS = {columns.TIME: 19, columns.WORD: 16, columns.FLAG: 8}
_WIDE = {
    "domain": 34,
    "message": 50,
    "outcome_message": 50,
    "what": 60,
    "next_step": 60,
    "meaning": 80,
    "example": 50,
}
_COLORS = {
    "green": ("#d9ead3", "#1b5e20"),
    "amber": ("#fff2cc", "#7f4f00"),
    "red": ("#f8d7da", "#8b1a1a"),
}
_WORDS_BY_LIGHT = {
    "red": ("failed", "broken", "unreachable", "one_way", "logins_blocked", "stopped", "differs", "refused"),
    "amber": (
        "inconclusive",
        "held",
        "prepared",
        "rolled_back",
        "blocked",
        "contact_support",
        "not_available",
        "lossy",
        "messages_lost",
        "open",
    ),
    "green": ("migrated", "delivered", "verified", "passed", "reversible"),
}
_TITLES = {"run": "run", "clients": "shared clients", "risk": "break risk"}


def write_excel(frames: Frames, summary: Summary, path: Path, board: FleetBoard | None = None) -> None:
    """Write the workbook, which opens on the summary; equal input gives equal bytes."""
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties(
            {
                "title": "phonefleet report",
                "created": summary.run["started_at"].to_pydatetime().replace(tzinfo=None),
            }
        )
        book = _Book(workbook)
        book.readme(frames)
        book.summary(summary, board)
        for name, frame in frames.items():
            book.sheet(name, frame)


class _Book:
    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._book = workbook
        head = {
            "bold": True,
            "bg_color": "#1f2a44",
            "font_color": "#ffffff",
            "text_wrap": True,
            "valign": "top",
        }
        self._head = workbook.add_format(head)
        self._title = workbook.add_format({"bold": True, "font_size": 14})
        self._bold = workbook.add_format({"bold": True})
        self._wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._number = workbook.add_format({"num_format": "#,##0"})
        self._seconds = workbook.add_format({"num_format": "#,##0.0"})
        self._lights = {
            light: workbook.add_format({"bg_color": background, "font_color": ink})
            for light, (background, ink) in _COLORS.items()
        }

    def readme(self, frames: Frames) -> None:
        """Write the first sheet, which documents every sheet and column."""
        sheet = self._book.add_worksheet("README")
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 24)
        sheet.set_column(3, 3, 110)
        intro = [
            ("phonefleet report", self._title),
            (
                "Each sheet is one table with filters in its header row. Times are UTC. Empty means unknown or none.",
                None,
            ),
            (
                "A text that is too long for a cell is cut and marked; the files under data/ contain the whole text.",
                None,
            ),
            (r"\u0000 and \udXXX replace characters that no file can contain; see data/schema.txt.", None),
        ]
        for row, (text, style) in enumerate(intro):
            sheet.write_string(row, 0, text, style)
        self._row(sheet, 5, ["sheet", "column", "unit", "meaning"], self._head)
        row = 6
        for name, frame in frames.items():
            known = schema.BY_NAME[name]
            about = f"One row per {known.row}: {plural(len(frame), 'row')}. Key: {', '.join(known.key)}."
            self._row(sheet, row, [_title(name), "", "", about], self._bold)
            for column in known.columns:
                row += 1
                self._row(sheet, row, [_title(name), column.name, column.unit, column.meaning])
            row += 1

    def _row(self, sheet: Worksheet, row: int, texts: Sequence[str], style: Any = None) -> None:
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, style)

    def summary(self, summary: Summary, board: FleetBoard | None) -> None:
        """Write the state of the fleet and the summary of the run, as the other reports begin."""
        sheet = self._book.add_worksheet("summary")
        sheet.activate()
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 8, 16)
        row = self._fleet(sheet, board) if board else 0
        sheet.write_string(
            row, 0, f"{str(summary.status).upper()}: {summary.headline}", self._lights[summary.status]
        )
        row += 1
        for sentence in summary.sentences:
            sheet.write_string(row, 0, sentence)
            row += 1
        row = self._counts(sheet, row + 1, "outcome", {**summary.outcomes, "none": summary.undecided})
        row = self._counts(sheet, row + 1, "verdict", {**summary.verdicts, "none": summary.unassessed})
        row = self._wave_rows(sheet, row + 1, summary)
        failures = summary.expectations.failures
        sheet.write_string(row + 1, 0, "checks of this data", self._head)
        sheet.write_string(
            row + 1, 1, "failed" if failures else "passed", self._lights["red" if failures else "green"]
        )
        for place, failure in enumerate(failures):
            sheet.write_string(row + 2 + place, 0, excel_cell(visible(str(failure)), "checks.html"))

    def _fleet(self, sheet: Worksheet, board: FleetBoard) -> int:
        """Write the three answers and each wave's tenants by state; return the row after them."""
        row = 0
        for answer in board_words.answers(board):
            sheet.write_string(row, 0, answer.question, self._bold)
            sheet.write_string(row, 1, f"{answer.light}: {answer.text}", self._lights[answer.light])
            row += 1
            if answer.detail:
                sheet.write_string(row, 1, answer.detail)
                row += 1
        row += 1
        self._row(sheet, row, ["wave now", *board_words.STATES.values()], self._head)
        for name, counts in (
            *((wave.wave.name, wave.counts) for wave in board.waves),
            ("whole fleet", board.counts),
        ):
            row += 1
            sheet.write_string(row, 0, excel_cell(name, "report.html"))
            for place, state in enumerate(board_words.STATES, start=1):
                sheet.write_number(row, place, counts[state], self._number)
        sheet.write_string(row + 2, 0, "this run", self._bold)
        return row + 3

    def _counts(self, sheet: Worksheet, row: int, title: str, counts: dict[str, int]) -> int:
        self._row(sheet, row, [title, "tenants"], self._head)
        for word, count in counts.items():
            row += 1
            sheet.write_string(row, 0, words(word))
            sheet.write_number(row, 1, count, self._number)
        return row + 1

    def _wave_rows(self, sheet: Worksheet, row: int, summary: Summary) -> int:
        self._row(
            sheet,
            row,
            ["wave", "status", "tenants", "planned", "changed", "done or nothing to do", "failed", "left"],
            self._head,
        )
        for wave in summary.waves:
            row += 1
            sheet.write_string(row, 0, excel_cell(wave.wave, "data/waves.csv"))
            sheet.write_string(row, 1, str(wave.status), self._lights[wave.status])
            for place, number in enumerate(
                (wave.tenants, wave.planned, wave.changed, wave.settled, wave.failed, wave.open), start=2
            ):
                sheet.write_number(row, place, number, self._number)
        return row + 1

    def sheet(self, name: str, frame: pd.DataFrame) -> None:
        """Write one frame, with a filter, a frozen header, and colors on status words."""
        sheet = self._book.add_worksheet(_title(name))
        known = schema.BY_NAME[name]
        shown = frame if len(frame) <= MOST_ROWS else frame.iloc[: MOST_ROWS - 1]
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(shown), 1), len(known.columns) - 1)
        for place, column in enumerate(known.columns):
            width = _WIDE.get(column.name, _WIDTHS.get(column.dtype, max(12, min(24, len(column.name) + 4))))
            sheet.set_column(place, place, width, self._style(column))
            # The words themselves stay, so color is never the only sign.
            for light in Status:
                for word in [word for word in (str(light), *_WORDS_BY_LIGHT[light]) if word in column.words]:
                    rule = {
                        "type": "cell",
                        "criteria": "==",
                        "value": f'"{word}"',
                        "format": self._lights[light],
                    }
                    sheet.conditional_format(1, place, max(len(shown), 1), place, rule)
        self._row(sheet, 0, known.names, self._head)
        columns = [_cells(column, shown[column.name]) for column in known.columns]
        writers = [self._writer(sheet, column, name) for column in known.columns]
        for row, cells in enumerate(zip(*columns, strict=True), start=1):
            for place, cell in enumerate(cells):
                if cell is not None:
                    writers[place](row, place, cell)
        if len(shown) < len(frame):
            left = plural(len(frame) - len(shown), "more row is", "more rows are")
            sheet.write_string(len(shown) + 1, 0, f"{left} in data/{name}.csv", self._bold)

    def _style(self, column: columns.Column) -> Any:
        styles = {
            columns.TIME: self._time,
            columns.COUNT: self._number,
            columns.MAYBE: self._number,
            columns.SECONDS: self._seconds,
        }
        return styles.get(column.dtype)

    def _writer(self, sheet: Worksheet, column: columns.Column, name: str) -> Any:
        style = self._style(column)
        match column.dtype:
            case dtype if dtype == columns.TIME:
                return lambda row, place, cell: sheet.write_datetime(row, place, cell, style)
            case dtype if dtype == columns.FLAG:
                return lambda row, place, cell: sheet.write_boolean(row, place, cell)
            case dtype if dtype in (columns.COUNT, columns.MAYBE, columns.SECONDS):
                return lambda row, place, cell: sheet.write_number(row, place, cell, style)
            case _:
                return lambda row, place, cell: sheet.write_string(
                    row, place, excel_cell(cell, f"data/{name}.csv")
                )


def _title(name: str) -> str:
    return _TITLES.get(name, name)


def _cells(column: columns.Column, values: pd.Series[Any]) -> list[Any]:
    """Return plain values, None for an empty cell."""
    if column.dtype == columns.TIME:
        naive = values.dt.tz_localize(None).astype(object)
        return [None if pd.isna(moment) else moment.to_pydatetime() for moment in naive]
    if column.dtype in (columns.FLAG, columns.COUNT):
        return values.tolist()
    return [None if pd.isna(cell) or cell == "" else cell for cell in values.tolist()]
