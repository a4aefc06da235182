"""Mask the values of secrets that this process has used or read, in any text and in any usual encoding.

A second wall: the code that makes a text leaves secrets out of it. This finds what was missed, by value: whole, in
part, and as URL, JSON, HTML or Base64 spell it.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, quote_plus

from phonefleet.secrets.patterns import MASK, is_public, is_value, looks_generated, names_secret_field

_GRAM: Final = 8
"""Characters that are looked up at once; shorter values are not known, as masking them would spoil any text."""
_PART: Final = 2 * _GRAM
"""Characters of the shortest part of a value that is masked."""
_LONG_PART: Final = 4 * _PART
"""The same of the longest values, such as an access token, which would need much memory otherwise."""
_SHARE: Final = 16
"""Between the two, the shortest part that is masked is this share of a value's length."""
_DIFFERENT: Final = 4
"""Different letters and digits of a value, so that a row of stars is none."""
_COMMON: Final = 16
"""Encodings with the same piece that are looked at. What more values have in common, as access tokens have their first
characters, is no secret, and another piece leads to each of them."""
_FAR: Final = 1 << 32
"""More characters than a value has."""


class KnownValues:
    """The values of secrets, by pieces of their encodings.

    A process keeps the secrets of all its tenants, so a piece is one number. The encodings are made again when a text
    has a piece of one, which is rare.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: list[tuple[str, int]] = []
        """Each value with the number of one of its encodings."""
        self._pieces: dict[str, int] = {}
        """Of a piece, `_FAR` times the place of its encoding in `_forms`, plus its start in that encoding."""
        self._repeated: dict[str, list[int]] = {}
        """The same for further encodings with the same piece."""

    def add(self, value: str) -> None:
        """Remember a value for the life of the process; a short, uniform or public one is ignored."""
        value = value.strip()
        if is_public(value):
            return
        if len(value) < _GRAM or len(set(filter(str.isalnum, value))) < _DIFFERENT or value in self._values:
            return
        self._values.add(value)
        for number, form in enumerate(_encodings(value)):
            place = len(self._forms) * _FAR
            self._forms.append((value, number))
            # Any part that is long enough has one of these pieces.
            for start in range(0, len(form) - _GRAM + 1, _shortest_part(value, form) - _GRAM + 1):
                piece = form[start : start + _GRAM]
                if piece not in self._pieces:
                    self._pieces[piece] = place + start
                elif len(repeated := self._repeated.setdefault(piece, [])) < _COMMON:
                    repeated.append(place + start)

    def add_answer(self, answer: Any) -> None:
        """Remember the secrets that an answer of Auth0 contains: texts under names of secrets."""
        for value in _secrets_of(answer):
            self.add(value)

    def mask(self, text: str) -> str:
        """Return the text with a mask for every known value, and for every part of one of 16 characters or more.

        Of a value of more than 256 characters, for every part of a 16th of its length or more, and of 64 or more.
        """
        if not self._pieces:
            return text
        parts: list[str] = []
        end = position = 0
        while position <= len(text) - _GRAM:
            hits = self._hits(text, position)
            if not hits:
                position += 1
                continue
            begin = max(end, min(start for start, _ in hits))
            parts += (text[end:begin], MASK)
            end = position = max(after for _, after in hits)
        return "".join((*parts, text[end:])) if parts else text

    def is_in(self, text: str) -> bool:
        """Whether a text contains a known value or a part of one."""
        return self.mask(text) != text

    def _hits(self, text: str, position: int) -> list[tuple[int, int]]:
        """Return the ranges that are to be masked around the piece at this position."""
        piece = text[position : position + _GRAM]
        first = self._pieces.get(piece)
        if first is None:
            return []
        hits = []
        for found in (first, *self._repeated.get(piece, ())):
            place, start = divmod(found, _FAR)
            value, number = self._forms[place]
            form = _encodings(value)[number]
            span = _span(text, position, form, start)
            if span[1] - span[0] >= _shortest_part(value, form):
                hits.append(span)
        return hits


def _shortest_part(value: str, form: str) -> int:
    """Return how many characters of an encoding are masked; a part of a passphrase may be a word of any text."""
    if not looks_generated(value):
        return len(form)
    return min(len(form), max(_PART, min(_LONG_PART, len(form) // _SHARE)))


def _span(text: str, position: int, form: str, start: int) -> tuple[int, int]:
    """Return the range in which a text agrees with a form around a piece that they share."""
    before = 0
    while before < min(position, start) and text[position - before - 1] == form[start - before - 1]:
        before += 1
    after = _GRAM
    while (
        position + after < len(text)
        and start + after < len(form)
        and text[position + after] == form[start + after]
    ):
        after += 1
    return position - before, position + after


def _encodings(value: str) -> list[str]:
    """Return the different encodings of a value that are long enough, always in the same order."""
    return [form for form in dict.fromkeys(_encoded(value)) if len(form) >= _GRAM]


def _encoded(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", "surrogatepass")
    yield value
    yield quote(value.encode("utf-8", "replace"), safe="")
    yield quote_plus(value.encode("utf-8", "replace"))
    yield json.dumps(value)[1:-1]
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield html.escape(value)
    yield html.escape(value, quote=False)
    yield raw.hex()
    for shift in range(3):
        # Base64 of a longer text that contains the value at any place; the characters at its ends mix with others.
        cut = raw[(3 - shift) % 3 :]
        whole = base64.b64encode(cut[: len(cut) // 3 * 3]).decode()
        yield whole
        yield whole.replace("+", "-").replace("/", "_")


def _secrets_of(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                if isinstance(inner, str) and names_secret_field(str(key)) and is_value(inner):
                    yield inner
                else:
                    yield from _secrets_of(inner)
        case list():
            for inner in value:
                yield from _secrets_of(inner)


KNOWN: Final = KnownValues()
"""The secrets of this process."""
