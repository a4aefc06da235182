"""Printing text on a terminal that tenants may have chosen: names, log texts, answers of servers."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from typing_extensions import override


def escape_controls(text: str) -> str:
    r"""Escape, as ``\u001b``, what moves a cursor, recolors, hides or turns the direction of writing."""
    if text.isprintable() or text == "\n":
        return text
    return "".join(
        char
        if char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"
        else json.dumps(char).strip('"')
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
        """Print as Rich does, with control characters escaped before the width is measured."""
        super().print(*(escape_controls(o) if isinstance(o, str) else o for o in objects), **options)

    @override
    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as Rich does; only Rich's own control codes are left as they are."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(escape_controls(text), style)


err = Terminal(stderr=True, soft_wrap=True)
out = Terminal(soft_wrap=False)
