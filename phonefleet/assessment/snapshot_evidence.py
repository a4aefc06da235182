"""The evidence that several reasons share, as read from a snapshot."""

from __future__ import annotations

from collections.abc import Iterable

from phonefleet.model.assessment import Evidence
from phonefleet.model.endpoints import (
    FACTORS,
    MESSAGE_TYPES,
    SELECTED_PROVIDER,
    SETTINGS,
    UPE_FLAG,
    connection_endpoint,
)
from phonefleet.model.snapshot import PhoneIdentifier, SmsConnection, Snapshot


def flag_evidence(snapshot: Snapshot) -> Evidence:
    """Show the tenant's flag."""
    value = "absent" if snapshot.flag is None else str(snapshot.flag).lower()
    return Evidence(endpoint=SETTINGS, field=UPE_FLAG, value=value)


def legacy_endpoint_evidence(snapshot: Snapshot) -> Evidence:
    """Show how a legacy endpoint answers."""
    refusal = snapshot.legacy_refusal or next(iter(snapshot.lacks(SELECTED_PROVIDER)), None)
    value = f"{refusal.status} {refusal.error_code}".strip() if refusal else "200"
    return Evidence(endpoint=refusal.endpoint if refusal else SELECTED_PROVIDER, field="status", value=value)


def factor_evidence(snapshot: Snapshot) -> Evidence:
    """Show whether factor `sms` is enabled."""
    return Evidence(endpoint=FACTORS, field="sms.enabled", value=str(snapshot.factor_enabled).lower())


def message_types_evidence(snapshot: Snapshot) -> Evidence:
    """Show the MFA phone message types."""
    return Evidence(
        endpoint=MESSAGE_TYPES, field="message_types", value=", ".join(snapshot.message_types) or "none"
    )


def identifier_evidence(identifiers: Iterable[PhoneIdentifier]) -> tuple[Evidence, ...]:
    """Show that a phone number identifies users of each connection."""
    field = "options.attributes.phone_number"
    return tuple(
        Evidence(endpoint=connection_endpoint(i.id), field=field, value="active") for i in identifiers
    )


def hidden_options_evidence(connections: Iterable[SmsConnection]) -> tuple[Evidence, ...]:
    """Show that a connection was answered without its options."""
    return tuple(
        Evidence(endpoint=connection_endpoint(c.id), field="options", value="absent") for c in connections
    )
