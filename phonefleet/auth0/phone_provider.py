"""The tenant-level phone provider as a step and a health check read it."""

from __future__ import annotations

from typing import Any

from phonefleet.auth0.management_api import ManagementApi


async def find_provider(api: ManagementApi) -> dict[str, Any] | None:
    """The tenant's provider without its credentials, the enabled one first."""
    found = sorted(await api.phone_providers(), key=lambda p: bool(p.get("disabled")))
    if not found:
        return None
    first = found[0]
    return {
        "id": first["id"],
        "name": first["name"],
        "disabled": bool(first.get("disabled")),
        "configuration": comparable(first.get("configuration") or {}),
    }


def comparable(configuration: dict[str, Any]) -> dict[str, Any]:
    """A configuration without what is unset, its delivery methods in one order."""
    kept = {key: value for key, value in configuration.items() if value}
    return kept | {"delivery_methods": sorted(kept.get("delivery_methods") or ())}
