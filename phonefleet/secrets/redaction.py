"""Remove secrets from data by the names of their keys."""

from __future__ import annotations

import re
from typing import Final

from pydantic import JsonValue

from phonefleet.secrets.patterns import MASK, URL_PASSWORD, names_secret_field

_PUBLIC_MEMBERS: Final = frozenset(("name", "updated_at"))
_REFERENCE: Final = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S+|keyring:\S.*/\S+|prefect:[a-z0-9-]+|cmd:\[.*\]", re.ASCII
)


def redact(value: JsonValue) -> JsonValue:
    """Copy nested data without the values of keys that name secrets.

    Text and numbers there become `[redacted]`, also deeper inside; lists such as an Action's secrets keep
    their members' names. Booleans, nulls and empty text are kept, and so are references
    (`env:NAME`, `file:PATH`, `{"$secret": …}`). Passwords in URLs are redacted everywhere.
    Redacting twice changes nothing.
    """
    match value:
        case dict():
            # {"name": "Authorization", "value": …} is how lists of headers and of parameters write a member.
            name = value.get("name")
            named = isinstance(name, str) and names_secret_field(name)
            return {
                key: _hide(inner) if names_secret_field(key) or (named and key == "value") else redact(inner)
                for key, inner in value.items()
            }
        case list():
            return [redact(inner) for inner in value]
        case str():
            return URL_PASSWORD.sub(rf"\g<user>:{MASK}@", value)
        case _:
            return value


def _hide(value: JsonValue) -> JsonValue:
    match value:
        case {"$secret": str(), **rest} if not rest:
            return value
        case dict():
            return {key: _hide(inner) for key, inner in value.items()}
        case list():
            return [_hide_member(inner) for inner in value]
        case None | bool() | "":
            return value
        case str() if _REFERENCE.fullmatch(value):
            return value
        case _:
            return MASK


def _hide_member(value: JsonValue) -> JsonValue:
    """A member of a list of secrets keeps its name and the time of its change."""
    if not isinstance(value, dict) or "name" not in value:
        return _hide(value)
    return {key: inner if key in _PUBLIC_MEMBERS else _hide(inner) for key, inner in value.items()}
