"""Rare kinds of tenants, which a seeded fleet does not include."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from simulator.actions import FOREIGN, FOREIGN_DROPS, FOREIGN_UNCLEAR, Recipe
from simulator.clock import nanos
from simulator.kinds import Kind
from simulator.message_texts import CONNECTION_DEFAULT
from simulator.ratelimit import Limiter, Tier
from simulator.scopes import OPTIONS
from simulator.seed_kinds import (
    half_migrated,
    no_toggle,
    passwordless_gateway,
    passwordless_twilio,
    twilio_mfa,
)
from simulator.seed_kinds import twilio_provider as twilio_provider_of
from simulator.seeds import TenantBuilder, named
from simulator.state import Action, Json, Secret

UNKNOWN_SWITCH = "phone_provider_v2"
"""An undocumented value of ``use_phone_provider``."""


def _options_hidden(builder: TenantBuilder) -> None:
    """Make a gateway whose connection's options the management application may neither read nor write."""
    passwordless_gateway(builder, signed=True)
    for grant in builder.tenant.grants.values():
        if grant.get("client_id") == builder.tenant.management_client_id:
            grant["scope"] = [scope for scope in grant["scope"] if scope not in OPTIONS]


def _foreign(builder: TenantBuilder, recipe: Recipe = FOREIGN) -> Action:
    """Add another owner's Action on custom-phone-provider, with secrets unknown to the operator."""
    before = dict(builder.tenant.hidden.action_secrets)
    action = builder.action(recipe, days_ago=40)
    builder.tenant.hidden.action_secrets = before
    return action


