"""Scopes of the Management API, by what an application is for."""

from __future__ import annotations

PHONE_PROVIDERS = tuple(f"{verb}:phone_providers" for verb in ("read", "create", "update", "delete"))
PHONE_TEMPLATES = tuple(f"{verb}:phone_templates" for verb in ("read", "create", "update", "delete"))
GUARDIAN = ("read:guardian_factors", "update:guardian_factors")

MIGRATION = (
    "read:tenant_settings",
    "update:tenant_settings",
    *GUARDIAN,
    "read:mfa_policies",
    "update:mfa_policies",
    *PHONE_PROVIDERS,
    *PHONE_TEMPLATES,
    "read:actions",
    "create:actions",
    "update:actions",
    "delete:actions",
    "read:connections",
    "update:connections",
    "read:connections_options",
    "update:connections_options",
    "read:clients",
    "read:client_grants",
    "read:logs",
)
"""What an operator gives the application that migrates phone settings."""

LABORATORY = (
    *MIGRATION,
    "create:connections",
    "delete:connections",
    "create:client_grants",
    "update:client_grants",
    "create:clients",
    "update:clients",
    "delete:clients",
    "delete:client_grants",
)
"""The scopes of the application of a tenant of kind ``empty``, which may call every operation."""

OPTIONS = ("read:connections_options", "update:connections_options")
"""Without these a connection's options cannot be read or written."""

MISSING = ("update:tenant_settings", "create:phone_providers", "update:guardian_factors")
"""What a tenant of kind ``missing_scopes`` forgot to grant."""
