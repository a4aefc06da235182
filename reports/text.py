"""Make text from tenants safe for each place where it is shown.

Names, labels and log texts come from tenants: they may contain markup, formulas, control characters, marks that
change the writing direction, and characters that UTF-8 cannot encode.
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
"""The most characters that a cell of Excel can contain, in UTF-16 code units."""


def storable(value: str) -> str:
    r"""Replace NUL and lone surrogates, which files cannot contain, by ``\u0000`` or ``\udXXX``.

    Backslashes before such an escape, or before text that looks like one, are doubled: an odd number of backslashes
    begins an escape, an even number is text. `original` restores both.
    """

    def escaped(match: re.Match[str]) -> str:
        backslashes, token = match[1] * 2, match[2]
        return backslashes + (f"\\u{ord(token):04x}" if len(token) == 1 else token)

    return _TO_STORE.sub(escaped, value) if _needs_storing(value) else value


def _needs_storing(value: str) -> bool:
    return "\\u" in value or _UNSTORABLE.search(value) is not None


def all_storable(values: Iterable[str]) -> Sequence[str]:
    """Apply `storable` to each value, if a search over all of them finds that any needs it."""
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

    Text that begins with an apostrophe gets one too, so `from_csv_cell` always removes exactly one.
    """
    return f"'{value}" if value.startswith(tuple(_FORMULA_STARTS)) else value


def from_csv_cell(value: str) -> str:
    """Undo `csv_cell`."""
    return value[1:] if value.startswith("'") else value


def visible(value: str) -> str:
    r"""Return one line that shows invisible characters as escapes and newlines as ``⏎``."""
    return _CONTROLS.sub(lambda m: "⏎" if m[0] == "\n" else f"\\u{ord(m[0]):04x}", value)


def shortened(value: str, limit: int) -> str:
    """Return `value`, or its first `limit` characters and its length if it is longer."""
    return value if len(value) <= limit else f"{value[:limit]}… ({len(value):,} characters)"


def excel_cell(value: str, whole: str) -> str:
    """Return `value`, cut to what a cell of Excel can contain and then ending with a note.

    The note gives the full length and names `whole`, the file that contains the whole text.
    """
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
    """Return a Markdown code span, in which no markup, link or mention takes effect.

    The text is on one line and shortened to `limit` characters; bars are escaped, so it may be in a table.
    """
    shown = shortened(visible(value), limit).replace("|", "\\|")
    if not shown.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 tenant`, `2 tenants`, `1,204 tenants`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(parts: Iterable[str]) -> str:
    """Join parts to `a`, `a and b` or `a, b and c`."""
    *rest, last = [*parts] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def words(name: str) -> str:
    """Return a code as words: `half_done` becomes `half done`."""
    return name.replace("_", " ").replace(":", ": ")


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Break text into `lines` lines of `width` characters at most, cut with an ellipsis."""
    broken: list[str] = []
    for word in visible(text).split(" "):
        if broken and len(broken[-1]) + 1 + len(word) <= width:
            broken[-1] += f" {word}"
        else:
            broken.append(word if len(word) <= width else f"{word[: width - 1]}…")
    return broken if len(broken) <= lines else [*broken[: lines - 1], f"{broken[lines - 1][: width - 1]}…"]
