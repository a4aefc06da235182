"""Text of others, made safe for each place where it is shown, and restorable where a function says so.

Names, labels and log texts come from tenants: they may hold markup, formulas, control characters, marks that
turn the writing direction, and characters that no UTF-8 file can hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TO_STORE = re.compile("(\\\\*)([\x00\ud800-\udfff]|u0000|ud[89a-f][0-9a-f]{2})")
_STORED = re.compile(r"(\\+)(u0000|ud[89a-f][0-9a-f]{2})")
_FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20'"
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
EXCEL_LIMIT = 32_767
"""Characters that a cell of Excel holds."""


def storable(value: str) -> str:
    r"""Replace what no UTF-8 or C string holds (NUL, lone surrogates) by ``\u0000`` or ``\udXXX``.

    Backslashes before such an escape, or before text that already looks like one, are doubled: an odd number of them
    begins an escape, an even number is text, and `original` restores either.
    """

    def escaped(match: re.Match[str]) -> str:
        backslashes, token = match[1] * 2, match[2]
        return backslashes + (f"\\u{ord(token):04x}" if len(token) == 1 else token)

    return _TO_STORE.sub(escaped, value) if _needs_storing(value) else value


def _needs_storing(value: str) -> bool:
    return "\\u" in value or _UNSTORABLE.search(value) is not None


def all_storable(values: Iterable[str]) -> Sequence[str]:
    """`storable` of each; one look at all of them together, since hardly any column needs it."""
    texts = list(values)
    whole = "\n".join(texts)
    return [*map(storable, texts)] if _needs_storing(whole) else texts


def original(value: str) -> str:
    """Undo `storable`."""

    def back(match: re.Match[str]) -> str:
        kept = match[1][: len(match[1]) // 2]
        return kept + (chr(int(match[2][1:], 16)) if len(match[1]) % 2 else match[2])

    return _STORED.sub(back, value)


def csv_cell(value: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that begins with an apostrophe gets one too, so `from_csv_cell` always takes exactly one away.
    """
    return f"'{value}" if value.startswith(tuple(_FORMULA_STARTS)) else value


def from_csv_cell(value: str) -> str:
    """Undo `csv_cell`."""
    return value[1:] if value.startswith("'") else value


def visible(value: str) -> str:
    r"""One line in which control, direction and invisible characters show as ``\u202e``; newlines as ``⏎``."""
    return _CONTROLS.sub(lambda m: "⏎" if m[0] == "\n" else f"\\u{ord(m[0]):04x}", value)


def shortened(value: str, limit: int) -> str:
    """`value`, or its beginning and how much is missing, in at most `limit` characters and about 30 more."""
    return value if len(value) <= limit else f"{value[:limit]}… ({len(value):,} characters)"


def excel_cell(value: str, whole: str) -> str:
    """`value` as Excel can hold it: when cut, its last words say so and name the file `whole` that has it all."""
    if 2 * len(value) <= EXCEL_LIMIT or _utf16_length(value) <= EXCEL_LIMIT:
        return value
    note = f" … [cut: {len(value):,} characters; the whole text is in {whole}]"
    kept = value[: EXCEL_LIMIT - len(note)]
    while _utf16_length(kept) + len(note) > EXCEL_LIMIT:
        kept = kept[: -max(1, (_utf16_length(kept) + len(note) - EXCEL_LIMIT) // 2)]
    return kept + note


def _utf16_length(value: str) -> int:
    return len(value) + sum(char > "\uffff" for char in value) if not value.isascii() else len(value)


def code(value: str, limit: int = 120) -> str:
    """A Markdown code span for text from tenants: no markup, link or mention takes effect inside it.

    Shown on one line and shortened to `limit` characters; bars are escaped so that it may stand in a table.
    """
    shown = shortened(visible(value), limit).replace("|", "\\|")
    if not shown.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 tenant`, `2 tenants`, `1,204 tenants`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = [*parts] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def words(name: str) -> str:
    """A code as words: `half_done` is `half done`."""
    return name.replace("_", " ").replace(":", ": ")
