"""Taking secrets out of data by the names of their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

REDACTED: Final = "[redacted]"

_SECRET_KEY: Final = re.compile(
    r"(?:.*_)?(?:secrets?|token|password|passwd|api_?key|private_key|secret_(?:access_)?key|signing_key"
    r"|encryption_key|masterkey|authorization|cookie|client_assertion)"
)
_TELLING_NOTHING: Final = frozenset(("name", "updated_at"))
_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S+", re.ASCII)
_URL_PASSWORD: Final = re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@\"']*):[^\s/@\"']+@", re.IGNORECASE)


def redact(value: JsonValue) -> JsonValue:
    """A copy of nested data in which no value stands at a key that bears secrets.

    Text and numbers there become `[redacted]`, also deeper inside; lists such as an Action's secrets keep
    their members' names. Kept are booleans, nulls and empty text, which tell no secret, and references
    (`env:NAME`, `file:PATH`, `{"$secret": …}`). Passwords inside URLs are redacted wherever they stand.
    Redacting twice changes nothing.
    """
    match value:
        case dict():
            return {key: _member(key, inner, value) for key, inner in value.items()}
        case list():
            return [redact(inner) for inner in value]
        case str():
            return _URL_PASSWORD.sub(rf"\1:{REDACTED}@", value)
        case _:
            return value


def bears_secret(key: str) -> bool:
    """Whether the name of a key (`clientSecret`, `client-secret`, `a.client_secret`) is that of a secret."""
    last = key.rpartition(".")[2]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).replace("-", "_").lower()
    return bool(_SECRET_KEY.fullmatch(name))


def _member(key: str, value: JsonValue, siblings: Mapping[str, JsonValue]) -> JsonValue:
    # {"name": "Authorization", "value": …} is how lists of headers and of parameters write a member.
    name = siblings.get("name")
    named = key == "value" and isinstance(name, str) and bears_secret(name)
    return _hidden(value) if named or bears_secret(key) else redact(value)


def _hidden(value: JsonValue) -> JsonValue:
    match value:
        case dict() if _is_reference(value):
            return value
        case dict():
            return {key: _hidden(inner) for key, inner in value.items()}
        case list():
            return [_hidden_item(inner) for inner in value]
        case None | bool() | "":
            return value
        case str() if _REFERENCE.fullmatch(value):
            return value
        case _:
            return REDACTED


def _hidden_item(value: JsonValue) -> JsonValue:
    """A member of a list of secrets: what it is called and when it was changed is no secret."""
    if not isinstance(value, dict) or "name" not in value:
        return _hidden(value)
    return {key: inner if key in _TELLING_NOTHING else _hidden(inner) for key, inner in value.items()}


def _is_reference(value: Mapping[str, JsonValue]) -> bool:
    return set(value) == {"$secret"} and isinstance(value["$secret"], str)
