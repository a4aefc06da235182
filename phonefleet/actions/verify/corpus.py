"""The messages that Actions are run on, each with the network's answers.

The kinds are fixed so that every answer is combined with text and voice, enrollment and verification, full and bare
events; the rest is random (`drawing`). The usual messages were drawn once and are stored in `messages.json`, so that
a verification is the same everywhere and needs no drawing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from phonefleet.actions.verify.sample_message import KINDS, Detail, Message, stored_messages
from phonefleet.actions.verify.secret_values import Form, form_of


@lru_cache(maxsize=16)
def corpus(events: int, number: int = 0) -> tuple[Message, ...]:
    """The first ``events`` messages of the draw with this number; cached for each pair."""
    if number == 0 and events <= len(KINDS):
        return stored_messages()[: max(events, 1)]
    # Hypothesis takes a second to import, and tracks the process's random numbers while it draws.
    from phonefleet.actions.verify.drawing import draw_messages

    return draw_messages([KINDS[i % len(KINDS)] for i in range(max(events, 1))], number)


Lookups = frozenset[tuple[str, str]]
"""Keys that a program looks up: pairs of ``user_metadata``, ``app_metadata``, ``metadata`` (the application's) or
``configuration``, and the key."""


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
    return replace(message, user=user, client=client, configuration=configuration)


def value_of(place: str, key: str, addresses: Lookups = frozenset()) -> str:
    """The text that a message has for a key that is looked up."""
    if "lang" in key.lower() or "locale" in key.lower():
        return "es"
    if (place, key) in addresses or form_of(key) is Form.ADDRESS:
        return f"https://{re.sub('[^a-z0-9]+', '-', f'{place} {key}'.lower()).strip('-')}.example"
    return f"{place} {key}"
