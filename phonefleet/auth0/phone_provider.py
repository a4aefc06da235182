"""The tenant-level phone provider as a step and a health check read it."""

from __future__ import annotations

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import phone_provider
from phonefleet.model.snapshot import PhoneProvider


async def find_provider(api: ManagementApi) -> PhoneProvider | None:
    """Read the tenant's provider, the enabled one first; None if there is none."""
    providers = sorted(map(phone_provider, await api.phone_providers()), key=lambda p: p.disabled)
    return providers[0] if providers else None
