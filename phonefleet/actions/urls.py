"""Keys in URLs: user and password, parameters with a telling name, and parts that look generated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from phonefleet.actions.telling import MASK, looks_generated, names_secret

_USERINFO: Final = re.compile(r"(?<=://)([^\s/?#\"'`<>]+)@")
_PARAMETER: Final = re.compile(r"(?:^|(?<=[?&;#]))([\w.~%\[\]-]+)=([^\s&;#\"'`<>]+)")
_PATH: Final = re.compile(r"://[^\s/?#\"'`<>]*(/[^\s?#\"'`<>]*)")
_SEGMENT: Final = re.compile(r"[^/;&]+")
_SHORT: Final = re.compile(r"(?:key|pass|pw|auth|sig|signature|apikey|accesskey)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"[{$%:<].*|\*+|\.+|x+", re.IGNORECASE)


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
    found = [UrlKey(m.start(1), m.end(1), "user and password") for m in _USERINFO.finditer(text)]
    found += [
        UrlKey(m.start(2), m.end(2), f"parameter {m[1]}")
        for m in _PARAMETER.finditer(text)
        if _is_key(m[1], m[2])
    ]
    found += [
        UrlKey(m.start(), m.end(), "part of the path")
        for path in _PATH.finditer(text)
        for m in _SEGMENT.finditer(text, path.start(1), path.end(1))
        if looks_generated(unquote(m[0]))
    ]
    return tuple(_apart(sorted((k for k in found if _tells(text[k.start : k.end])), key=lambda k: k.start)))


def mask_url(url: str) -> str:
    """The URL with a mask for each of its keys; masking twice changes nothing."""
    for key in reversed(url_keys(url)):
        url = url[: key.start] + MASK + url[key.end :]
    return url


def _is_key(name: str, value: str) -> bool:
    name = unquote(name)
    return bool(names_secret(name) or _SHORT.fullmatch(name)) or looks_generated(unquote(value))


def _tells(value: str) -> bool:
    return MASK not in value and not _PLACEHOLDER.fullmatch(value)


def _apart(keys: list[UrlKey]) -> list[UrlKey]:
    kept: list[UrlKey] = []
    for key in keys:
        if not kept or key.start >= kept[-1].end:
            kept.append(key)
    return kept
