"""How an SMS connection sends: the only module that interprets the connection's own switch.

Each Passwordless SMS connection has a switch, `options.use_phone_provider`, which Auth0 does not document: the
dashboard's toggle saves it. Booleans have been seen, and the string `unified` (terraform-provider-auth0, issue 1549).
A connection without the key may follow the tenant's flag, which is not verified. So a migration writes `true` on every
connection in use, whatever sent its messages before, and nothing that its own sender needs is removed before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from phonefleet.model.assessment import Evidence
from phonefleet.model.endpoints import connection_endpoint
from phonefleet.model.snapshot import SmsConnection


def uses_tenant_provider(connection: SmsConnection) -> bool:
    """Whether it certainly sends through the tenant-level provider once the tenant's flag is on.

    That is so by its own switch, or where it has neither a switch nor a sender of its own.
    """
    if connection.options_hidden:
        return False
    nothing_else_sends = connection.use_phone_provider is None and not connection.configured
    return connection.use_phone_provider is True or nothing_else_sends


def may_use_provider_before_switch(connection: SmsConnection) -> bool:
    """Whether it may send through the tenant-level provider although the tenant's flag is off."""
    return connection.use_phone_provider is not None and connection.use_phone_provider is not False


def needs_own_switch(connection: SmsConnection) -> bool:
    """Whether a migration has to set the connection's switch: it is off, or the connection is in use."""
    return connection.use_phone_provider is not True and (
        connection.use_phone_provider is False or bool(connection.enabled_clients)
    )


def has_undocumented_switch(connection: SmsConnection) -> bool:
    """Whether the switch has a value other than true and false."""
    return connection.use_phone_provider is not None and not isinstance(connection.use_phone_provider, bool)


def switch_text(connection: SmsConnection) -> str:
    """Return the switch as JSON; `absent` where the connection has none, `not shown` where it cannot be read."""
    if connection.options_hidden:
        return "not shown"
    switch = connection.use_phone_provider
    return "absent" if switch is None else json.dumps(switch, ensure_ascii=False)


def switch_evidence(connections: Iterable[SmsConnection]) -> tuple[Evidence, ...]:
    """Show each connection's own switch."""
    return tuple(
        Evidence(endpoint=connection_endpoint(c.id), field="options.use_phone_provider", value=switch_text(c))
        for c in connections
    )
