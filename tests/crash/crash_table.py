"""The crash matrix as a table: for the terminal, and for the document that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

KINDS = (
    "create_action",
    "update_action",
    "adopt_action",
    "deploy_action",
    "create_provider",
    "update_provider",
    "create_template",
    "update_template",
    "send_test",
    "enable_factor",
    "set_message_types",
    "switch_tenant",
    "switch_connection",
)
REVERTED = (
    "create_action",
    "adopt_action",
    "deploy_action",
    "create_provider",
    "update_provider",
    "create_template",
    "update_template",
    "enable_factor",
    "set_message_types",
    "switch_tenant",
    "switch_connection",
)
REMOVED = ("unbind_action", "clear_gateway_secret", "clear_connection_twilio")
ROWS = (*KINDS, *(f"revert {kind}" for kind in REVERTED), *REMOVED)
"""Every kind of write: of a migration, of a rollback, of a finalization."""
POINTS = ("before_intent", "after_intent", "answer_lost", "before_outcome", "after_outcome")
DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "reliability.md"
BEGIN, END = "<!-- crash matrix: begin -->", "<!-- crash matrix: end -->"
Cells = Mapping[tuple[str, str], str]


def table(cells: Cells) -> list[str]:
    """The lines of a Markdown table; a cell that was not run is `-`."""
    head = ("step", *(point.replace("_", " ") for point in POINTS))
    rows = [(f"`{kind}`", *(cells.get((kind, point), "-") for point in POINTS)) for kind in ROWS]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in lines]


def is_whole(cells: Cells) -> bool:
    """True when every cell was run."""
    return all((kind, point) in cells for kind in ROWS for point in POINTS)


def keep(cells: Cells, document: Path = DOCUMENT) -> None:
    """Put the table where the document has it; only a whole one is kept."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text("\n".join([f"{before}{BEGIN}\n", *table(cells), f"\n{END}{after}"]))
