"""The scopes that each operation and each verb needs, and the scopes that reach phone endpoints.

Source: the `security` of each operation in Auth0's Management API description. Where several scopes are
listed, any one of them is enough; the first is the one to grant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_READS: Mapping[str, tuple[str, ...]] = {
    "settings": ("read:tenant_settings",),
    "factors": ("read:guardian_factors",),
    "message_types": ("read:guardian_factors",),
    "selected_provider": ("read:guardian_factors",),
    "twilio_provider": ("read:guardian_factors",),
    "guardian_templates": ("read:guardian_factors",),
    "mfa_policies": ("read:mfa_policies",),
    "phone_providers": ("read:phone_providers",),
    "phone_provider": ("read:phone_providers",),
    "phone_templates": ("read:phone_templates",),
    "actions": ("read:actions",),
    "action": ("read:actions",),
    "bindings": ("read:actions",),
    "triggers": ("read:actions",),
    "connections": ("read:connections",),
    "connection": ("read:connections",),
    "connection_clients": ("read:connections",),
    "client_grants": ("read:client_grants",),
    "clients": ("read:clients", "read:client_summary", "read:client_keys", "read:client_credentials"),
    "logs": ("read:logs", "read:logs_users"),
}
_WRITES: Mapping[str, tuple[str, ...]] = {
    "set_phone_consolidated_experience": ("update:tenant_settings",),
    "update_connection_options": ("update:connections",),
    "set_factor": ("update:guardian_factors",),
    "set_message_types": ("update:guardian_factors",),
    "set_twilio_provider": ("update:guardian_factors",),
    "set_selected_provider": ("update:guardian_factors",),
    "set_guardian_templates": ("update:guardian_factors",),
    "create_phone_provider": ("create:phone_providers",),
    "update_phone_provider": ("update:phone_providers",),
    "delete_phone_provider": ("delete:phone_providers",),
    "try_phone_provider": ("create:phone_providers",),
    "create_phone_template": ("create:phone_templates",),
    "update_phone_template": ("update:phone_templates",),
    "delete_phone_template": ("delete:phone_templates",),
    "create_action": ("create:actions",),
    "update_action": ("update:actions",),
    "deploy_action": ("create:actions",),
    "delete_action": ("delete:actions",),
    "set_bindings": ("update:actions",),
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {**_READS, **_WRITES}

OPTIONAL_READS = frozenset({"mfa_policies", "client_grants", "clients"})
"""Reads that only show who depends on the provider: a migration is possible without, its reversibility unknown."""

_LEGACY_RESOURCE = "guardian_factors"
_PHONE_RESOURCES = frozenset({"phone_providers", "phone_templates", _LEGACY_RESOURCE})

_ADD = (
    "create_action",
    "update_action",
    "deploy_action",
    "create_phone_provider",
    "update_phone_provider",
    "try_phone_provider",
    "create_phone_template",
    "update_phone_template",
)
_SWITCH = (
    "set_factor",
    "set_message_types",
    "set_phone_consolidated_experience",
    "update_connection_options",
)
_REMOVE = ("delete_phone_template", "delete_phone_provider", "delete_action")
_RESTORE = ("set_twilio_provider", "set_selected_provider", "set_guardian_templates", "set_bindings")

VERBS: Mapping[str, frozenset[str]] = {
    "assess": frozenset(_READS),
    # A migration that fails its verification is rolled back at once, so it needs what rollback needs.
    "migrate": frozenset((*_READS, *_ADD, *_SWITCH, *_REMOVE, *_RESTORE)),
    "rollback": frozenset(
        (*_READS, *_SWITCH, *_REMOVE, *_RESTORE, "update_phone_provider", "update_phone_template")
    ),
    "finalize": frozenset(
        (*_READS, "set_bindings", "delete_action", "update_connection_options", "update_action")
    ),
}


def required_scopes(verb: str) -> set[str]:
    """Return the scopes to grant for a verb: the first one of every operation that it uses.

    Args:
        verb: `assess`, `migrate`, `rollback` or `finalize`.

    Raises:
        KeyError: another verb.
    """
    return {OPERATIONS[operation][0] for operation in VERBS[verb]}


def missing_scopes(verb: str, granted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the operations of a verb that no granted scope covers, each with the scopes of which one is needed."""
    have = set(granted)
    return {name: OPERATIONS[name] for name in sorted(VERBS[verb]) if have.isdisjoint(OPERATIONS[name])}


def phone_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return those of a grant's scopes that reach phone endpoints, sorted."""
    return tuple(sorted(s for s in scopes if s.partition(":")[2] in _PHONE_RESOURCES))


def closes_at_switch(scope: str) -> bool:
    """Whether the phone endpoints that a scope reaches close at the switch."""
    return scope.partition(":")[2] == _LEGACY_RESOURCE
