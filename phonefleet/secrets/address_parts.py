"""The credentials in an address of messages, which libraries put together to other addresses."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from phonefleet.secrets.patterns import is_public, looks_generated

_SEPARATORS: Final = re.compile(r"[:/@?&=;,#]+")
_SHORTEST: Final = 8
"""Shorter values are not masked."""
_LONG: Final = 16


def credentials_in(address: str) -> frozenset[str]:
    """Return the parts of an address that look like credentials, as they are written and decoded.

    Apprise makes other URLs of them: of `slack://A/B/C` it makes `https://hooks.slack.com/services/A/B/C`. Host names
    and plain words are none, such as a channel's or a tenant's name: what is masked may not be recorded.
    """
    rest = address.strip().partition("://")[2]
    found = {part for part in _SEPARATORS.split(rest) if _looks_like_one(unquote(part))}
    try:
        password = urlsplit(address.strip()).password or ""
    except ValueError:
        password = ""
    if len(password) >= _SHORTEST:
        found.add(password)
    return frozenset(found | {unquote(part) for part in found})


def _looks_like_one(part: str) -> bool:
    if len(part) < _SHORTEST or is_public(part) or re.search(r"[\s.]", part):
        return looks_generated(part)
    upper, lower, digit = (re.search(kind, part) for kind in ("[A-Z]", "[a-z]", r"\d"))
    return bool((upper and digit) or (upper and lower and len(part) >= _LONG) or looks_generated(part))
