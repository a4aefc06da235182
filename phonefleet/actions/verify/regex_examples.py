"""A short text that a regular expression of JavaScript matches."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import import_module
from typing import Any

# Not imported by a statement: mypy sees the private modules in some orders of checking and not in others.
codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: "-",
}
_CANDIDATES = "1aA- +0bz.@_"


def example_of(pattern: str, flags: str = "") -> str | None:
    """Return a text that ``pattern`` matches; ``None`` if none was found.

    The pattern is read as Python's dialect, which is the same for what Actions use; the result is checked.
    """
    translated = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern).replace(r"\/", "/")
    with suppress(re.error, OverflowError, RecursionError, ValueError):
        text = _sequence(parser.parse(translated), {})
        if re.search(translated, text, re.IGNORECASE if "i" in flags else 0):
            return text
    return None


def _sequence(items: Any, groups: dict[int, str]) -> str:
    return "".join(_item(kind, value, groups) for kind, value in items)


def _item(kind: Any, value: Any, groups: dict[int, str]) -> str:
    match kind:
        case codes.LITERAL:
            return chr(value)
        case codes.NOT_LITERAL:
            return next(c for c in _CANDIDATES if ord(c) != value)
        case codes.ANY:
            return "a"
        case codes.IN:
            return _one_of(value)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            least, _, part = value
            if least > 200:
                raise ValueError(f"{least} repetitions")
            return _sequence(part, groups) * int(least)
        case codes.SUBPATTERN:
            number, *_, part = value
            text: str = _sequence(part, groups)
            if number is not None:
                groups[number] = text
            return text
        case codes.BRANCH:
            return _sequence(value[1][0], groups)
        case codes.GROUPREF:
            return groups.get(value, "")
    return ""  # anchors and assertions take no text


def _one_of(parts: Any) -> str:
    refused = parts and parts[0][0] is codes.NEGATE
    if refused:
        return next((c for c in _CANDIDATES if not _holds(parts[1:], c)), "a")
    kind, value = parts[0]
    match kind:
        case codes.RANGE:
            return chr(value[0])
        case codes.CATEGORY:
            return _CATEGORIES.get(value, "a")
    return chr(value)


def _holds(parts: Any, char: str) -> bool:
    code = ord(char)
    for kind, value in parts:
        match kind:
            case codes.LITERAL if value == code:
                return True
            case codes.RANGE if value[0] <= code <= value[1]:
                return True
            case codes.CATEGORY if _in_category(value, char):
                return True
    return False


def _in_category(category: Any, char: str) -> bool:
    match category:
        case codes.CATEGORY_DIGIT:
            return char.isdigit()
        case codes.CATEGORY_SPACE:
            return char.isspace()
        case codes.CATEGORY_WORD:
            return char.isalnum() or char == "_"
    return False
