"""The new event's expression for each field of the legacy message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.event_fields import NEW_FIELDS, LegacyEvent, Shape
from phonefleet.actions.parse.event_table import Path

RENAMED: Final = {"recipient": "recipient", "code": "code", "language": "locale"}
"""The message's fields that have the same value under a new name."""
COMPARED: Final[dict[str, tuple[str, dict[str | None, str]]]] = {
    "message_type": ("delivery_method", {"sms": "text", "voice": "voice"}),
    "action": ("message_type", {"enrollment": "otp_enroll", "second-factor-authentication": "otp_verify"}),
}
"""A comparison with one of these values is made on the new field itself."""


def computed(name: str, notification: str, link: str = ".") -> str:
    """The legacy value of a message's field that has no field of its own, from ``notification``."""
    n = f"{notification}{link}"
    match name:
        case "text":
            return f"{n}delivery_method === 'voice' ? {n}as_voice : {n}as_text"
        case "message_type":
            return f"{n}delivery_method === 'voice' ? 'voice' : 'sms'"
        case _:
            return f"{n}message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication'"


class FieldChange:
    """What becomes of an access; one of the classes below."""


@dataclass(frozen=True, slots=True)
class Rename(FieldChange):
    """The last name of the path changes."""

    name: str


@dataclass(frozen=True, slots=True)
class Compute(FieldChange):
    """The value of the message's field ``field`` is computed."""

    field: str


@dataclass(frozen=True, slots=True)
class Nothing(FieldChange):
    """The legacy event never had it, and the new one may: it stays undefined."""


def change_of(event: LegacyEvent, path: Path) -> FieldChange | None:
    """What must be changed where the legacy event is read at ``path``; ``None`` for nothing."""
    prefix = "notification." if not event.message else ""
    name = event.message_field(path)
    if name is not None:
        if name not in RENAMED:
            return Compute(name)
        renamed = prefix + RENAMED[name]
        return Rename(renamed) if renamed != name else None
    if path and path == event.message:
        return Rename("notification")
    if path == ("client", "client_metadata"):
        return Rename("metadata")
    if event.shape(path) is Shape.UNKNOWN:
        below = event.message and path[: len(event.message)] == event.message
        new = ("notification", *path[len(event.message) :]) if below else path
        return Nothing() if new in NEW_FIELDS else None
    return None
