"""Tenant settings, among them the switch of the Unified Phone Experience."""

from __future__ import annotations

from copy import deepcopy

from simulator.errors import invalid_body
from simulator.kinds import Door
from simulator.operations import Call, Operation, Reply
from simulator.paging import picked
from simulator.settings_body import SETTINGS

SWITCH = "phone_consolidated_experience"
_IN_MINUTES = "_in_minutes"


def get_settings(call: Call) -> Reply:
    """The settings; a tenant without the toggle has no key for it."""
    return Reply(200, picked(call, call.tenant.settings))


def patch_settings(call: Call) -> Reply:
    """Changes settings: ``flags`` key by key, everything else whole."""
    tenant, body = call.tenant, deepcopy(call.body)
    if SWITCH in body and not tenant.hidden.has_toggle:
        raise invalid_body(f"'Additional properties not allowed: {SWITCH}'.")
    was_on = tenant.flag
    flags = tenant.settings["flags"] | body.pop("flags", {})
    lifetimes = {key: body.pop(key) for key in list(body) if key.endswith(_IN_MINUTES)}
    hours = {key.removesuffix(_IN_MINUTES): minutes / 60 for key, minutes in lifetimes.items()}
    tenant.settings |= body | hours | {"flags": flags}
    if tenant.hidden.legacy_door_closes_on_switch and tenant.flag and not was_on:
        tenant.hidden.legacy_door = Door.CLOSED
    return Reply(200, deepcopy(tenant.settings))


_PATH = "/tenants/settings"
OPERATIONS = (
    Operation("GET", _PATH, ("read:tenant_settings",), get_settings, "Get tenant settings"),
    Operation(
        "PATCH", _PATH, ("update:tenant_settings",), patch_settings, "Update tenant settings", SETTINGS
    ),
)
