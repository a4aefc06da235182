"""Who sends through the tenant-level provider while the tenant's flag is off, and who starts to at the switch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phonefleet.assessment.connection_switch import (
    has_undocumented_switch,
    may_use_provider_before_switch,
    switch_evidence,
    switch_text,
)
from phonefleet.assessment.snapshot_evidence import identifier_evidence
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import connection_clients_endpoint
from phonefleet.model.enums import GENERATED_ROUTES, ReasonCode, Route
from phonefleet.model.snapshot import SmsConnection, Snapshot


def provider_blockers(snapshot: Snapshot, route: Route) -> Iterator[Reason]:
    """Block overwriting a provider in use: its new credentials cannot be tested before they replace the old ones.

    A generated Action also sends fewer types of message than the provider that it replaces (Auth0 documentation,
    "Configure a Custom Phone Provider": phone identifiers verify numbers and reset passwords through it).

    While the tenant's flag is off, a phone identifier uses an enabled provider always, an SMS connection by its own
    switch.
    """
    provider = snapshot.provider
    if provider is None or provider.disabled or snapshot.on_upe:
        return
    identifiers = snapshot.enabled_identifiers
    connections = tuple(c for c in snapshot.enabled_connections if may_use_provider_before_switch(c))
    users = [f"phone identifier on {i.name}" for i in identifiers]
    users += [f"connection {c.name}" for c in connections]
    if users:
        drops = (
            ". The new Action drops all types but otp_verify and otp_enroll: users of a phone identifier who reset "
            "their password by phone get no message (change_password)"
            if identifiers and route in GENERATED_ROUTES
            else ""
        )
        yield Reason(
            code=ReasonCode.PROVIDER_IN_USE,
            message=f"the tenant-level provider {provider.name} is in use already, by {' and '.join(users)}; a "
            "migration overwrites its credentials before it can test them, and no rollback can restore them: with "
            f"wrong credentials these users get no codes{drops}. Check the credentials, then accept by name "
            "(target.approve: [provider_in_use])",
            evidence=(
                *identifier_evidence(identifiers),
                *switch_evidence(connections),
            ),
        )


def connection_warnings(snapshot: Snapshot, usage: Usage) -> Iterator[Reason]:
    """Warn about connections that cannot send now and start to at the switch."""
    sending = {use.connection.id for use in usage.passwordless}
    for connection in snapshot.enabled_connections:
        if connection.id in sending or may_use_provider_before_switch(connection):
            continue
        clients = len(connection.enabled_clients)
        endpoint = connection_clients_endpoint(connection.id)
        yield Reason(
            code=ReasonCode.CONNECTION_STARTS_SENDING,
            message=f"connection {connection.name} is enabled for {clients} client(s) and has no sender now; after "
            "the switch the tenant-level provider sends its codes, so it must deliver text, and each message "
            "costs money. If that is not wanted, disable the connection for its clients first",
            evidence=(Evidence(endpoint=endpoint, field="clients", value=str(clients)),),
        )


def switch_warnings(connections: Iterable[SmsConnection]) -> Iterator[Reason]:
    """Warn about connections whose switch has a value that is not documented; a migration overwrites it."""
    for connection in connections:
        if has_undocumented_switch(connection):
            yield Reason(
                code=ReasonCode.CONNECTION_SWITCH_UNDOCUMENTED,
                message=f"connection {connection.name} has use_phone_provider {switch_text(connection)}, which is not "
                "documented, so which provider sends its codes now is not known; the migration sets it to true, and "
                "Auth0 may refuse the old value in a rollback",
                evidence=switch_evidence((connection,)),
            )
