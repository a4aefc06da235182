"""Find and mask keys in URLs: user and password, parameters named like secrets, parts that look generated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from phonefleet.secrets.patterns import MASK, looks_generated, names_secret_parameter

# A parser ends the host at a slash, also in a password; so after a colon with no port it continues up to the @.
# Wider than `URL_PASSWORD`: a user alone may be a key as well. The parts have a longest length, because a text may
# begin a URL thousands of times, and the end of each is searched for.
_USERINFO: Final = re.compile(
    r"(?<=://)((?:[^\s/?#\"']{1,1000}|[^\s/?#:\"']{0,1000}:(?!\d{1,6}[/?#])"
    r"(?:[^\s\"'`<>]{0,1000}|[^\s/@\"']{1,1000})))@"
)
_MASKED_USERINFO: Final = re.compile(rf"\**:?\**|{re.escape(MASK)}")
_PARAMETER: Final = re.compile(r"(?:^|(?<=[?&;#]))([\w.~%\[\]-]+)=((?:[^\s&;#\"'`<]|<(?!/))+)")
_PATH: Final = re.compile(r"://[^\s/?#\"'`<>]*(/[^\s?#\"'`<>]*)")
_SEGMENT: Final = re.compile(r"[^/;&]+")
_PLACEHOLDER: Final = re.compile(
    r"(?:\$?\{+[^{}]*\}+|%(?:\(\w+\))?[a-z]|<[^<>]*>|\*+|\.+|x+)+", re.IGNORECASE
)
"""A whole value that is a placeholder; a value that only begins like one is not."""


@dataclass(frozen=True, slots=True)
class UrlKey:
    """A key in a text: `start` and `end` of its value, and a description without the value."""

    start: int
    end: int
    what: str


def url_keys(text: str) -> tuple[UrlKey, ...]:
    """The keys of the URLs, or parts of URLs, in a text, in order; they never overlap.

    User, password and path are searched only after a scheme. Parameters are also found without one, because programs
    put URLs together from parts.
    """
    keys = [
        UrlKey(m.start(1), m.end(1), "user and password")
        for m in _USERINFO.finditer(text)
        if not _MASKED_USERINFO.fullmatch(m[1])
    ]
    for m in _PARAMETER.finditer(text):
        words = [word for word in re.split(r"[\[\]]+", unquote(m[1])) if word]
        is_key = any(names_secret_parameter(word) for word in words) or looks_generated(unquote(m[2]))
        if is_key and _has_content(m[2]) and not _PLACEHOLDER.fullmatch(m[2]):
            keys.append(UrlKey(m.start(2), m.end(2), f"parameter {m[1]}"))
    keys += [
        UrlKey(m.start(), m.end(), "part of the path")
        for path in _PATH.finditer(text)
        for m in _SEGMENT.finditer(text, path.start(1), path.end(1))
        if looks_generated(unquote(m[0])) and _has_content(m[0])
    ]
    apart: list[UrlKey] = []
    for key in sorted(keys, key=lambda k: k.start):
        if not apart or key.start >= apart[-1].end:
            apart.append(key)
    return tuple(apart)


def mask_url(url: str) -> str:
    """The URL with a mask for each of its keys; masking twice changes nothing."""
    for key in reversed(url_keys(url)):
        url = url[: key.start] + MASK + url[key.end :]
    return url


def _has_content(value: str) -> bool:
    """Whether a value has a letter or digit: a colon before what a program inserts is not a key."""
    return MASK not in value and any(c.isalnum() for c in value)
