"""The Management API of one tenant."""

from __future__ import annotations

from phonefleet.auth0.management_reads import ManagementReads
from phonefleet.auth0.management_writes import ManagementWrites


class ManagementApi(ManagementReads, ManagementWrites):
    """Reads and writes of one tenant; made by `phonefleet.auth0.client_pool.ClientPool.tenant`."""
