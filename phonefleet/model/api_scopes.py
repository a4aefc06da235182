"""The scopes that each operation and each verb needs, and the scopes that reach phone endpoints.

Source: the `security` of each operation in Auth0's Management API description. Where several scopes are
listed, any one of them is enough; the first is the one to grant. `FIELDS` holds the scopes that a field of an
operation needs besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from phonefleet.model.enums import LEFTOVERS, StepKind

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
    "try_phone_template": ("create:phone_templates",),
    "create_action": ("create:actions",),
    "update_action": ("update:actions",),
    "deploy_action": ("create:actions",),
    "deploy_action_version": ("create:actions",),
    "delete_action": ("delete:actions",),
    "set_bindings": ("update:actions",),
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {**_READS, **_WRITES}

READ_OPTIONS, UPDATE_OPTIONS = "read:connections_options", "update:connections_options"
FIELDS: Mapping[str, Mapping[str, str]] = {
    "connections": {"options": READ_OPTIONS},
    "connection": {"options": READ_OPTIONS},
    "update_connection_options": {"options": UPDATE_OPTIONS},
}
"""The scope that a field needs besides the operation's own, by operation and field.

Without the scope Auth0 leaves the field out of an answer, with no error, and refuses a request that has it. Source:
Auth0 documentation, "Migrate to Management API Connection Options Scopes", in force since 8 July 2025; the schemas
`ConnectionOptions` and `UpdateConnectionOptions` of its Management API description.
"""

OPTIONAL_READS = frozenset({"mfa_policies", "client_grants", "clients"})
"""Reads that only show who depends on the provider: a migration is possible without, its reversibility unknown."""

_LEGACY_RESOURCE = "guardian_factors"
_PHONE_RESOURCES = frozenset({"phone_providers", "phone_templates", _LEGACY_RESOURCE})

APPLY: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.CREATE_ACTION: ("create_action", "update_action"),
    StepKind.UPDATE_ACTION: ("update_action",),
    StepKind.ADOPT_ACTION: ("update_action",),
    StepKind.DEPLOY_ACTION: ("deploy_action",),
    StepKind.CREATE_PROVIDER: ("create_phone_provider", "update_phone_provider"),
    StepKind.UPDATE_PROVIDER: ("update_phone_provider",),
    StepKind.CREATE_TEMPLATE: ("create_phone_template",),
    StepKind.UPDATE_TEMPLATE: ("update_phone_template",),
    StepKind.SEND_TEST: ("try_phone_provider", "try_phone_template", "update_phone_provider"),
    StepKind.ENABLE_FACTOR: ("set_factor",),
    StepKind.SET_MESSAGE_TYPES: ("set_message_types",),
    StepKind.SWITCH_TENANT: ("set_phone_consolidated_experience",),
    StepKind.SWITCH_CONNECTION: ("update_connection_options",),
    StepKind.UNBIND_ACTION: ("set_bindings",),
    StepKind.CLEAR_GATEWAY_SECRET: ("update_connection_options",),
    StepKind.CLEAR_CONNECTION_TWILIO: ("update_connection_options",),
}
"""The writes that a step may make. A test message whose answer was lost is found by a write that marks the log."""
REVERT: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.CREATE_ACTION: ("delete_action",),
    StepKind.ADOPT_ACTION: ("update_action",),
    StepKind.DEPLOY_ACTION: ("deploy_action_version",),
    StepKind.CREATE_PROVIDER: ("delete_phone_provider",),
    StepKind.UPDATE_PROVIDER: ("update_phone_provider",),
    StepKind.CREATE_TEMPLATE: ("delete_phone_template",),
    StepKind.UPDATE_TEMPLATE: ("update_phone_template",),
    StepKind.ENABLE_FACTOR: ("set_factor",),
    StepKind.SET_MESSAGE_TYPES: ("set_message_types",),
    StepKind.SWITCH_TENANT: ("set_phone_consolidated_experience",),
    StepKind.SWITCH_CONNECTION: ("update_connection_options",),
}
"""The writes that undo a step; a step that cannot be undone has none."""


def _writes(*tables: Mapping[StepKind, tuple[str, ...]], of: Collection[StepKind]) -> frozenset[str]:
    return frozenset(name for table in tables for kind in of for name in table.get(kind, ()))


_MIGRATION = frozenset(StepKind) - LEFTOVERS
VERBS: Mapping[str, frozenset[str]] = {
    "assess": frozenset(_READS),
    # A migration that fails its verification is rolled back at once, so it needs what rollback needs.
    "migrate": frozenset(_READS) | _writes(APPLY, REVERT, of=_MIGRATION),
    "rollback": frozenset(_READS) | _writes(REVERT, of=_MIGRATION),
    "finalize": frozenset(_READS) | _writes(APPLY, of=LEFTOVERS),
}
"""The operations of the verbs that `doctor` checks."""
COMMANDS: Mapping[str, frozenset[str]] = {
    "doctor": frozenset(),
    "assess": VERBS["assess"],
    "plan": VERBS["assess"],
    "compliance": VERBS["assess"],
    "compliance --test": VERBS["assess"] | {"try_phone_provider", "update_phone_provider"},
    "handover": VERBS["assess"],
    **{verb: operations for verb, operations in VERBS.items() if verb != "assess"},
}
"""The operations of every command that asks a tenant; the commands that are not here ask none."""


def required_scopes(verb: str) -> set[str]:
    """Return the scopes to grant for a verb: the first one of every operation and field that it uses.

    Args:
        verb: a key of `COMMANDS`.

    Raises:
        KeyError: another verb.
    """
    return {any_of[0] for any_of in needed_by(COMMANDS[verb]).values()}


def missing_scopes(verb: str, granted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what of a verb no granted scope covers, each with the scopes of which one is needed.

    The keys are operations, and fields as `operation.field`.
    """
    return missing_of(COMMANDS[verb], granted)


def missing_of(operations: Collection[str], granted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what of some operations no granted scope covers; as `missing_scopes`."""
    have = set(granted)
    return {name: any_of for name, any_of in sorted(needed_by(operations).items()) if have.isdisjoint(any_of)}


def needed_by(operations: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the scopes of operations and of their fields, as `operation.field`: any one of each is enough."""
    fields = {
        f"{name}.{field}": (scope,) for name in operations for field, scope in FIELDS.get(name, {}).items()
    }
    return {name: OPERATIONS[name] for name in operations} | fields


def grant_text(operation: str) -> str:
    """Say which scopes an operation and its fields need: `update:connections and update:connections_options`."""
    any_of = " or ".join(sorted(OPERATIONS.get(operation, ()))) or "the scope named"
    return " and ".join((any_of, *FIELDS.get(operation, {}).values()))


def phone_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return those of a grant's scopes that reach phone endpoints, sorted."""
    return tuple(sorted(s for s in scopes if s.partition(":")[2] in _PHONE_RESOURCES))


def every_phone_scope() -> tuple[str, ...]:
    """Return every scope that reaches a phone endpoint used here, as a grant of all scopes has them."""
    return phone_scopes({scope for any_of in OPERATIONS.values() for scope in any_of})


def closes_at_switch(scope: str) -> bool:
    """Whether the phone endpoints that a scope reaches close at the switch."""
    return scope.partition(":")[2] == _LEGACY_RESOURCE
