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
_DIFFERENT: Final = 4
"""Different letters and digits of a value, so that a row of stars is none."""


class KnownValues:
    """The values of secrets, by pieces of their encodings."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: dict[str, list[tuple[str, int, bool]]] = {}

    def add(self, value: str) -> None:
        """Remember a value for the life of the process; a short, uniform or public one is ignored."""
        value = value.strip()
        if is_public(value):
            return
        if len(value) < _GRAM or len(set(filter(str.isalnum, value))) < _DIFFERENT or value in self._values:
            return
        self._values.add(value)
        # A part of a passphrase may be a word of any text.
        step = _GRAM if looks_generated(value) else len(value)
        for form in {form for form in _encoded(value) if len(form) >= _GRAM}:
            for start in range(0, len(form) - _GRAM + 1, step):
                self._forms.setdefault(form[start : start + _GRAM], []).append((form, start, step == _GRAM))

    def add_answer(self, answer: Any) -> None:
        """Remember the secrets that an answer of Auth0 contains: texts under names of secrets."""
        for value in _secrets_of(answer):
            self.add(value)

    def mask(self, text: str) -> str:
        """Return the text with a mask for every known value, and for every part of one of 16 characters or more."""
        if not self._forms:
            return text
        parts: list[str] = []
        end = position = 0
        while position <= len(text) - _GRAM:
            found = self._forms.get(text[position : position + _GRAM])
            spans = [
                (_span(text, position, form, start), form, in_part) for form, start, in_part in found or ()
            ]
            hits = [
                span
                for span, form, in_part in spans
                if span[1] - span[0] >= (min(_PART, len(form)) if in_part else len(form))
            ]
            if not hits:
                position += 1
                continue
            begin = max(end, min(span[0] for span in hits))
            parts += (text[end:begin], MASK)
            end = position = max(span[1] for span in hits)
        return "".join((*parts, text[end:])) if parts else text

    def is_in(self, text: str) -> bool:
        """Whether a text contains a known value or a part of one."""
        return self.mask(text) != text


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
