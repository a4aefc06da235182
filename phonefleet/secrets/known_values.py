"""Mask the values of secrets that this process has used or read, in any text and in any usual encoding.

A second wall: the code that makes a text leaves secrets out of it. This finds what was missed, by value: whole, in
part, and as URL, JSON, HTML or Base64 spell it.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, quote_plus

from phonefleet.secrets.patterns import (
    MASK,
    is_public,
    is_value,
    jwt_signature,
    looks_generated,
    names_secret_field,
)

_GRAM: Final = 8
"""Characters that are looked up at once; shorter values are not known, as masking them would spoil any text."""
_PART: Final = 2 * _GRAM
"""Characters of the shortest part of a value that is masked."""
_LONG_PART: Final = 4 * _PART
"""The same of the longest values, such as an access token, which would need much memory otherwise."""
_LONG_SIGNATURE: Final = 4 * _LONG_PART
"""Characters of a signature by an RSA key: 342 of RS256, which Auth0 uses. Those of HS256 and ES256 are shorter."""
_SHARE: Final = 16
"""Between the two, the shortest part that is masked is this share of a value's length."""
_DIFFERENT: Final = 4
"""Different letters and digits of a value, so that a row of stars is none."""
_BLOCK: Final = 64
"""Characters that are compared at once."""
_FAR: Final = 1 << 32
"""More characters than a value has."""


class KnownValues:
    """The values of secrets, by pieces of their encodings.

    A process keeps the secrets of all its tenants, so what it keeps of a piece is one number.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: list[tuple[str, int]] = []
        """Each encoding of each value, with the length of its shortest part that is masked."""
        self._pieces: dict[str, int] = {}
        """Of a piece, `_FAR` times the place of its encoding in `_forms`, plus its start in that encoding."""
        self._repeated: dict[str, list[int]] = {}
        """The same for further encodings with the same piece: many access tokens begin alike."""
        self._adding = Lock()
        """Threads resolve secrets, and the place of an encoding is its own."""

    def add(self, value: str) -> None:
        """Remember a value for the life of the process; a short, uniform or public one is ignored."""
        value = value.strip()
        if is_public(value):
            return
        if len(value) < _GRAM or len(set(filter(str.isalnum, value))) < _DIFFERENT:
            return
        with self._adding:
            if value in self._values:
                return
            signature = jwt_signature(value)
            if len(signature) >= _LONG_SIGNATURE:
                self._index_token(value, signature)
            else:
                self._index_value(value)
            self._values.add(value)

    def _index_token(self, token: str, signature: str) -> None:
        """Index a token as it is; encoded, only its signature.

        What is before the signature gives no access, and is much alike in all tenants' tokens.
        """
        shortest = _shortest_part(len(token))
        for form in {token, *_encoded(signature)} - {signature}:
            self._index(form, shortest)

    def _index_value(self, value: str) -> None:
        # A part of a passphrase may be a word of any text.
        in_part = looks_generated(value)
        for form in {form for form in _encoded(value) if len(form) >= _GRAM}:
            self._index(form, _shortest_part(len(form)) if in_part else len(form))

    def _index(self, form: str, shortest: int) -> None:
        place = len(self._forms) * _FAR
        self._forms.append((form, shortest))
        # Any part that is long enough has one of these pieces.
        for start in range(0, len(form) - _GRAM + 1, shortest - _GRAM + 1):
            piece = form[start : start + _GRAM]
            if piece in self._pieces:
                self._repeated.setdefault(piece, []).append(place + start)
            else:
                self._pieces[piece] = place + start

    def add_answer(self, answer: Any) -> None:
        """Remember the secrets that an answer of Auth0 contains: texts under names of secrets."""
        for value in _secrets_of(answer):
            self.add(value)

    def mask(self, text: str) -> str:
        """Return the text with a mask for every known value, and for every part of one of 16 characters or more.

        Of a value of more than 256 characters, for every part of a 16th of its length or more, and of 64 or more. Of a
        signed token that is encoded only its signature is masked: the rest gives no access.
        """
        parts: list[str] = []
        end = 0
        for begin, after in self._ranges(text):
            parts += (text[end:begin], MASK)
            end = after
        return "".join((*parts, text[end:])) if parts else text

    def is_in(self, text: str) -> bool:
        """Whether a text contains a known value or a part of one."""
        return bool(self._ranges(text))

    def _ranges(self, text: str) -> list[tuple[int, int]]:
        """Return the ranges of a text that are to be masked, in their order; none touches another."""
        pieces = self._pieces
        ranges: list[tuple[int, int]] = []
        for position in range(len(text) - _GRAM + 1 if pieces else 0):
            piece = text[position : position + _GRAM]
            if piece not in pieces:
                continue
            for found in (pieces[piece], *self._repeated.get(piece, ())):
                place, start = divmod(found, _FAR)
                form, shortest = self._forms[place]
                if (
                    ranges
                    and position < ranges[-1][1]
                    and not _leads_out(text, position, form, start, ranges[-1])
                ):
                    continue
                begin, after = _span(text, position, form, start)
                if after - begin < shortest:
                    continue
                while ranges and begin <= ranges[-1][1]:
                    earlier = ranges.pop()
                    begin, after = min(begin, earlier[0]), max(after, earlier[1])
                ranges.append((begin, after))
        return ranges


def _leads_out(text: str, position: int, form: str, start: int, known: tuple[int, int]) -> bool:
    """Return whether a text and a form may agree beyond a range around the piece that they share."""
    before, after = start - (position - known[0]) - 1, start + known[1] - position
    return (known[0] > 0 and before >= 0 and text[known[0] - 1] == form[before]) or (
        known[1] < len(text) and after < len(form) and text[known[1]] == form[after]
    )


def _shortest_part(length: int) -> int:
    """Return how many characters of an encoding of this length are masked at least."""
    return min(length, max(_PART, min(_LONG_PART, length // _SHARE)))


def _span(text: str, position: int, form: str, start: int) -> tuple[int, int]:
    """Return the range in which a text agrees with a form around a piece that they share."""
    before = 0
    most = min(position, start)
    while before < most:
        step = min(_BLOCK, most - before)
        if text[position - before - step : position - before] != form[start - before - step : start - before]:
            break
        before += step
    while before < most and text[position - before - 1] == form[start - before - 1]:
        before += 1
    after = _GRAM
    most = min(len(text) - position, len(form) - start)
    while after < most:
        step = min(_BLOCK, most - after)
        if text[position + after : position + after + step] != form[start + after : start + after + step]:
            break
        after += step
    while after < most and text[position + after] == form[start + after]:
        after += 1
    return position - before, position + after


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
