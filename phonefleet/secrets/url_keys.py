"""Keys in URLs: user and password, parameters with a telling name, and parts that look generated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from phonefleet.secrets.key_shapes import MASK, looks_generated, names_secret

# A password with a slash in it ends the host for a parser, so after a colon that no port follows it goes on to the @.
_USERINFO: Final = re.compile(r"(?<=://)((?:[^\s/?#\"']+|[^\s/?#:\"']*:(?!\d+[/?#])[^\s\"'`<>]*))@")
_NOBODY: Final = re.compile(rf"\**:?\**|{re.escape(MASK)}")
_PARAMETER: Final = re.compile(r"(?:^|(?<=[?&;#]))([\w.~%\[\]-]+)=((?:[^\s&;#\"'`<]|<(?!/))+)")
_PATH: Final = re.compile(r"://[^\s/?#\"'`<>]*(/[^\s?#\"'`<>]*)")
_SEGMENT: Final = re.compile(r"[^/;&]+")
_SHORT: Final = re.compile(r"(?:key|pass|pw|auth|sig|signature|apikey|accesskey)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(
    r"(?:\$?\{+[^{}]*\}+|%(?:\(\w+\))?[a-z]|<[^<>]*>|\*+|\.+|x+)+", re.IGNORECASE
)
"""A whole value that stands for another; one that only begins like it is none."""


@dataclass(frozen=True, slots=True)
class UrlKey:
    """A key in a text: ``start`` and ``end`` of its value, and what it is, without its value."""

    start: int
    end: int
    what: str


def url_keys(text: str) -> tuple[UrlKey, ...]:
    """The keys of the URLs, or parts of URLs, in a text, in the order in which they stand; none overlaps another.

    Only a text with a scheme has a user, a password or a path; parameters are found without one, since programs put
    their URLs together.
    """
    found = [
        UrlKey(m.start(1), m.end(1), "user and password")
        for m in _USERINFO.finditer(text)
        if not _NOBODY.fullmatch(m[1])
    ]
    found += [
        UrlKey(m.start(2), m.end(2), f"parameter {m[1]}")
        for m in _PARAMETER.finditer(text)
        if _is_key(m[1], m[2]) and _tells(m[2]) and not _PLACEHOLDER.fullmatch(m[2])
    ]
    found += [
        UrlKey(m.start(), m.end(), "part of the path")
        for path in _PATH.finditer(text)
        for m in _SEGMENT.finditer(text, path.start(1), path.end(1))
        if looks_generated(unquote(m[0])) and _tells(m[0])
    ]
    return tuple(_apart(sorted(found, key=lambda k: k.start)))


def mask_url(url: str) -> str:
    """The URL with a mask for each of its keys; masking twice changes nothing."""
    for key in reversed(url_keys(url)):
        url = url[: key.start] + MASK + url[key.end :]
    return url


def _is_key(name: str, value: str) -> bool:
    words = [word for word in re.split(r"[\[\]]+", unquote(name)) if word]
    return any(names_secret(w) or _SHORT.fullmatch(w) for w in words) or looks_generated(unquote(value))


def _tells(value: str) -> bool:
    """Marks alone, such as a colon before what a program puts there, are no key."""
    return MASK not in value and any(c.isalnum() for c in value)


def _apart(keys: list[UrlKey]) -> list[UrlKey]:
    kept: list[UrlKey] = []
    for key in keys:
        if not kept or key.start >= kept[-1].end:
            kept.append(key)
    return kept
