"""Characters that are not shown as they are, in texts that come from tenants."""

from __future__ import annotations

import re
from typing import Final

UNSHOWN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters, marks that change the direction of writing, and halves of surrogate pairs."""


def printable(text: str) -> str:
    """Escape the characters of a text that a terminal or a database would not show as they are."""
    return UNSHOWN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
