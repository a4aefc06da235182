"""Read the tenant-level phone provider as steps and the health check need it."""

from __future__ import annotations

from typing import Any

from phonefleet.auth0.management_api import ManagementApi


async def find_provider(api: ManagementApi) -> dict[str, Any] | None:
    """Return the tenant's provider without its credentials; an enabled one before a disabled one."""
    providers = sorted(await api.phone_providers(), key=lambda p: bool(p.get("disabled")))
    if not providers:
        return None
    first = providers[0]
    return {
        "id": first["id"],
        "name": first["name"],
        "disabled": bool(first.get("disabled")),
        "configuration": comparable(first.get("configuration") or {}),
    }


def comparable(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without unset values, its delivery methods sorted."""
    kept = {key: value for key, value in configuration.items() if value}
    return kept | {"delivery_methods": sorted(kept.get("delivery_methods") or ())}
