"""Messages with the keys that a program looks up in metadata and configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from phonefleet.actions.verify.sample_message import Detail, Message
from phonefleet.actions.verify.secret_values import Form, form_of

Lookups = frozenset[tuple[str, str]]
"""Keys that a program looks up: pairs of ``user_metadata``, ``app_metadata``, ``metadata`` (the application's),
``domain_metadata`` or ``configuration``, and the key."""


@lru_cache(maxsize=64)
def enriched(
    messages: tuple[Message, ...], lookups: Lookups, addresses: Lookups = frozenset()
) -> tuple[Message, ...]:
    """The messages with those keys: a text in two full messages, true in the next, nothing in less detailed ones.

    The texts of ``addresses``, and of keys whose names suggest it, are addresses.
    """
    result, full = [], 0
    for message in messages:
        if message.kind.detail is Detail.FULL:
            full += 1
            values = {
                (place, key): value_of(place, key, addresses) if full % 3 != 0 else True
                for place, key in sorted(lookups)
            }
            message = _enrich(message, values)
        result.append(message)
    return tuple(result)


def _enrich(message: Message, values: Mapping[tuple[str, str], str | bool]) -> Message:
    def added(place: str) -> dict[str, Any]:
        return {key: value for (where, key), value in values.items() if where == place}

    metadata = ("user_metadata", "app_metadata")
    user = {**message.user, **{place: {**message.user[place], **added(place)} for place in metadata}}
    client = message.client and {
        **message.client,
        "metadata": {**message.client["metadata"], **added("metadata")},
    }
    configuration = {**message.configuration, **added("configuration")}
    domain = {**message.domain_metadata, **added("domain_metadata")}
    return replace(message, user=user, client=client, configuration=configuration, domain_metadata=domain)


def value_of(place: str, key: str, addresses: Lookups = frozenset()) -> str:
    """The text that a message has for a key that is looked up."""
    if "lang" in key.lower() or "locale" in key.lower():
        return "es"
    if (place, key) in addresses or form_of(key) is Form.ADDRESS:
        return f"https://{re.sub('[^a-z0-9]+', '-', f'{place} {key}'.lower()).strip('-')}.example"
    return f"{place} {key}"
