"""Messages to run Actions on: one abstract message each, with the network's answers.

The kinds are laid down so that every answer meets text and voice, enrolment and verification, full and bare
events; chance fills in the rest (`drawing`). The usual ones were drawn once and are kept in `messages.json`, so that
a proof is the same everywhere and costs no drawing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from phonefleet.actions.prover.secret_values import Form, form_of


class Method(StrEnum):
    """How the message is delivered, in the new event's words."""

    TEXT = "text"
    VOICE = "voice"


class Purpose(StrEnum):
    """Why the message is sent, in the new event's words."""

    ENROLL = "otp_enroll"
    VERIFY = "otp_verify"


class Detail(StrEnum):
    """How much of what is optional an event carries."""

    FULL = "full"
    SOME = "some"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event must be, before chance fills in the rest."""

    method: Method
    purpose: Purpose
    detail: Detail
    answers: str


_T, _V, _E, _F = Method.TEXT, Method.VOICE, Purpose.ENROLL, Purpose.VERIFY
_FULL, _SOME, _BARE = Detail.FULL, Detail.SOME, Detail.BARE
KINDS: tuple[Kind, ...] = (
    Kind(_T, _F, _FULL, "ok"),
    Kind(_V, _F, _FULL, "ok"),
    Kind(_T, _E, _BARE, "ok"),
    Kind(_T, _F, _FULL, "500"),
    Kind(_T, _F, _SOME, "400"),
    Kind(_V, _E, _SOME, "network error (reset)"),
    Kind(_T, _E, _FULL, "never"),
    Kind(_T, _F, _BARE, "429"),
    Kind(_V, _F, _BARE, "ok (empty)"),
    Kind(_T, _E, _SOME, "ok (text)"),
    Kind(_V, _E, _FULL, "ok (201)"),
    Kind(_V, _F, _FULL, "400"),
    Kind(_T, _E, _FULL, "network error (refused)"),
    Kind(_T, _F, _SOME, "ok, then 200 that tells of a failure"),
    Kind(_V, _E, _SOME, "200 that tells of a failure"),
    Kind(_T, _F, _FULL, "ok, then 500"),
    Kind(_V, _F, _SOME, "never"),
    Kind(_T, _E, _FULL, "429, then ok"),
    Kind(_V, _F, _FULL, "429"),
    Kind(_T, _F, _FULL, "ok, then never"),
    Kind(_V, _E, _FULL, "network error, then ok"),
    Kind(_T, _E, _BARE, "ok, then 400"),
    Kind(_T, _F, _FULL, "ok, then 429"),
    Kind(_T, _F, _SOME, "500, then ok"),
    Kind(_V, _E, _SOME, "500"),
    Kind(_T, _F, _FULL, "401, then ok"),
)
"""The first kinds are the simplest and matter most; a corpus of n events takes the first n."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One abstract message; ``None`` means that the events do not carry the field.

    ``connection`` is set only where the new event must show a certain one.
    """

    kind: Kind
    recipient: str
    code: str
    text: str
    voice: str
    locale: str
    language: str | None
    tenant: str
    client: Mapping[str, Any] | None
    request: Mapping[str, Any]
    user: Mapping[str, Any]
    configuration: Mapping[str, Any]
    identities: tuple[Mapping[str, Any], ...] | None
    keeps_http_method: bool
    start_ms: int
    seed: int
    connection: Mapping[str, Any] | None = None


MESSAGES = TypeAdapter(tuple[Message, ...])
KEPT = Path(__file__).with_name("messages.json")
"""The messages of all kinds, drawn with the number 0; `python -m phonefleet.actions.prover.drawing` makes it anew."""


@lru_cache(maxsize=16)
def corpus(events: int, number: int = 0) -> tuple[Message, ...]:
    """The first ``events`` messages of the draw with this number; made once for each pair in a process."""
    if number == 0 and events <= len(KINDS):
        return _kept()[: max(events, 1)]
    # Hypothesis takes a second to import, and watches the process's random numbers while it draws.
    from phonefleet.actions.prover.drawing import draw_messages

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
    return replace(message, user=user, client=client, configuration=added("configuration"))


def likely(place: str, key: str, addresses: Wanted = frozenset()) -> str:
    """The text that a message has under a key that is looked for."""
    if "lang" in key.lower() or "locale" in key.lower():
        return "es"
    if (place, key) in addresses or form_of(key) is Form.ADDRESS:
        return f"https://{re.sub('[^a-z0-9]+', '-', f'{place} {key}'.lower()).strip('-')}.example"
    return f"{place} {key}"
