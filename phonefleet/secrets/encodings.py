"""The usual spellings of a text in URLs, JSON, HTML, Python, Base64 and hexadecimal. Pure."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Final
from urllib.parse import quote, quote_plus

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]*")
"""Texts that URLs, JSON and HTML leave as they are."""
_PERCENT: Final = re.compile("%[0-9A-F]{2}")
_ESCAPE: Final = re.compile(r"\\u[0-9a-f]{4}")
_KEPT_IN_URLS: Final = ("", "/", "!'()*", "/!'()*", "/:@!$&'()*+,;=")
"""Marks that are not escaped: by Python's `quote` with and without a path's slash, by JavaScript's
`encodeURIComponent`, by programs that keep what RFC 3986 allows in a path."""
_JSON_ESCAPES: Final = ("", "&<>", "&<>'", "&<>'\"+`")
"""Marks that are written as `\\u0026`: none, by Go and Rails, by Jinja and PHP, by .NET."""
_ENTITIES: Final[tuple[dict[str, str], ...]] = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&quot;", "'": "&#039;"},
    {'"': "&quot;", "'": "&apos;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;", "+": "&#43;"},
)
"""How marks beside `&`, `<` and `>` are written: in XML's texts and attributes, by Python, by lodash, by PHP, in XML,
by EJS and MarkupSafe, by Go."""


def encoded(value: str) -> Iterator[str]:
    """Yield a text and its usual encodings, some of them repeatedly.

    Of Base64, what all longer texts have in common that contain it.
    """
    yield from main_encodings(value)
    if not _PLAIN.fullmatch(value):
        yield from _in_urls(value)
        yield from _in_json(value)
        yield from _in_html(value)
        yield repr(value)[1:-1]


def main_encodings(value: str) -> Iterator[str]:
    """Yield a text as it is and as most programs write it: in URLs, JSON, hexadecimal and Base64."""
    raw = value.encode("utf-8", "surrogatepass")
    yield value
    yield quote(value.encode("utf-8", "replace"), safe="")
    yield quote_plus(value.encode("utf-8", "replace"))
    yield json.dumps(value)[1:-1]
    yield raw.hex()
    for shift in range(3):
        # The characters at its ends mix with others.
        cut = raw[(3 - shift) % 3 :]
        whole = base64.b64encode(cut[: len(cut) // 3 * 3]).decode()
        yield whole
        yield whole.replace("+", "-").replace("/", "_")


def _in_urls(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", "replace")
    forms = [quote(raw, safe=kept) for kept in _KEPT_IN_URLS]
    # Forms: Python's, and those of browsers, which keep the star and escape the tilde.
    forms += [
        quote_plus(raw),
        quote_plus(raw, safe="*").replace("~", "%7E"),
        quote(raw, safe="").replace("~", "%7E"),
    ]
    for form in forms:
        yield form
        yield _PERCENT.sub(lambda found: found[0].lower(), form)


def _in_json(value: str) -> Iterator[str]:
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    for is_ascii, marks in product((True, False), _JSON_ESCAPES):
        form = _escaped(json.dumps(value, ensure_ascii=is_ascii)[1:-1], marks)
        for each in (form, _ESCAPE.sub(_upper, form)):
            yield each
            yield each.replace("/", "\\/")


def _escaped(form: str, marks: str) -> str:
    for mark in marks:
        form = form.replace('\\"' if mark == '"' else mark, f"\\u{ord(mark):04x}")
    return form


def _upper(found: re.Match[str]) -> str:
    return f"\\u{found[0][2:].upper()}"


def _in_html(value: str) -> Iterator[str]:
    text = html.escape(value, quote=False)
    for entities in _ENTITIES:
        form = text
        for mark, entity in entities.items():
            form = form.replace(mark, entity)
        yield form
