"""Printing text on a terminal that tenants may have chosen: names, log texts, answers of servers."""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.console import Console
from typing_extensions import override


def escape_controls(text: str) -> str:
    r"""Escape, as ``\u001b``, what moves a cursor, recolors, hides or turns the direction of writing."""
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"
        else f"\\u{ord(char):04x}"
        for char in text
    )


class Terminal(Console):
    """A console on which no printed text can alter what a person reads before confirming."""

    @override
    def print(self, *objects: Any, **options: Any) -> None:
        """Print as Rich does, with control characters escaped; line breaks and tabs stay."""
        super().print(*(escape_controls(o) if isinstance(o, str) else o for o in objects), **options)


STANDARD_OUTPUT = "-"
"""What an operator writes for standard output where a file is asked for."""
err = Terminal(stderr=True, soft_wrap=True)
out = Terminal(soft_wrap=False)
