"""Which way an SMS connection sends: the one place that reads its own switch.

Each Passwordless SMS connection has a switch of its own, `options.use_phone_provider`, which Auth0 doesn't document:
the dashboard's toggle saves it on connections that had a custom SMS gateway. A connection without the key follows the
tenant's flag. Where a gateway is configured that is not certain enough to build on: such connections are known to be
given the key. So the key is written there before the connection counts as switched, which is right either way, and
nothing that its gateway needs is removed before.
"""

from __future__ import annotations

from phonefleet.model.snapshot import SmsConnection


def follows_flag(connection: SmsConnection) -> bool:
    """Whether the connection certainly goes where the tenant's flag says."""
    return connection.use_phone_provider is None and connection.gateway is None


def uses_tenant_provider(connection: SmsConnection) -> bool:
    """Whether it certainly sends through the tenant-level provider once the tenant's flag is on."""
    return connection.use_phone_provider is True or follows_flag(connection)


def needs_own_switch(connection: SmsConnection) -> bool:
    """Whether a migration has to set the connection's switch: it is off, or missing where a gateway is in use."""
    return not uses_tenant_provider(connection) and (
        connection.use_phone_provider is False or bool(connection.enabled_clients)
    )
