"""Printing text on a terminal that tenants may have chosen: names, log texts, answers of servers."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from typing_extensions import override

from phonefleet.secrets.known_values import KNOWN

_UNLIMITED = 10_000
_LAST_OF_FOUR_DIGITS = 0xFFFF


def escape_controls(text: str) -> str:
    r"""Escape, as ``\u001b``, what moves a cursor, recolors, hides or turns the direction of writing."""
    if text.isprintable() or text == "\n":
        return text
    return "".join(
        char
        if char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"
        else (f"\\u{ord(char):04x}" if ord(char) <= _LAST_OF_FOUR_DIGITS else json.dumps(char).strip('"'))
        for char in text
    )


class Terminal(Console):
    """A console on which no printed text can alter what a person reads before confirming.

    No text is markup: `[/x]` in a tenant's words is what they say. Every rendered text has its control characters
    escaped, also those of tables, code and error messages; line breaks and tabs stay.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    @override
    def print(self, *objects: Any, **options: Any) -> None:
        """Print as Rich does, secrets masked and control characters escaped before the width is measured."""
        super().print(
            *(escape_controls(KNOWN.mask(o)) if isinstance(o, str) else o for o in objects), **options
        )

    @property
    def is_limited(self) -> bool:
        """Whether lines have a width to fit in: a terminal's, or that of `COLUMNS`; a pipe and a file have none."""
        return self.is_terminal or self._width is not None

    def print_whole(self, table: Table) -> None:
        """Print a table; where nothing limits the width, as wide as it is, so that no cell is cut short."""
        if self.is_limited:
            self.print(table)
            return
        unlimited = self.options.update(width=_UNLIMITED)
        self.width = Measurement.get(self, unlimited, table).maximum
        try:
            self.print(table)
        finally:
            self._width = None

    @override
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as Rich does; only Rich's own control codes are left as they are."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(escape_controls(KNOWN.mask(text)), style)


STANDARD_OUTPUT = "-"
"""What an operator writes for standard output where a file is asked for."""
err = Terminal(stderr=True, soft_wrap=True)
out = Terminal(soft_wrap=False)
