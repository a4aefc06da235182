"""Read a connection that its owner may have deleted since a plan was made."""

from __future__ import annotations

from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused

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
