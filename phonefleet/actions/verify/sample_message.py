"""The messages that Actions are run on, and the kinds that every verification covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter


class Method(StrEnum):
    """How the message is delivered, in the new event's terms."""

    TEXT = "text"
    VOICE = "voice"


class Purpose(StrEnum):
    """Why the message is sent, in the new event's terms."""

    ENROLL = "otp_enroll"
    VERIFY = "otp_verify"


class Detail(StrEnum):
    """How many of the optional fields an event has."""

    FULL = "full"
    SOME = "some"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Kind:
    """The fixed properties of an event; the rest is random."""

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
    Kind(_T, _F, _SOME, "ok, then 200 with an error body"),
    Kind(_V, _E, _SOME, "200 with an error body"),
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
    """One abstract message; ``None`` means that the events do not have the field.

    ``connection`` is set only where the new event must have a certain one; ``absent`` are the optional fields
    (by their place in version 2 of the legacy event) that both events lack.
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
    http_method: str = "POST"
    domain_metadata: Mapping[str, Any] = field(default_factory=lambda: {"tier": "gold"})
    absent: Annotated[frozenset[str], PlainSerializer(sorted)] = frozenset()


MESSAGES = TypeAdapter(tuple[Message, ...])
LEGACY_METHOD = {Method.TEXT: "sms", Method.VOICE: "voice"}
LEGACY_ACTION = {Purpose.ENROLL: "enrollment", Purpose.VERIFY: "second-factor-authentication"}
"""The values of the legacy event."""
KEPT = Path(__file__).with_name("messages.json")
"""The messages of all kinds, drawn with the number 0; `python -m phonefleet.actions.verify.drawing` writes the file."""


@lru_cache(maxsize=1)
def stored_messages() -> tuple[Message, ...]:
    """The stored messages; always the same objects, because messages are compared by identity."""
    return MESSAGES.validate_json(KEPT.read_bytes())
