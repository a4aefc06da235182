"""A short text that a regular expression of JavaScript matches.

The expression is a tenant's, and this is the process of the run: so the text is built in time that grows with the
pattern's length, has a limit, and is never matched here. Matching may take exponential time; the isolates have limits.
"""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

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
MOST_PATTERN: Final = 10_000
"""Characters of the longest pattern that is read."""
MOST_TEXT: Final = 1_000
"""Characters of the longest example: more than a field of a message has."""


def example_of(pattern: str) -> str | None:
    r"""Return a text that ``pattern`` should match, of at most `MOST_TEXT` characters; ``None`` without one.

    The pattern is read as Python's dialect, which is the same for what Actions use. Assertions (``\b``, ``(?=…)``) are
    not looked at: a text that they refuse is an input that does not reach the code behind the pattern.
    """
    if len(pattern) > MOST_PATTERN:
        return None
    translated = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern).replace(r"\/", "/")
    with suppress(re.error, OverflowError, RecursionError, ValueError):
        text = _sequence(parser.parse(translated), {})
        # JavaScript has a character above U+FFFF as two; half of one is no text that a message can have.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    return None


def _sequence(items: Any, groups: dict[int, str]) -> str:
    parts: list[str] = []
    length = 0
    for kind, value in items:
        part = _item(kind, value, groups)
        length += len(part)
        if length > MOST_TEXT:
            raise ValueError(f"more than {MOST_TEXT} characters")
        parts.append(part)
    return "".join(parts)


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
            repeated = _sequence(part, groups) if least else ""
            if len(repeated) * least > MOST_TEXT:
                raise ValueError(f"more than {MOST_TEXT} characters")
            return repeated * int(least) if repeated else ""
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
