"""Parse CSV rows into the same trees as YAML, with dotted column names for nested keys."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from configs.bounded_files import FileRefused, read_bounded
from configs.budget import MAX_TENANTS, MAX_VALUES, Budget
from configs.keys import ColumnFault
from configs.problems import Origin, Problem
from configs.tree import Table, Text

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_COLUMNS: Final = 1_000
_NAMED_DELIMITER: Final = re.compile(r"sep=([^\w\s\"]|\t)\r?\n")
"""The first line by which Excel and LibreOffice name the separator."""
KeyCheck = Callable[[str], ColumnFault | None]
"""Takes a dotted key; returns None if tenants have it, else what is wrong with it."""


def read_csv(
    path: Path, check_key: KeyCheck, problems: list[Problem], budget: Budget | None = None
) -> list[Table]:
    """Return one table for each row that is not empty.

    Separators may be commas, semicolons or tabs, as spreadsheets write them, or what a first line `sep=;` names. An
    empty cell means the key is not given. A list is one cell with spaces between its members.

    Args:
        path: A UTF-8 file (with or without byte order mark) whose first row names the columns.
        check_key: Checks the columns' names, once for the file instead of once for each row.
        problems: What is wrong with the file is added here, without quoting its cells.
        budget: What all files together may hold; by default the file has it alone.
    """
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8-sig")
    except FileRefused as refused:
        problems.append(Problem(path, 0, "", refused.fact, refused.advice))
        return []
    except UnicodeDecodeError as error:
        fact = f"is not UTF-8 text at byte {error.start}"
        problems.append(Problem(path, 0, "", fact, "Save the sheet as “CSV UTF-8”"))
        return []
    try:
        return list(_tables(path, text, check_key, problems, budget or Budget()))
    except csv.Error as error:
        problems.append(Problem(path, 0, "", f"is not valid CSV: {error}", "Save the sheet as CSV again"))
        return []


def _tables(
    path: Path, text: str, check_key: KeyCheck, problems: list[Problem], budget: Budget
) -> Iterator[Table]:
    named = _NAMED_DELIMITER.match(text)
    body, above = (text[named.end() :], 1) if named else (text, 0)
    delimiter = named[1] if named else max(",;\t", key=body.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    header = [name.strip() for name in next(rows, [])]
    if len(header) > MAX_COLUMNS:
        fact = f"has {len(header)} columns, more than {MAX_COLUMNS}"
        problems.append(Problem(path, above + 1, "", fact, "Keep one column for each key of a tenant"))
        return
    columns = _columns(Origin(path, above + 1), header, check_key, problems)
    line, found = above + rows.line_num + 1, 0
    for row in rows:
        if not any(cell.strip() for cell in row):
            pass
        elif len(row) < len(header) or any(cell.strip() for cell in row[len(header) :]):
            problems.append(_misshapen(path, line, row, header))
        else:
            found += 1
            table = _table(Origin(path, line), columns, row)
            if problem := _beyond_limits(path, line, found, budget, table):
                problems.append(problem)
                return
            yield table
        line = above + rows.line_num + 1


def _misshapen(path: Path, line: int, row: list[str], header: list[str]) -> Problem:
    """Return the problem of a row whose cells may be of other columns than they seem to be."""
    cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
    columns = "is 1 column" if len(header) == 1 else f"are {len(header)} columns"
    fact = f"this row has {cells} but there {columns}"
    if len(row) < len(header):
        return Problem(path, line, "", fact, "Add the missing cells: a key without a value has an empty one")
    return Problem(path, line, "", fact, "Quote a cell that contains the separator")


def _beyond_limits(path: Path, line: int, found: int, budget: Budget, table: Table) -> Problem | None:
    if found > MAX_TENANTS:
        fact = f"has more than {MAX_TENANTS} rows with a tenant"
    elif not budget.take(len(table) + 1):
        fact = f"goes beyond {MAX_VALUES} values in all files"
    else:
        return None
    return Problem(path, line, "", fact, "Split the fleet")


def _columns(
    origin: Origin, header: list[str], check_key: KeyCheck, problems: list[Problem]
) -> dict[int, tuple[str, ...]]:
    """Return the keys that each usable column is for, by the column's index.

    A misspelt column counts as the one that is meant, so that its rows are checked and do not all lack it.
    """
    path, line = origin.file, origin.line
    columns: dict[int, tuple[str, ...]] = {}
    for index, name in enumerate(header):
        if not name:
            continue
        if header.index(name) < index:
            problems.append(Problem(path, line, name, "this column occurs twice", "Keep one of the two"))
        elif fault := check_key(name):
            problems.append(Problem(path, line, name, "no tenant key has this name", fault.advice))
            if fault.meant and fault.meant not in header:
                columns[index] = tuple(fault.meant.split("."))
        else:
            columns[index] = tuple(name.split("."))
    if ("domain",) not in columns.values():
        problems.append(
            Problem(path, line, "", "has no column `domain`", "Name the columns in the first row")
        )
    return columns


def _table(origin: Origin, columns: dict[int, tuple[str, ...]], row: list[str]) -> Table:
    whole = Table(origin)
    for index, keys in columns.items():
        cell = row[index].strip()
        if not cell:
            continue
        table = whole
        for key in keys[:-1]:
            below = table.get(key)
            if not isinstance(below, Table):
                below = table[key] = Table(Origin(table.origin.file, table.origin.line, table.origin, key))
            table = below
        table[keys[-1]] = Text(cell, Origin(table.origin.file, table.origin.line, table.origin, keys[-1]))
    return whole