def _foreign_draft(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    action = _foreign(builder)
    action.versions.clear()
    action.changed_since_deploy = True
    action.updated_at = nanos(builder.ago(39))


def _foreign_deployed(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    _foreign(builder)


def _newer_draft(builder: TenantBuilder, action: Action) -> None:
    """Edit the draft of a deployed Action, with a secret that the deployed version does not have."""
    action.code += "// TODO: a second gateway\n"
    action.secrets = {**action.secrets, "SECOND_PASSWORD": Secret("second", nanos(builder.ago(3)))}
    action.changed_since_deploy = True
    action.updated_at = nanos(builder.ago(3))


def _foreign_newer_draft(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    _newer_draft(builder, _foreign(builder))


def _foreign_with_provider(builder: TenantBuilder, recipe: Recipe = FOREIGN) -> Action:
    twilio_mfa(builder, ("sms",))
    action = _foreign(builder, recipe)
    builder.provider("custom", {"delivery_methods": ["text", "voice"]}, {})
    return action


def _foreign_live(builder: TenantBuilder, recipe: Recipe = FOREIGN) -> Action:
    action = _foreign_with_provider(builder, recipe)
    builder.tenant.settings["phone_consolidated_experience"] = True
    return action


def _foreign_no_provider(builder: TenantBuilder) -> None:
    """Make a switched tenant whose owner made the Action and not the provider."""
    _foreign_live(builder)
    builder.tenant.providers.clear()


def _connection(switch: object) -> Callable[[TenantBuilder], None]:
    """Make a Twilio connection with this value of the switch, and a provider on the same account."""

    def make(builder: TenantBuilder) -> None:
        account = builder.account()
        passwordless_twilio(builder, account)
        twilio_provider_of(builder, account, ["text"])
        sms = next(c for c in builder.tenant.connections.values() if c["strategy"] == "sms")
        sms["options"] |= {"from": account.numbers[0], "messaging_service_sid": None}
        sms["options"] |= {"syntax": "md_with_macros", "template": CONNECTION_DEFAULT}
        sms["options"]["use_phone_provider"] = switch
        builder.tenant.settings["phone_consolidated_experience"] = switch is False

    return make


def _two_connections(builder: TenantBuilder) -> None:
    """Make two SMS connections on one account, each with its own sender and template."""
    account = builder.account()
    account.numbers.append(builder.ids.number())
    passwordless_twilio(builder, account)
    passwordless_twilio(builder, account)
    first, second = [c for c in builder.tenant.connections.values() if c["strategy"] == "sms"]
    second["name"], second["realms"] = "sms-partners", ["sms-partners"]
    for connection, number in zip((first, second), account.numbers, strict=True):
        connection["options"] |= {"from": number, "messaging_service_sid": None, "syntax": "liquid"}
    second["options"]["template"] = "Partners: your code is {{ code }}"


def _passwordless_failing(builder: TenantBuilder) -> None:
    """Make a Passwordless connection through a gateway that refuses half of the messages."""
    passwordless_gateway(builder, signed=True)


def _private_cloud(builder: TenantBuilder) -> None:
    """Make a deployment without tenant-level providers, their paths and their trigger."""
    twilio_mfa(builder, ("sms",))
    no_toggle(builder, upe=False)
    hidden = builder.tenant.hidden
    hidden.not_offered = {"/branding/phone": "404"}
    hidden.triggers_missing = ["custom-phone-provider"]
    builder.tenant.tier = Tier.PRIVATE_CLOUD_BASIC
    builder.tenant.limiter = Limiter(builder.tenant.tier)


def _not_offered(builder: TenantBuilder) -> None:
    """Make a small plan without phone messages, whose endpoints answer 403."""
    builder.tenant.hidden.not_offered = {
        "/branding/phone": "phone_providers_not_allowed",
        "/guardian/factors/phone": "insufficient_entitlement",
        "/hooks": "hooks_not_allowed",
    }


def _quota_used_up(builder: TenantBuilder) -> None:
    """Make a management application that used up the tokens of the day."""
    twilio_mfa(builder, ("sms",))
    client = builder.tenant.clients[builder.tenant.management_client_id]
    client["token_quota"] = {"client_credentials": {"per_hour": 100, "per_day": 0, "enforce": True}}


def _assertion_only(builder: TenantBuilder) -> None:
    """Make a management application that uses a signed assertion and has no secret.

    The key is on P-256 because such a key can be drawn from the seed; keys for RS256 and PS256 can be put in
    ``hidden.public_keys``.
    """
    twilio_mfa(builder, ("sms",))
    tenant = builder.tenant
    key = ec.derive_private_key(builder.rng.getrandbits(250) + 1, ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    tenant.hidden.public_keys = [public.decode()]
    tenant.hidden.private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    client = tenant.clients[tenant.management_client_id]
    del client["client_secret"], client["token_endpoint_auth_method"]
    credential: Json = {"id": builder.ids.prefixed("cred", 22)}
    client["client_authentication_methods"] = {"private_key_jwt": {"credentials": [credential]}}


def _owned(builder: TenantBuilder) -> None:
    """Grant the tool's application all scopes without a list."""
    twilio_mfa(builder, ("sms",))
    owner = named(builder.tenant, "Terraform")
    for grant in builder.tenant.grants.values():
        if grant.get("client_id") == owner:
            del grant["scope"]
            grant["allow_all_scopes"] = True


def _toggle_missing_open(builder: TenantBuilder) -> None:
    """Make a tenant without toggle, with a provider and open legacy endpoints (August 2026)."""
    half_migrated(builder)
    no_toggle(builder, upe=False)


def _hook_without_action(builder: TenantBuilder) -> None:
    """Select ``phone-message-hook`` without an Action: a Hook sent until Hooks ended."""
    guardian = builder.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "phone-message-hook"


RARE_SHAPES: dict[Kind, Callable[[TenantBuilder], object]] = {
    Kind.OPTIONS_HIDDEN: _options_hidden,
    Kind.FOREIGN_ACTION_DRAFT: _foreign_draft,
    Kind.FOREIGN_ACTION_DEPLOYED: _foreign_deployed,
    Kind.FOREIGN_ACTION_NEWER_DRAFT: _foreign_newer_draft,
    Kind.FOREIGN_ACTION_WITH_PROVIDER: _foreign_with_provider,
    Kind.FOREIGN_ACTION_LIVE: _foreign_live,
    Kind.FOREIGN_ACTION_LIVE_DRAFT: lambda builder: _newer_draft(builder, _foreign_live(builder)),
    Kind.FOREIGN_ACTION_NO_PROVIDER: _foreign_no_provider,
    Kind.FOREIGN_ACTION_UNCLEAR: lambda builder: _foreign_live(builder, FOREIGN_UNCLEAR),
    Kind.FOREIGN_ACTION_DROPS: lambda builder: _foreign_live(builder, FOREIGN_DROPS),
    Kind.CONNECTION_ON: _connection(switch=True),
    Kind.CONNECTION_OFF: _connection(switch=False),
    Kind.CONNECTION_UNIFIED: _connection(switch="unified"),
    Kind.CONNECTION_UNKNOWN: _connection(switch=UNKNOWN_SWITCH),
    Kind.TWO_CONNECTIONS: _two_connections,
    Kind.PASSWORDLESS_FAILING: _passwordless_failing,
    Kind.PRIVATE_CLOUD: _private_cloud,
    Kind.NOT_OFFERED: _not_offered,
    Kind.QUOTA_USED_UP: _quota_used_up,
    Kind.ASSERTION_ONLY: _assertion_only,
    Kind.OWNED_BY_TERRAFORM: _owned,
    Kind.OWNED_BY_DEPLOY_CLI: _owned,
    Kind.TOGGLE_MISSING_OPEN: _toggle_missing_open,
    Kind.HOOK_WITHOUT_ACTION: _hook_without_action,
}
"""How each rare kind is made."""
