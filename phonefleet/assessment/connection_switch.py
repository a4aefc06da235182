"""How an SMS connection sends: the only module that interprets the connection's own switch.

Each Passwordless SMS connection has a switch, `options.use_phone_provider`, which Auth0 does not document: the
dashboard's toggle saves it on connections that had a custom SMS gateway. A connection without the key follows the
tenant's flag. Where a gateway is configured this is not certain enough: such connections are known to be given the
key. So the key is written before the connection counts as switched, which is correct either way, and nothing that
its gateway needs is removed before.
"""

from __future__ import annotations

from phonefleet.model.snapshot import SmsConnection


def uses_tenant_provider(connection: SmsConnection) -> bool:
    """Whether it certainly sends through the tenant-level provider once the tenant's flag is on."""
    follows_flag = connection.use_phone_provider is None and connection.gateway is None
    return connection.use_phone_provider is True or follows_flag


def needs_own_switch(connection: SmsConnection) -> bool:
    """Whether a migration has to set the connection's switch: it is off, or missing where a gateway is in use."""
    return not uses_tenant_provider(connection) and (
        connection.use_phone_provider is False or bool(connection.enabled_clients)
    )
