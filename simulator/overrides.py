"""Changes to a tenant outside Auth0's API: on its creation, or during a run."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from typing import Any

from simulator.errors import BadControlRequestError
from simulator.kinds import LegacyAccess
from simulator.ratelimit import Limiter, Tier
from simulator.state import Guardian, Hidden, Json, Tenant, TwilioAccount


def deep_merge(base: Any, changes: Any) -> Any:
    """Merge mappings key by key and replace everything else."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return deepcopy(changes)
    merged = dict(base)
    for key, value in changes.items():
        merged[key] = deep_merge(base.get(key), value)
    return merged


def _set_fields(target: Guardian | Hidden, changes: Json, where: str) -> None:
    known = {item.name for item in fields(target)}
    for key, value in changes.items():
        if key not in known:
            raise BadControlRequestError(f"{where}.{key}: unknown key; one of {', '.join(sorted(known))}")
        setattr(target, key, deep_merge(getattr(target, key), value))


def _hidden(tenant: Tenant, changes: Json) -> None:
    plain = dict(changes)
    accounts = plain.pop("twilio_accounts", {})
    if "legacy_access" in plain:
        value = plain["legacy_access"]
        if value not in list(LegacyAccess):
            raise BadControlRequestError(f"legacy_access: {value!r} is not one of {', '.join(LegacyAccess)}")
        plain["legacy_access"] = LegacyAccess(value)
    _set_fields(tenant.hidden, plain, "hidden")
    for sid, account in accounts.items():
        tenant.hidden.twilio_accounts[sid] = TwilioAccount(sid=sid, **account)


def _settings(tenant: Tenant, changes: Json) -> None:
    tenant.settings = deep_merge(tenant.settings, changes)


def _connections(tenant: Tenant, changes: Json) -> None:
    for name, change in changes.items():
        match = next((item for item in tenant.connections.values() if item["name"] == name), None)
        if match is None:
            raise BadControlRequestError(f"connections.{name}: {tenant.domain} has no such connection")
        tenant.connections[match["id"]] = deep_merge(match, change)


def _provider(tenant: Tenant, changes: Json) -> None:
    provider = tenant.provider()
    if provider is None:
        raise BadControlRequestError(f"provider: {tenant.domain} has no tenant-level provider")
    tenant.providers[provider["id"]] = deep_merge(provider, changes)


def _tier(tenant: Tenant, value: Any) -> None:
    try:
        tenant.tier = Tier(value)
    except ValueError as error:
        raise BadControlRequestError(f"tier: {value!r} is not one of {', '.join(Tier)}") from error
    tenant.limiter = Limiter(tenant.tier)


def _scopes(tenant: Tenant, value: Any) -> None:
    for grant in tenant.grants.values():
        if grant.get("client_id") == tenant.management_client_id:
            grant.pop("scope", None)
            grant.pop("allow_all_scopes", None)
            grant |= {"allow_all_scopes": True} if value == "all" else {"scope": list(value)}


def _delete_provider(tenant: Tenant, value: Any) -> None:
    if value:
        tenant.providers.clear()


def _delete_action(tenant: Tenant, name: Any) -> None:
    deleted = {identity for identity, action in tenant.actions.items() if action.name == name}
    for trigger, bindings in tenant.bindings.items():
        tenant.bindings[trigger] = [binding for binding in bindings if binding.action_id not in deleted]
    for identity in deleted:
        del tenant.actions[identity]


def _unbind(tenant: Tenant, trigger: Any) -> None:
    tenant.bindings[trigger] = []


def _undeploy(tenant: Tenant, name: Any) -> None:
    for action in tenant.actions.values():
        for version in action.versions if action.name == name else ():
            version.deployed = False


def _twilio_token(tenant: Tenant, token: Any) -> None:
    for account in tenant.hidden.twilio_accounts.values():
        account.token = token


_CHANGES: dict[str, Callable[[Tenant, Any], None]] = {
    "tier": _tier,
    "settings": _settings,
    "guardian": lambda tenant, changes: _set_fields(tenant.guardian, changes, "guardian"),
    "hidden": _hidden,
    "legacy_access": lambda tenant, value: _hidden(tenant, {"legacy_access": value}),
    "connections": _connections,
    "provider": _provider,
    "scopes": _scopes,
    "delete_provider": _delete_provider,
    "delete_action": _delete_action,
    "undeploy_action": _undeploy,
    "unbind": _unbind,
    "twilio_token": _twilio_token,
}


def apply_overrides(tenant: Tenant, changes: Json) -> None:
    """Apply changes in the order they are given.

    Keys: ``tier``, ``settings``, ``guardian``, ``hidden``, ``connections`` (by name) and ``provider`` are
    merged; ``scopes`` replaces the management application's (a list, or ``all``); ``legacy_access`` is ``open``
    or ``closed``;
    ``delete_provider: true``, ``delete_action: NAME``, ``undeploy_action: NAME``, ``unbind: TRIGGER`` and
    ``twilio_token: VALUE`` (the AuthToken at Twilio) change the tenant.

    Raises:
        BadControlRequestError: a key or value is unknown; nothing after it is applied.
    """
    for key, value in changes.items():
        if key not in _CHANGES:
            raise BadControlRequestError(f"{key}: unknown key; one of {', '.join(sorted(_CHANGES))}")
        _CHANGES[key](tenant, value)
