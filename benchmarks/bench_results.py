"""What a benchmark measured: tables of rows, and aims that were met or missed, as JSON and as Markdown."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Aim:
    """A figure that is to be at most (or at least) a limit."""

    what: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps the limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True)
class Table:
    """Rows of figures by name.

    Attributes:
        command: prints this table alone.
        rows: figures by the name of the column, for each work that was measured.
        note: what the figures are; or why there are none.
    """

    title: str
    command: str
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    aims: list[Aim] = field(default_factory=list)
    note: str = ""

    def markdown(self) -> str:
        """Return the table with its title, its command and its note."""
        # Figures are the lines: a table of many figures and few works stays narrow.
        names = list(dict.fromkeys(name for figures in self.rows.values() for name in figures))
        lines = [f"## {self.title}", "", f"`{self.command}`", ""]
        if self.rows:
            lines += ["| | " + " | ".join(self.rows) + " |", "| --- |" + " ---: |" * len(self.rows)]
            for name in names:
                cells = (shown(row[name]) if name in row else "" for row in self.rows.values())
                lines.append(f"| {name} | " + " | ".join(cells) + " |")
            lines.append("")
        if self.note:
            lines += [textwrap.fill(self.note, 118), ""]
        return "\n".join(lines)


def shown(value: float) -> str:
    """Return a figure with three significant digits, and whole from 100 on."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def aims_markdown(tables: list[Table]) -> str:
    """Return every aim, with what was measured."""
    lines = ["| aim | measured | limit | |", "| --- | ---: | ---: | --- |"]
    for aim in (aim for table in tables for aim in table.aims):
        sign = "≥" if aim.at_least else "≤"
        state = "met" if aim.is_met else "**missed**"
        lines.append(f"| {aim.what} | {shown(aim.measured)} | {sign} {shown(aim.limit)} | {state} |")
    return "\n".join(lines) + "\n"


def write_tables(tables: list[Table], path: Path, about: dict[str, str]) -> None:
    """Write tables and what is known about their run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"about": about, "tables": [asdict(table) for table in tables]}, indent=1) + "\n"
    )


def publish(tables: list[Table], path: Path | None) -> None:
    """Print tables, and write them as JSON where a path is given."""
    for table in tables:
        print(table.markdown())
    if path:
        write_tables(tables, path, {})


def read_tables(path: Path) -> tuple[list[Table], dict[str, str]]:
    """Read what `write_tables` wrote."""
    found = json.loads(path.read_text())
    tables = [Table(**each | {"aims": [Aim(**aim) for aim in each["aims"]]}) for each in found["tables"]]
    return tables, found["about"]
