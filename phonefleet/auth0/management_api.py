"""The Management API of one tenant."""

from __future__ import annotations

from phonefleet.auth0.management_reads import Reads
from phonefleet.auth0.management_writes import Writes


class ManagementApi(Reads, Writes):
    """Reads and writes of one tenant; `door.Door.tenant` makes it.

    Attributes:
        domain: the tenant's canonical domain.
        client_id: the application phonefleet acts as.
    """
