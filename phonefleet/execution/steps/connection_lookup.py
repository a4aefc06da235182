"""Read a connection that its owner may have deleted since a plan was made, and whose options may not be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused
from phonefleet.model.step_payloads import ConnectionFlag

_NOT_FOUND = 404


async def find_connection(api: ManagementApi, connection_id: str) -> dict[str, Any] | None:
    """Read a connection; None if there is none with this id.

    Raises:
        TenantError: Auth0 refused for another reason, or could not be reached.
    """
    try:
        return await api.connection(connection_id)
    except ApiRefused as refused:
        if refused.status != _NOT_FOUND:
            raise
        return None


async def find_options(api: ManagementApi, connection_id: str, purpose: str) -> dict[str, Any] | None:
    """Read a connection's options; None if there is no such connection.

    Raises:
        OptionsNotShown: Auth0 leaves them out for want of a scope: they are not empty, and nothing may be written.
        TenantError: Auth0 refused, or could not be reached.
    """
    connection = await find_connection(api, connection_id)
    return None if connection is None else require_options(api.domain, connection, purpose)


def flag_of(options: Mapping[str, Any]) -> ConnectionFlag:
    """Return the switch that these options have."""
    return ConnectionFlag(use_phone_provider=options.get("use_phone_provider"))
