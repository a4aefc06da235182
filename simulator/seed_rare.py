"""Kinds of tenants that a seeded fleet has none of: what operators meet now and then, put there by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from simulator.actions import FOREIGN, FOREIGN_DROPS
from simulator.clock import nanos
from simulator.kinds import Kind
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
from simulator.seeds import Maker, named
from simulator.state import Action, Json

UNKNOWN_SWITCH = "phone_provider_v2"
"""A value of ``use_phone_provider`` that nobody has documented."""


def _options_hidden(maker: Maker) -> None:
    """A gateway whose connection's options the management application may neither read nor write."""
    passwordless_gateway(maker, signed=True)
    for grant in maker.tenant.grants.values():
        if grant.get("client_id") == maker.tenant.management_client_id:
            grant["scope"] = [scope for scope in grant["scope"] if scope not in OPTIONS]


def _foreign(maker: Maker, *, drops: bool = False) -> Action:
    """Somebody else's Action on custom-phone-provider; only its maker knows the values of its secrets.

    Its code runs on every such tenant: it holds no credential of ours by which it could be judged.
    """
    maker.tenant.behavior = replace(maker.tenant.behavior, runs_actions=True)
    before = dict(maker.tenant.hidden.action_secrets)
    action = maker.action(FOREIGN_DROPS if drops else FOREIGN, days_ago=40)
    maker.tenant.hidden.action_secrets = before
    return action


def _foreign_draft(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    action = _foreign(maker)
    action.versions.clear()
    action.changed_since_deploy = True
    action.updated_at = nanos(maker.ago(39))


def _foreign_deployed(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    _foreign(maker)


def _foreign_with_provider(maker: Maker, *, drops: bool = False) -> None:
    twilio_mfa(maker, ("sms",))
    _foreign(maker, drops=drops)
    maker.provider("custom", {"delivery_methods": ["text", "voice"]}, {})


def _foreign_live(maker: Maker, *, drops: bool = False) -> None:
    _foreign_with_provider(maker, drops=drops)
    maker.tenant.settings["phone_consolidated_experience"] = True


def _connection(switch: object) -> Callable[[Maker], None]:
    """A Twilio connection with this value of the switch, and a provider on the same account."""

    def make(maker: Maker) -> None:
        account = maker.account()
        passwordless_twilio(maker, account)
        twilio_provider_of(maker, account, ["text"])
        sms = next(c for c in maker.tenant.connections.values() if c["strategy"] == "sms")
        sms["options"]["use_phone_provider"] = switch
        maker.tenant.settings["phone_consolidated_experience"] = switch is False

    return make


def _two_connections(maker: Maker) -> None:
    """Two SMS connections on one account, each with a sender and words of its own."""
    account = maker.account()
    account.numbers.append(maker.ids.number())
    passwordless_twilio(maker, account)
    passwordless_twilio(maker, account)
    first, second = [c for c in maker.tenant.connections.values() if c["strategy"] == "sms"]
    second["name"], second["realms"] = "sms-partners", ["sms-partners"]
    for connection, number in zip((first, second), account.numbers, strict=True):
        connection["options"] |= {"from": number, "messaging_service_sid": None, "syntax": "liquid"}
    second["options"]["template"] = "Partners: your code is {{ code }}"


def _passwordless_failing(maker: Maker) -> None:
    """Passwordless through a gateway that refuses every other message."""
    passwordless_gateway(maker, signed=True)


def _private_cloud(maker: Maker) -> None:
    """A deployment without tenant-level providers: their paths and their trigger aren't there."""
    twilio_mfa(maker, ("sms",))
    no_toggle(maker, upe=False)
    hidden = maker.tenant.hidden
    hidden.not_offered = {"/branding/phone": "404"}
    hidden.triggers_missing = ["custom-phone-provider"]
    maker.tenant.tier = Tier.PRIVATE_CLOUD_BASIC
    maker.tenant.limiter = Limiter(maker.tenant.tier)


def _not_offered(maker: Maker) -> None:
    """A small plan without phone messages: whole families of endpoints answer 403."""
    maker.tenant.hidden.not_offered = {
        "/branding/phone": "phone_providers_not_allowed",
        "/guardian/factors/phone": "insufficient_entitlement",
        "/hooks": "hooks_not_allowed",
    }


def _quota_used_up(maker: Maker) -> None:
    """The management application has used up the day's tokens."""
    twilio_mfa(maker, ("sms",))
    client = maker.tenant.clients[maker.tenant.management_client_id]
    client["token_quota"] = {"client_credentials": {"per_hour": 100, "per_day": 0, "enforce": True}}


def _assertion_only(maker: Maker) -> None:
    """The management application proves itself with a signed assertion and has no secret.

    The key is on P-256 because such a key can be drawn from the seed; keys for RS256 and PS256 can be put in
    ``hidden.public_keys``.
    """
    twilio_mfa(maker, ("sms",))
    tenant = maker.tenant
    key = ec.derive_private_key(maker.rng.getrandbits(250) + 1, ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    tenant.hidden.public_keys = [public.decode()]
    tenant.hidden.private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    client = tenant.clients[tenant.management_client_id]
    del client["client_secret"], client["token_endpoint_auth_method"]
    credential: Json = {"id": maker.ids.prefixed("cred", 22)}
    client["client_authentication_methods"] = {"private_key_jwt": {"credentials": [credential]}}


def _owned(maker: Maker) -> None:
    """The tool's application was granted every scope there is, none of them by name."""
    twilio_mfa(maker, ("sms",))
    owner = named(maker.tenant, "Terraform")
    for grant in maker.tenant.grants.values():
        if grant.get("client_id") == owner:
            del grant["scope"]
            grant["allow_all_scopes"] = True


def _toggle_missing_open(maker: Maker) -> None:
    """No toggle, a provider and a template, and legacy endpoints that still answer (August 2026)."""
    half_migrated(maker)
    no_toggle(maker, upe=False)


def _hook_without_action(maker: Maker) -> None:
    """``phone-message-hook`` is selected and no Action is bound: a Hook sent until Hooks ended."""
    guardian = maker.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "phone-message-hook"


RARE_SHAPES: dict[Kind, Callable[[Maker], object]] = {
    Kind.OPTIONS_HIDDEN: _options_hidden,
    Kind.FOREIGN_ACTION_DRAFT: _foreign_draft,
    Kind.FOREIGN_ACTION_DEPLOYED: _foreign_deployed,
    Kind.FOREIGN_ACTION_WITH_PROVIDER: _foreign_with_provider,
    Kind.FOREIGN_ACTION_LIVE: _foreign_live,
    Kind.FOREIGN_ACTION_DROPS: lambda maker: _foreign_live(maker, drops=True),
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
