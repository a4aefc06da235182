"""Find and mask keys in URLs: user and password, parameters named like secrets, parts that look generated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
_NAME: Final = re.compile(r"(?:^|(?<=[?&;#]))([\w.~%\[\]-]+)=")
_VALUE: Final = re.compile(r"(?:[^\s&;#\"'`<]|<(?!/))+")
_PASSES: Final = 5
_LONGEST_VALUE: Final = 1_000
"""Characters of a value that are looked at for whether it is generated."""
_PATH: Final = re.compile(r"://[^\s/?#\"'`<>]*(/[^\s?#\"'`<>]*)")
_SEGMENT: Final = re.compile(r"[^/;&]+")
_PLACEHOLDER: Final = re.compile(r"(?:\$?\{+[^{}]*\}+|%(?:\(\w+\))?[a-z]|<[^<>]*>|[*.x])+", re.IGNORECASE)
"""A whole value that is a placeholder; a value that only begins like one is not. Each text can be read in one way only:
with `x+` inside of `+`, a value that is almost a placeholder would take time that doubles with each character."""


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
    keys += _parameters(text)
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
        elif key.end > apart[-1].end:
            apart[-1] = replace(apart[-1], end=key.end)
    return tuple(apart)


def _parameters(text: str) -> Iterator[UrlKey]:
    """Yield the parameters that are keys. A value that is no key may be a URL with parameters of its own."""
    start = 0
    while (name := _NAME.search(text, start)) is not None:
        start = name.end()
        words = [word for word in re.split(r"[\[\]]+", unquote(name[1])) if word]
        is_named = any(names_secret_parameter(word) for word in words)
        begin = _VALUE.match(text, start, start + _LONGEST_VALUE)
        if begin is None or not (is_named or looks_generated(unquote(begin[0]))):
            continue
        value = _VALUE.match(text, start)
        if value is not None and _has_content(value[0]) and not _PLACEHOLDER.fullmatch(value[0]):
            start = value.end()
            yield UrlKey(value.start(), value.end(), f"parameter {name[1]}")


def mask_url(url: str) -> str:
    """The URL with a mask for each of its keys; masking twice changes nothing.

    Without the characters of a key, others may read as one, such as those before an @. A URL that has ever more of them
    is masked as a whole.
    """
    for _ in range(_PASSES):
        keys = url_keys(url)
        if not keys:
            return url
        for key in reversed(keys):
            url = url[: key.start] + MASK + url[key.end :]
    return MASK if url_keys(url) else url


def _has_content(value: str) -> bool:
    """Whether a value has a letter or digit: a colon before what a program inserts is not a key."""
    return MASK not in value and any(c.isalnum() for c in value)
