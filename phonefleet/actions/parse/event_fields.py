"""The two events field by field: what send-phone-message had and where custom-phone-provider keeps it.

Sources: Auth0's pages "send-phone-message Event Object" and "custom-phone-provider Event Object". The field
table of the migration page pairs ``message_type`` and ``action`` by name. By meaning they are crossed, as both
event pages show; this module follows the meaning. ``custom_domain`` was added later; both pages have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Path = tuple[str, ...]


class Shape(StrEnum):
    """What the legacy event holds at a path."""

    LEAF = "leaf"
    RECORD = "record"
    FREE = "free"
    UNKNOWN = "unknown"
    REMOVED = "removed"


MESSAGE_FIELDS: Final = ("action", "code", "language", "message_type", "recipient", "text")
REQUEST_FIELDS: Final = ("geoip", "hostname", "ip", "language", "method", "user_agent")
GEOIP_FIELDS: Final = (
    "cityName",
    "continentCode",
    "countryCode",
    "countryCode3",
    "countryName",
    "latitude",
    "longitude",
    "subdivisionCode",
    "subdivisionName",
    "timeZone",
)
CUSTOM_DOMAIN_FIELDS: Final = ("domain", "domain_metadata")
TENANT_FIELDS: Final = ("id",)
CLIENT_FIELDS: Final = ("client_id", "metadata", "name")
USER_FIELDS: Final = (
    "app_metadata",
    "created_at",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "last_password_reset",
    "multifactor",
    "name",
    "nickname",
    "phone_number",
    "phone_verified",
    "picture",
    "updated_at",
    "user_id",
    "user_metadata",
    "username",
)
REMOVED: Final[frozenset[Path]] = frozenset({("user", "identities")})

_RECORDS: Final[dict[Path, tuple[str, ...]]] = {
    (): (
        "client",
        "configuration",
        "custom_domain",
        "message_options",
        "request",
        "secrets",
        "tenant",
        "user",
    ),
    ("client",): (*CLIENT_FIELDS, "client_metadata"),
    ("custom_domain",): CUSTOM_DOMAIN_FIELDS,
    ("message_options",): MESSAGE_FIELDS,
    ("request",): REQUEST_FIELDS,
    ("request", "geoip"): GEOIP_FIELDS,
    ("tenant",): TENANT_FIELDS,
    ("user",): USER_FIELDS,
}
# Dictionaries whose keys the tenant chooses.
_FREE: Final[frozenset[Path]] = frozenset(
    {
        ("client", "client_metadata"),
        ("client", "metadata"),
        ("configuration",),
        ("custom_domain", "domain_metadata"),
        ("secrets",),
        ("user", "app_metadata"),
        ("user", "multifactor"),
        ("user", "user_metadata"),
    }
)

API_METHODS: Final = frozenset({("cache",), ("cache", "get"), ("cache", "set"), ("cache", "delete")})
"""What the legacy trigger's api offered."""


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Where the new event keeps a legacy field, and what is different there."""

    path: str
    note: str = ""

    def __str__(self) -> str:
        """For people: the place with its note."""
        return f"{self.path} ({self.note})" if self.note else self.path


_NEW_PLACES: Final[dict[Path, NewPlace]] = {
    ("message_options", "action"): NewPlace(
        "notification.message_type", "otp_enroll: enrollment, otp_verify: second-factor-authentication"
    ),
    ("message_options", "code"): NewPlace("notification.code"),
    ("message_options", "language"): NewPlace("notification.locale"),
    ("message_options", "message_type"): NewPlace("notification.delivery_method", "text: sms, voice: voice"),
    ("message_options", "recipient"): NewPlace("notification.recipient"),
    ("message_options", "text"): NewPlace("notification.as_text", "or notification.as_voice for a call"),
    ("client", "client_metadata"): NewPlace("client.metadata"),
}


def shape(path: Path) -> Shape:
    """What the legacy event holds at ``path``; ``UNKNOWN`` if its documentation names no such field."""
    if any(path[: len(removed)] == removed for removed in REMOVED):
        return Shape.REMOVED
    if any(path[: len(free)] == free for free in _FREE):
        return Shape.FREE if path in _FREE else Shape.LEAF
    if path in _RECORDS:
        return Shape.RECORD
    # A field of a record is a leaf; below a leaf are the methods of its value (``text.trim``).
    for end in range(len(path), 0, -1):
        fields = _RECORDS.get(path[: end - 1])
        if fields is not None:
            return Shape.LEAF if path[end - 1] in fields else Shape.UNKNOWN
    return Shape.UNKNOWN


def new_place(path: Path) -> NewPlace:
    """Where the new event keeps what the legacy event had at ``path``."""
    for end in range(len(path), 0, -1):
        place = _NEW_PLACES.get(path[:end])
        if place is not None:
            return NewPlace(".".join(("event", place.path, *path[end:])), place.note)
    return NewPlace(".".join(("event", *path)), "the same")
