"""The one door to Auth0's Management API.

`door.Door` opens it for a process; `Door.tenant` gives a `management.ManagementApi` for one tenant. Below:
`transport` (rate limits, retries, time limits), `token` (one access token a tenant), `failures` (every
failure becomes one of `phonefleet.errors`), `scopes` (what each operation and each verb needs).
"""

from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi

__all__ = ["ClientPool", "ManagementApi"]
