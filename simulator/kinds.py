"""The kinds of tenants a fleet is made of, and the share of each."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from simulator.ids import draw


class LegacyAccess(StrEnum):
    """Whether Auth0 lets the tenant use the legacy phone endpoints; only Auth0 can change it."""

    OPEN = "open"
    CLOSED = "closed"


class Kind(StrEnum):
    """How a tenant sends phone messages before a run."""

    EMPTY = "empty"
    NOT_CONFIGURED = "not_configured"
    TWILIO_SMS = "twilio_sms"
    TWILIO_VOICE = "twilio_voice"
    TWILIO_BOTH = "twilio_both"
    ACTION_SINGLE = "action_single"
    ACTION_MULTI_TRIGGER = "action_multi_trigger"
    ACTION_DISPUTED = "action_disputed"
    PASSWORDLESS_TWILIO = "passwordless_twilio"
    PASSWORDLESS_GATEWAY = "passwordless_gateway"
    MFA_AND_PASSWORDLESS_TWILIO = "mfa_and_passwordless_twilio"
    MERGED = "merged"
    LEGACY_AUTH0 = "legacy_auth0"
    PHONE_IDENTIFIER = "phone_identifier"
    TOGGLE_MISSING_UPE = "toggle_missing_upe"
    TOGGLE_MISSING_LEGACY = "toggle_missing_legacy"
    ALREADY_MIGRATED = "already_migrated"
    HALF_MIGRATED = "half_migrated"
    BROKEN = "broken"
    FACTOR_ON_NOT_CONFIGURED = "factor_on_not_configured"
    MISSING_SCOPES = "missing_scopes"
    WRONG_CREDENTIALS = "wrong_credentials"
    ONE_WAY = "one_way"
    OPTIONS_HIDDEN = "options_hidden"
    FOREIGN_ACTION_DRAFT = "foreign_action_draft"
    FOREIGN_ACTION_DEPLOYED = "foreign_action_deployed"
    FOREIGN_ACTION_NEWER_DRAFT = "foreign_action_newer_draft"
    FOREIGN_ACTION_WITH_PROVIDER = "foreign_action_with_provider"
    FOREIGN_ACTION_LIVE = "foreign_action_live"
    FOREIGN_ACTION_LIVE_DRAFT = "foreign_action_live_draft"
    FOREIGN_ACTION_NO_PROVIDER = "foreign_action_no_provider"
    FOREIGN_ACTION_UNCLEAR = "foreign_action_unclear"
    FOREIGN_ACTION_DROPS = "foreign_action_drops"
    CONNECTION_ON = "connection_on"
    CONNECTION_OFF = "connection_off"
    CONNECTION_UNIFIED = "connection_unified"
    CONNECTION_UNKNOWN = "connection_unknown"
    TWO_CONNECTIONS = "two_connections"
    PASSWORDLESS_FAILING = "passwordless_failing"
    PRIVATE_CLOUD = "private_cloud"
    NOT_OFFERED = "not_offered"
    QUOTA_USED_UP = "quota_used_up"
    ASSERTION_ONLY = "assertion_only"
    OWNED_BY_TERRAFORM = "owned_by_terraform"
    OWNED_BY_DEPLOY_CLI = "owned_by_deploy_cli"
    TOGGLE_MISSING_OPEN = "toggle_missing_open"
    HOOK_WITHOUT_ACTION = "hook_without_action"


MIX: dict[Kind, int] = {
    Kind.TWILIO_SMS: 14,
    Kind.TWILIO_VOICE: 4,
    Kind.TWILIO_BOTH: 8,
    Kind.ACTION_SINGLE: 7,
    Kind.ACTION_MULTI_TRIGGER: 2,
    Kind.PASSWORDLESS_TWILIO: 6,
    Kind.PASSWORDLESS_GATEWAY: 4,
    Kind.MFA_AND_PASSWORDLESS_TWILIO: 4,
    Kind.MERGED: 3,
    Kind.LEGACY_AUTH0: 3,
    Kind.PHONE_IDENTIFIER: 2,
    Kind.TOGGLE_MISSING_UPE: 2,
    Kind.TOGGLE_MISSING_LEGACY: 1,
    Kind.ALREADY_MIGRATED: 6,
    Kind.HALF_MIGRATED: 2,
    Kind.BROKEN: 1,
    Kind.FACTOR_ON_NOT_CONFIGURED: 1,
    Kind.ACTION_DISPUTED: 2,
    Kind.NOT_CONFIGURED: 3,
    Kind.EMPTY: 1,
    Kind.MISSING_SCOPES: 1,
    Kind.WRONG_CREDENTIALS: 1,
    Kind.ONE_WAY: 2,
}
"""How many of each kind every block of tenants has."""
RARE: frozenset[Kind] = frozenset(Kind) - frozenset(MIX)
"""Kinds that a seeded fleet does not include; the control plane adds them."""

BLOCK = sum(MIX.values())


@lru_cache(maxsize=512)
def _block(seed: int, number: int) -> tuple[Kind, ...]:
    kinds = [kind for kind, count in MIX.items() for _ in range(count)]
    draw(seed, "kinds", number).shuffle(kinds)
    return tuple(kinds)


def kind_of(seed: int, index: int) -> Kind:
    """Return the kind of the fleet's tenant number ``index`` (from 0), the same for the same seed."""
    return _block(seed, index // BLOCK)[index % BLOCK]
