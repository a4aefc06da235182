"""Prints the crash matrix after the run and, when every cell of it was run, keeps it in the documentation."""

from __future__ import annotations

import pytest

from tests.crash.crash_table import is_whole, keep, table


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a kind of step, one column a point; a cell that failed says so."""
    cells: dict[tuple[str, str], str] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            found = next((v for k, v in report.user_properties if k == "crash_cell"), None)
            if found is not None:
                kind, point, ending = found
                cells[kind, point] = ending if outcome == "passed" else f"FAILED ({ending})"
    if not cells:
        return
    terminalreporter.section("crash matrix")
    for line in table(cells):
        terminalreporter.write_line(line)
    if is_whole(cells) and not any(ending.startswith("FAILED") for ending in cells.values()):
        keep(cells)
