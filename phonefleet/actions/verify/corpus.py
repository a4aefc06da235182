"""Messages to run Actions on: one abstract message each, with the network's answers.

The kinds are laid down so that every answer meets text and voice, enrolment and verification, full and bare
events; chance fills in the rest (`drawing`). The usual ones were drawn once and are kept in `messages.json`, so that
a verification is the same everywhere and costs no drawing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from phonefleet.actions.verify.sample_message import KEPT, KINDS, MESSAGES, Detail, Message
from phonefleet.actions.verify.secret_values import Form, form_of


@lru_cache(maxsize=16)
def corpus(events: int, number: int = 0) -> tuple[Message, ...]:
    """The first ``events`` messages of the draw with this number; made once for each pair in a process."""
    if number == 0 and events <= len(KINDS):
        return _kept()[: max(events, 1)]
    # Hypothesis takes a second to import, and watches the process's random numbers while it draws.
    from phonefleet.actions.verify.drawing import draw_messages

    return draw_messages([KINDS[i % len(KINDS)] for i in range(max(events, 1))], number)


@lru_cache(maxsize=1)
def _kept() -> tuple[Message, ...]:
    return MESSAGES.validate_json(KEPT.read_bytes())


Wanted = frozenset[tuple[str, str]]
"""Keys that a program looks for: pairs of ``user_metadata``, ``app_metadata``, ``metadata`` (the application's) or
``configuration``, and the key."""


@lru_cache(maxsize=64)
def enriched(
    messages: tuple[Message, ...], wanted: Wanted, addresses: Wanted = frozenset()
) -> tuple[Message, ...]:
    """The messages with those keys: a text in two full messages, true in the next, nothing where less is carried.

    The texts of ``addresses``, and of keys whose names say so, are addresses.
    """
    made, full = [], 0
    for message in messages:
        if message.kind.detail is Detail.FULL:
            full += 1
            message = _enrich(message, wanted, addresses, as_text=full % 3 != 0)
        made.append(message)
    return tuple(made)


def _enrich(message: Message, wanted: Wanted, addresses: Wanted, *, as_text: bool) -> Message:
    def added(place: str) -> dict[str, Any]:
        return {
            key: likely(place, key, addresses) if as_text else True
            for where, key in sorted(wanted)
            if where == place
        }

    user = {
        **message.user,
        "user_metadata": {**message.user["user_metadata"], **added("user_metadata")},
        "app_metadata": {**message.user["app_metadata"], **added("app_metadata")},
    }
    client = message.client and {
        **message.client,
        "metadata": {**message.client["metadata"], **added("metadata")},
    }
    return replace(
        message, user=user, client=client, configuration={**message.configuration, **added("configuration")}
    )


def likely(place: str, key: str, addresses: Wanted = frozenset()) -> str:
    """The text that a message has under a key that is looked for."""
    if "lang" in key.lower() or "locale" in key.lower():
        return "es"
    if (place, key) in addresses or form_of(key) is Form.ADDRESS:
        return f"https://{re.sub('[^a-z0-9]+', '-', f'{place} {key}'.lower()).strip('-')}.example"
    return f"{place} {key}"
