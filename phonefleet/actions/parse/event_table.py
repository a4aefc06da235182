"""Every field of the events of ``send-phone-message`` and ``custom-phone-provider``, in one table.

The adapter, the rewrite, the sample events, the flags, the static reading and the page of event fields use it.
``tests/actions/test_event_table.py`` compares it with the facts taken from Auth0's documentation.

Sources: the event references of both triggers (docs-v2) and the field tables of the page "Use Auth0's Unified Phone
Experience for Multi-Factor Authentication". That page pairs ``message_type`` and ``action`` by name; by meaning they
are crossed, as both references show, and this table follows the meaning. The references describe version 2 of the
legacy trigger. Version 1 is documented by the migration page alone, whose message fields are flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Path = tuple[str, ...]


class TriggerVersion(StrEnum):
    """The version of the trigger ``send-phone-message`` for which an Action was written."""

    V1 = "v1"
    V2 = "v2"


class Holds(StrEnum):
    """What a field holds: one value, a record of known fields, or a dictionary whose keys the tenant chooses."""

    VALUE = "value"
    RECORD = "record"
    DICTIONARY = "dictionary"


class Source(StrEnum):
    """Where a field is documented."""

    REFERENCES = "event references"
    MIGRATION_PAGE = "migration page"
    NOT_DOCUMENTED = "not documented"


@dataclass(frozen=True, slots=True)
class EventField:
    """One field and its place in each event; paths are dotted, and empty where the event has no such field.

    Attributes:
        legacy: the place in version 2 of the legacy event.
        new: the place in the new event.
        v1: the place in version 1 of the legacy event; ``None`` for the same as in version 2.
        optional: whether the legacy event may lack the field; the new event then lacks it for the same message.
        optional_new: whether the new event may lack it though the legacy event had it.
        disputed: the versions in which Auth0's sources disagree on whether the legacy event has the field.
        note: how the values differ, for people.
    """

    legacy: str
    new: str
    holds: Holds = Holds.VALUE
    v1: str | None = None
    optional: bool = False
    optional_new: bool = False
    disputed: frozenset[TriggerVersion] = frozenset()
    note: str = ""
    source: Source = Source.REFERENCES

    def place(self, version: TriggerVersion) -> str:
        """The place in the legacy event of that version."""
        return self.v1 if version is TriggerVersion.V1 and self.v1 is not None else self.legacy

    @property
    def lost(self) -> bool:
        """Whether the new event has nothing in its place."""
        return bool(self.legacy) and not self.new


_RECORD, _DICTIONARY = Holds.RECORD, Holds.DICTIONARY
_V1, _V2 = frozenset({TriggerVersion.V1}), frozenset({TriggerVersion.V2})
_PAGE: Final = Source.MIGRATION_PAGE


def _same(path: str, *, optional: bool = False, v1: str | None = None) -> EventField:
    return EventField(path, path, optional=optional, v1=v1)


def _only_new(path: str, *, source: Source = Source.REFERENCES) -> EventField:
    return EventField("", path, source=source)


EVENT_FIELDS: Final[tuple[EventField, ...]] = (
    EventField("client", "client", _RECORD, optional=True),
    _same("client.client_id"),
    EventField("client.metadata", "client.metadata", _DICTIONARY, disputed=_V1),
    EventField("client.client_metadata", "client.metadata", _DICTIONARY, disputed=_V2, source=_PAGE),
    _same("client.name"),
    EventField("custom_domain", "custom_domain", _RECORD, optional=True, disputed=_V1),
    _same("custom_domain.domain"),
    EventField("custom_domain.domain_metadata", "custom_domain.domain_metadata", _DICTIONARY),
    EventField("message_options", "notification", _RECORD, v1=""),
    EventField(
        "message_options.action",
        "notification.message_type",
        v1="action",
        note="otp_enroll: enrollment, otp_verify: second-factor-authentication",
    ),
    EventField("message_options.code", "notification.code", v1="code"),
    EventField(
        "message_options.language",
        "notification.locale",
        v1="language",
        optional=True,
        disputed=_V2,
        source=_PAGE,
    ),
    EventField(
        "message_options.message_type",
        "notification.delivery_method",
        v1="message_type",
        note="text: sms, voice: voice",
    ),
    EventField("message_options.recipient", "notification.recipient", v1="recipient"),
    EventField(
        "message_options.text", "notification.as_text", v1="text", note="or notification.as_voice for a call"
    ),
    EventField("request", "request", _RECORD),
    EventField("request.geoip", "request.geoip", _RECORD),
    *(
        _same(f"request.geoip.{name}", optional=True)
        for name in (
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
    ),
    _same("request.hostname", optional=True),
    _same("request.ip"),
    _same("request.language", optional=True),
    EventField(
        "request.method", "request.method", optional_new=True, note="optional by the migration page alone"
    ),
    _same("request.user_agent", optional=True),
    EventField("secrets", "secrets", _DICTIONARY),
    EventField("configuration", "configuration", _DICTIONARY, source=Source.NOT_DOCUMENTED),
    EventField("security_context", "", _RECORD, optional=True, disputed=_V1),
    EventField("security_context.ja3", "", optional=True),
    EventField("security_context.ja4", "", optional=True),
    EventField("tenant", "tenant", _RECORD),
    _same("tenant.id"),
    EventField("transaction", "transaction", _RECORD, optional=True, disputed=_V1),
    _same("transaction.correlation_id", optional=True),
    EventField("user", "user", _RECORD),
    EventField("user.app_metadata", "user.app_metadata", _DICTIONARY),
    _same("user.created_at"),
    _same("user.email", optional=True),
    _same("user.email_verified"),
    _same("user.family_name", optional=True),
    _same("user.given_name", optional=True),
    EventField(
        "user.identities",
        "",
        optional=True,
        note="removed by the migration page; both references name it, so it counts as removed",
    ),
    EventField("user.last_password_reset", "user.last_password_reset", optional=True, disputed=_V1),
    EventField("user.multifactor", "user.multifactor", _DICTIONARY, optional=True, source=_PAGE),
    _same("user.name", optional=True),
    _same("user.nickname", optional=True),
    _same("user.phone_number", optional=True),
    _same("user.phone_verified", optional=True),
    _same("user.picture", optional=True),
    _same("user.updated_at"),
    _same("user.user_id"),
    EventField("user.user_metadata", "user.user_metadata", _DICTIONARY),
    _same("user.username", optional=True),
    *(
        _only_new(path)
        for path in (
            "connection",
            "connection.id",
            "connection.metadata",
            "connection.name",
            "connection.strategy",
            "notification.as_voice",
            "notification.from",
            "organization",
            "organization.display_name",
            "organization.id",
            "organization.metadata",
            "organization.name",
            "tenant.friendly_name",
            "tenant.home_url",
            "tenant.logo_url",
            "tenant.support_email",
            "tenant.support_url",
        )
    ),
    _only_new("user.login_count", source=_PAGE),
)
"""All fields, those of the legacy event first."""


def split(path: str) -> Path:
    """A dotted place as the names on the way to it."""
    return tuple(path.split(".")) if path else ()


def trigger_version_of(text: str) -> TriggerVersion | None:
    """The version that Auth0 gives as ``text``; version 2 if it gives none, ``None`` for one that is not known."""
    if not text:
        return TriggerVersion.V2
    return next((version for version in TriggerVersion if version == text), None)


OPTIONAL_FIELDS: Final = tuple(row.legacy for row in EVENT_FIELDS if row.optional)
"""The fields that the legacy event may lack, by their place in its version 2."""

LOST_FIELDS: Final = frozenset(row.legacy for row in EVENT_FIELDS if row.lost)
"""The fields of the legacy event that have no counterpart."""
