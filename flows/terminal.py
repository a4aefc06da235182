"""Printing on a person's terminal what tenants may have chosen: names, log texts, answers of servers."""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.console import Console
from typing_extensions import override


def harmless(text: str) -> str:
    r"""The text with what moves a cursor, recolours, hides or turns the direction of writing shown as ``\u001b``."""
    return (
        text
        if text.isprintable()
        else "".join(char if _plain(char) else f"\\u{ord(char):04x}" for char in text)
    )


def _plain(char: str) -> bool:
    return char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"


class Terminal(Console):
    """A console on which no text can rewrite what a person reads before saying yes."""

    @override
    def print(self, *objects: Any, **options: Any) -> None:
        """As Rich's, with text made harmless; lines and tabs stay."""
        super().print(*(harmless(o) if isinstance(o, str) else o for o in objects), **options)
