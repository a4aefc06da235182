"""Tenant settings, among them the switch of the Unified Phone Experience."""

from __future__ import annotations

from copy import deepcopy

from simulator.bodies.settings_body import SETTINGS
from simulator.errors import invalid_body
from simulator.kinds import LegacyAccess
from simulator.operations import Call, Operation, Reply
from simulator.paging import picked

SWITCH = "phone_consolidated_experience"
_IN_MINUTES = "_in_minutes"
_MERGED = ("flags", "universal_login")


def get_settings(call: Call) -> Reply:
    """Return the settings; a tenant without the toggle has no key for it."""
    return Reply(200, picked(call, call.tenant.settings))


def patch_settings(call: Call) -> Reply:
    """Change settings: merge ``flags`` and ``universal_login``, replace others (recorded).

    Null removes a setting; the check of the body refused it where the description does.
    """
    tenant, body = call.tenant, deepcopy(call.body)
    if SWITCH in body and not tenant.hidden.has_toggle:
        raise invalid_body(f"'Additional properties not allowed: {SWITCH}'.")
    was_on = tenant.flag
    merged = {key: tenant.settings.get(key, {}) | body.pop(key) for key in _MERGED if key in body}
    lifetimes = {key: body.pop(key) for key in list(body) if key.endswith(_IN_MINUTES)}
    hours = {key.removesuffix(_IN_MINUTES): minutes / 60 for key, minutes in lifetimes.items()}
    settings = tenant.settings | body | hours | merged
    tenant.settings = {key: value for key, value in settings.items() if value is not None}
    if tenant.hidden.legacy_access_ends_on_switch and tenant.flag and not was_on:
        tenant.hidden.legacy_access = LegacyAccess.CLOSED
    return Reply(200, deepcopy(tenant.settings))


_PATH = "/tenants/settings"
OPERATIONS = (
    Operation("GET", _PATH, ("read:tenant_settings",), get_settings, "Get tenant settings"),
    Operation(
        "PATCH", _PATH, ("update:tenant_settings",), patch_settings, "Update tenant settings", SETTINGS
    ),
)
