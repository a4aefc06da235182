"""Remove secrets from text that people will read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from phonefleet.model.shown_text import printable
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.patterns import find_secret_like, may_hold_generated, may_name_secret
from phonefleet.secrets.url_keys import mask_url

MASK = "***"
_JSON_VALUE = re.compile(r':\s*"(?:[^"\\]|\\.)*"?')
_WORD = re.compile(r"\S*")
_TOKEN = re.compile(r"[^\s\"'<>(){}\[\],]{16,}")
_LONG_WORD = re.compile(r"[A-Za-z0-9_\-+/=.]{16,}")


def secret_values(body: Any, *, secret: bool = False) -> Iterator[str]:
    """Yield every string in a JSON-like body under a key that names a secret."""
    match body:
        case str() if secret and body:
            yield body
        case Mapping():
            for key, value in body.items():
                yield from secret_values(value, secret=secret or may_name_secret(str(key)))
        case Sequence() if not isinstance(body, str | bytes):
            for item in body:
                yield from secret_values(item, secret=secret)


def without(domain: str, text: str, secrets: Iterable[str]) -> str:
    """Mask the given values in a text about a tenant, the longest first, and every secret of this process."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, MASK)
    text = KNOWN.mask(text, domain)
    # What this process has not read yet is found by its shape.
    for match in reversed(find_secret_like(text)):
        rest = _WORD.match(text, match.start)
        text = text[: match.start] + MASK + (text[rest.end() :] if rest else "")
    return text


def without_generated(text: str) -> str:
    """Mask every long word of a text of Auth0's that may hold a generated value.

    A refusal may repeat a secret that this process has not used or read, whole, in part or encoded.
    """
    return _TOKEN.sub(lambda found: MASK if may_hold_generated(found[0]) else found[0], mask_url(text))


def glimpse(text: str, length: int = 80) -> str:
    """Return the first characters of an answer of unknown kind, on one line, safe to show.

    Mask the values of JSON members and long unbroken words: a truncated answer may hold a stored token.
    """
    masked = _LONG_WORD.sub(MASK, _JSON_VALUE.sub(f": {MASK}", text[: length * 4]))
    return printable(" ".join(masked.split()))[:length]
