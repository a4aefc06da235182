"""Messages changed in one field, to values that a program's own text mentions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.verify.sample_message import Message

FIELDS: Final[Mapping[str, str]] = {
    "client.name": "name",
    "client.client_id": "client_id",
    "request.geoip.countryCode": "countryCode",
    "request.language": "language",
    "message_options.language": "language",
    "tenant.id": "tenant",
    "user.app_metadata.*": "app_metadata",
    "user.user_metadata.*": "user_metadata",
    "client.client_metadata.*": "metadata",
    "configuration.*": "configuration",
}
"""Fields that programs compare with words of their own, and the token in code that reads them."""
UNLIKE_WORDS: Final = {
    "client.client_metadata": "client.client_metadata.*",
    "client.metadata": "client.client_metadata.*",
    "message_options.language": "message_options.language",
    "request.method": "request.method",
}
"""Fields that hold words and that the translation may not get alike, and how their words are varied."""
_MOST_WORDS = 24


@lru_cache(maxsize=64)
def words_in(code: str) -> tuple[str, ...]:
    """Short literals and keys of object literals, in their order: the values that a program may compare with."""
    program = parse(code)
    words: dict[str, None] = {}
    for node in program.nodes:
        if node.kind == "string_fragment" or (
            node.kind == "property_identifier" and node.parent is not None and node.parent.kind == "pair"
        ):
            word = program.text(node)
            if re.fullmatch(r"[\w+., -]{1,24}", word) and not re.fullmatch(r"[\W_]+", word):
                words[word] = None
    return tuple(words)[:_MOST_WORDS]


@lru_cache(maxsize=64)
def numbers_in(code: str) -> tuple[str, ...]:
    """Beginnings of phone numbers in a program's literals and regular expressions, with the plus."""
    program = parse(code)
    starts: dict[str, None] = {}
    for node in program.nodes:
        text = program.text(node) if node.kind in ("string_fragment", "regex_pattern") else ""
        for part in text.split("|") if node.kind == "regex_pattern" else text.split(","):
            digits = re.fullmatch(r"\W*(\d{1,6})(?:\D.*)?", part.strip())
            if digits:
                starts["+" + digits[1]] = None
    return tuple(starts)[:_MOST_WORDS]


@lru_cache(maxsize=64)
def varied(messages: tuple[Message, ...], field: str, value: str) -> tuple[Message, ...]:
    """The messages with ``field`` set to ``value`` in two of three; the others stay as they are."""
    return tuple(m if i % 3 == 2 else _with(m, field, value) for i, m in enumerate(messages))


def _with(message: Message, field: str, value: str) -> Message:
    match field.split("."):
        case ["recipient"]:
            return replace(message, recipient=value + message.recipient[-(12 - len(value)) :])
        case ["client", "client_metadata", _]:
            return replace(message, client=_all_set(message.client, "metadata", value))
        case ["client", name]:
            return replace(message, client=message.client and {**message.client, name: value})
        case ["request", "geoip", name]:
            return replace(
                message, request={**message.request, "geoip": {**message.request["geoip"], name: value}}
            )
        case ["request", "method"]:
            return replace(message, http_method=value)
        case ["request", _]:
            return replace(message, language=value)
        case ["message_options", _] | ["notification", "locale"]:
            return replace(message, locale=value)
        case ["tenant", _]:
            return replace(message, tenant=value)
        case ["user", place, _]:
            return replace(message, user=_all_set(message.user, place, value) or message.user)
        case _:
            return replace(message, configuration=dict.fromkeys(message.configuration, value))


def _all_set(holder: Mapping[str, Any] | None, place: str, value: str) -> dict[str, Any] | None:
    """The holder with every key of the dictionary at ``place`` set to ``value``."""
    if holder is None or place not in holder:
        return dict(holder) if holder is not None else None
    return {**holder, place: dict.fromkeys(holder[place], value)}
