"""The tenant-level phone provider as a step and a health check read it."""

from __future__ import annotations

from phonefleet.auth0.answer_parser import parse_provider
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.snapshot import PhoneProvider


async def find_provider(api: ManagementApi) -> PhoneProvider | None:
    """Return the tenant's provider; an enabled one before a disabled one, None if there is none."""
    providers = sorted(map(parse_provider, await api.phone_providers()), key=lambda p: p.disabled)
    return providers[0] if providers else None
