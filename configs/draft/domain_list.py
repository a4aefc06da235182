"""Tenants from a CSV file: one with a header as `tenants_from` takes it, or a plain list of domains."""

from __future__ import annotations

from pathlib import Path

from configs.bounded_files import FileRefused, read_bounded
from configs.csv_source import MAX_BYTES, read_csv
from configs.draft.found_tenant import FoundTenant
from configs.fleet import TenantRef
from configs.keys import column_fault
from configs.problems import Origin, Problem
from configs.tree import Table, Text


def tenants_in_csv(path: Path, problems: list[Problem]) -> list[FoundTenant]:
    """Return the tenants of a CSV file.

    Args:
        path: A UTF-8 file. Its first row names the columns by tenant keys; without such a row each line is a domain.
        problems: What is wrong with the file is added here.
    """
    listed = _plain_list(path)
    if listed is None:
        listed = read_csv(path, lambda column: column_fault(TenantRef, column), problems)
    if not listed and not any(problem.file == path for problem in problems):
        problems.append(Problem(path, 0, "", "lists no tenant", "Write one domain a line"))
    return [FoundTenant(table) for table in listed]


def _plain_list(path: Path) -> list[Table] | None:
    """Return a table for each line, or None if the first line is a header: only domains have a dot."""
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8-sig")
    except (FileRefused, UnicodeDecodeError):
        return None  # read_csv reports it
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if (
        not lines
        or any(separator in line for _, line in lines for separator in ",;\t")
        or "." not in lines[0][1]
    ):
        return None
    return [table_of(Origin(path, number), domain=line) for number, line in lines]


def table_of(origin: Origin, **values: str) -> Table:
    """Return a table with these texts, all at one place."""
    table = Table(origin)
    table.update(
        {key: Text(value, Origin(origin.file, origin.line, origin, key)) for key, value in values.items()}
    )
    return table
