"""Who sends through the tenant-level provider whatever the tenant's flag says, and who will from the switch on."""

from __future__ import annotations

from collections.abc import Iterator

from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import connection_clients_endpoint, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import SmsConnection, Snapshot


def open_connections(snapshot: Snapshot) -> tuple[SmsConnection, ...]:
    """The SMS connections with enabled clients, whether or not anything can send for them now.

    On the Unified Phone Experience the tenant-level provider sends for each of them, so it must deliver text (Auth0
    documentation, "Unified Phone Experience").
    """
    return tuple(c for c in snapshot.connections if c.enabled_clients)


def users_of_provider(snapshot: Snapshot) -> Iterator[tuple[str, Evidence]]:
    """Who sends through an enabled tenant-level provider while the tenant's flag is off, and the evidence for it.

    A phone identifier always does; an SMS connection does by its own switch.
    """
    if snapshot.provider is None or snapshot.provider.disabled or snapshot.on_upe:
        return
    for identifier in snapshot.identifiers:
        if identifier.enabled_clients:
            field = "options.attributes.phone_number"
            where = Evidence(endpoint=connection_endpoint(identifier.id), field=field, value="active")
            yield f"phone identifier on {identifier.name}", where
    for connection in open_connections(snapshot):
        if connection.use_phone_provider:
            field = "options.use_phone_provider"
            where = Evidence(endpoint=connection_endpoint(connection.id), field=field, value="true")
            yield f"connection {connection.name}", where


def provider_blockers(snapshot: Snapshot) -> Iterator[Reason]:
    """A provider in use is overwritten before its new credentials are tested, so somebody must have agreed to that."""
    users = tuple(users_of_provider(snapshot))
    if users and snapshot.provider:
        yield Reason(
            code=ReasonCode.PROVIDER_IN_USE,
            message=f"the tenant-level provider {snapshot.provider.name} is in use already, by "
            f"{' and '.join(who for who, _ in users)}; a migration overwrites its credentials before it can test them, "
            "and no rollback can restore them: if those supplied are wrong, nobody there gets a code. Make sure of "
            "them, then accept that by name (target.approve: [provider_in_use])",
            evidence=tuple(evidence for _, evidence in users),
        )


def connection_warnings(snapshot: Snapshot, found: Usage) -> Iterator[Reason]:
    """Connections that could not send and will from the switch on."""
    sending = {use.connection.id for use in found.passwordless}
    for connection in open_connections(snapshot):
        if connection.id in sending or connection.use_phone_provider:
            continue
        clients = len(connection.enabled_clients)
        yield Reason(
            code=ReasonCode.CONNECTION_STARTS_SENDING,
            message=f"connection {connection.name} is enabled for {clients} client(s) and names no way to send now; "
            "from the switch on the tenant-level provider sends its codes, so it must deliver text, and each message "
            "costs money. If that isn't wanted, disable the connection for its clients first",
            evidence=(
                Evidence(
                    endpoint=connection_clients_endpoint(connection.id), field="clients", value=str(clients)
                ),
            ),
        )
