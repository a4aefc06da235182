"""What distinguishes the kinds of tenants."""

from __future__ import annotations

from collections.abc import Callable

from simulator.actions import CUSTOM, DISPUTED, MULTI, SINGLE, Recipe
from simulator.kinds import Kind, LegacyAccess
from simulator.message_texts import LEGACY_DEFAULTS
from simulator.phone_templates import default_content
from simulator.scopes import MIGRATION, MISSING
from simulator.seeds import TenantBuilder, named
from simulator.state import Json, TwilioAccount

ENROLL = "{{code}} is your {{tenant.friendly_name}} enrollment code."
VERIFY = "{{code}} is your code for {{tenant.friendly_name}}. Do not share it."


def twilio_mfa(
    builder: TenantBuilder, types: tuple[str, ...], account: TwilioAccount | None = None
) -> TwilioAccount:
    """Make legacy multi-factor messages through Twilio; calls always need a number."""
    account = account or builder.account()
    guardian, rng = builder.tenant.guardian, builder.rng
    service = "voice" not in types and rng.random() < 0.4
    guardian.factors["sms"] = True
    guardian.message_types = list(types)
    guardian.selected_provider = "twilio"
    guardian.twilio = {
        "auth_token": account.token,
        "sid": account.sid,
        "from": None if service else account.numbers[0],
        "messaging_service_sid": account.services[0] if service else None,
    }
    if rng.random() < 0.5:
        guardian.templates = {"enrollment_message": ENROLL, "verification_message": VERIFY}
    guardian.policies = ["all-applications"] if rng.random() < 0.5 else []
    return account


def action_mfa(builder: TenantBuilder, recipe: Recipe) -> None:
    """Make legacy multi-factor messages through an Action on send-phone-message."""
    guardian = builder.tenant.guardian
    builder.action(recipe)
    guardian.factors["sms"] = True
    guardian.message_types = list(recipe.message_types)
    guardian.selected_provider = "phone-message-hook"
    guardian.policies = ["all-applications"]


def _sms_options(builder: TenantBuilder, sender: str | None) -> Json:
    liquid = builder.rng.random() < 0.7
    text = "Your code is: {{ code }}" if liquid else "Your verification code is: @@password@@"
    return {
        "name": "sms",
        "from": sender,
        "syntax": "liquid" if liquid else "md_with_macros",
        "template": text,
        "totp": {"time_step": 180, "length": 6},
        "disable_signup": False,
        "brute_force_protection": True,
    }


def _users(builder: TenantBuilder) -> list[str]:
    names = ("Customer Portal", "Mobile App")
    return [identity for name in names if (identity := named(builder.tenant, name)) is not None]


def passwordless_twilio(builder: TenantBuilder, account: TwilioAccount | None = None) -> None:
    """Make a Passwordless SMS connection that sends through Twilio."""
    account = account or builder.account()
    service = builder.rng.random() < 0.4
    options = _sms_options(builder, None if service else account.numbers[0])
    options |= {"twilio_sid": account.sid, "twilio_token": account.token}
    options["messaging_service_sid"] = account.services[0] if service else None
    builder.connection("sms", "sms", options, _users(builder))


def passwordless_gateway(builder: TenantBuilder, *, signed: bool) -> None:
    """Make a Passwordless SMS connection that sends through the tenant's own gateway, ``signed`` or not."""
    rng, tenant = builder.rng, builder.tenant
    host = f"sms-gateway.{tenant.domain.split('.')[0]}.example.com"
    options = _sms_options(builder, "Codes") | {
        "provider": "sms_gateway",
        "gateway_url": f"https://{host}/send",
    }
    options |= {"messaging_service_sid": None, "forward_req_info": rng.random() < 0.5}
    if signed:
        tenant.hidden.gateway_secret = builder.ids.text(48)
        options["gateway_authentication"] = {
            "method": "bearer",
            "subject": f"{tenant.domain}:sms",
            "audience": host,
            "secret": tenant.hidden.gateway_secret,
            "secret_base64_encoded": False,
        }
    if rng.random() < 0.5:
        options["use_phone_provider"] = False
    builder.connection("sms", "sms", options, _users(builder))


def _merged(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    if builder.rng.random() < 0.67:
        passwordless_gateway(builder, signed=True)
    else:
        passwordless_twilio(builder, builder.account())
    _one_text_of_its_own(builder)


def twilio_provider(
    builder: TenantBuilder, account: TwilioAccount, methods: list[str], *, disabled: bool = False
) -> None:
    """Make a tenant-level provider through this account."""
    configuration: Json = {
        "sid": account.sid,
        "default_from": account.numbers[0],
        "delivery_methods": methods,
    }
    builder.provider("twilio", configuration, {"auth_token": account.token}, disabled=disabled)


def _template(builder: TenantBuilder, kind: str) -> None:
    identity = builder.ids.prefixed("tem", 22)
    provider = builder.tenant.provider()
    made = provider["created_at"] if provider else ""
    head: Json = {
        "id": identity,
        "tenant": builder.tenant.domain,
        "channel": "phone",
        "type": kind,
        "disabled": False,
    }
    head |= {"created_at": made, "updated_at": made, "content": default_content(kind)}
    builder.tenant.templates[identity] = head


def _legacy_auth0(builder: TenantBuilder) -> None:
    guardian = builder.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "auth0"
    builder.tenant.hidden.evaluation_messages_left = builder.rng.randrange(100)


def _phone_identifier(builder: TenantBuilder) -> None:
    database = next(iter(builder.tenant.connections.values()))
    database["options"]["attributes"] = {
        "email": {"identifier": {"active": True}, "signup": {"status": "required"}},
        "phone_number": {"identifier": {"active": True}, "signup": {"status": "optional"}},
    }
    twilio_provider(builder, builder.account(), ["text"])


def _migrated(builder: TenantBuilder) -> None:
    account = twilio_mfa(builder, ("sms",))
    if builder.rng.random() < 0.3:
        builder.action(CUSTOM, days_ago=30)
        builder.tenant.guardian.selected_provider, builder.tenant.guardian.twilio = "auth0", None
        builder.provider("custom", {"delivery_methods": ["text", "voice"]}, {})
    else:
        twilio_provider(builder, account, ["text"])
    for kind in ("otp_enroll", "otp_verify"):
        _template(builder, kind)
    builder.tenant.settings["phone_consolidated_experience"] = True


def _toggle_missing_upe(builder: TenantBuilder) -> None:
    account = twilio_mfa(builder, ("sms",))
    guardian = builder.tenant.guardian
    guardian.selected_provider, guardian.twilio, guardian.templates = "auth0", None, None
    twilio_provider(builder, account, ["text"])
    no_toggle(builder, upe=True)


def no_toggle(builder: TenantBuilder, *, upe: bool) -> None:
    """Remove the toggle: the tenant cannot be switched."""
    del builder.tenant.settings["phone_consolidated_experience"]
    builder.tenant.hidden.has_toggle = False
    builder.tenant.hidden.upe_without_toggle = upe
    builder.tenant.hidden.legacy_access = LegacyAccess.CLOSED if upe else LegacyAccess.OPEN


def _toggle_missing_legacy(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    no_toggle(builder, upe=False)


def half_migrated(builder: TenantBuilder) -> None:
    """Make a tenant with legacy messages through Twilio, a provider and a template."""
    account = twilio_mfa(builder, ("sms",))
    twilio_provider(builder, account, ["text"])
    _template(builder, "otp_verify")


def _broken(builder: TenantBuilder) -> None:
    account = twilio_mfa(builder, ("sms",))
    builder.tenant.settings["phone_consolidated_experience"] = True
    if builder.rng.random() < 0.5:
        twilio_provider(builder, account, ["text"], disabled=True)


def _factor_on(builder: TenantBuilder) -> None:
    guardian = builder.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "twilio"


def _missing_scopes(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    for grant in builder.tenant.grants.values():
        if grant.get("client_id") == builder.tenant.management_client_id:
            grant["scope"] = [scope for scope in MIGRATION if scope not in MISSING]


def _one_way(builder: TenantBuilder) -> None:
    twilio_mfa(builder, ("sms",))
    builder.tenant.hidden.legacy_access_ends_on_switch = True


def _same_account(builder: TenantBuilder) -> None:
    passwordless_twilio(builder, twilio_mfa(builder, builder.rng.choice((("sms",), ("sms", "voice")))))
    _one_text_of_its_own(builder)
    twilio = builder.tenant.guardian.twilio or {}
    sender = {key: twilio[key] for key in ("from", "messaging_service_sid")}
    next(c for c in builder.tenant.connections.values() if c["strategy"] == "sms")["options"] |= sender


def _one_text_of_its_own(builder: TenantBuilder) -> None:
    """Leave Guardian's verification message at its default beside a connection with a text of its own."""
    guardian = builder.tenant.guardian
    if guardian.templates:
        guardian.templates |= {"verification_message": LEGACY_DEFAULTS["otp_verify"]}


SHAPES: dict[Kind, Callable[[TenantBuilder], object]] = {
    Kind.NOT_CONFIGURED: lambda _builder: None,
    Kind.TWILIO_SMS: lambda builder: twilio_mfa(builder, ("sms",)),
    Kind.TWILIO_VOICE: lambda builder: twilio_mfa(builder, ("voice",)),
    Kind.TWILIO_BOTH: lambda builder: twilio_mfa(builder, ("sms", "voice")),
    Kind.ACTION_SINGLE: lambda builder: action_mfa(builder, builder.rng.choice(SINGLE)),
    Kind.ACTION_MULTI_TRIGGER: lambda builder: action_mfa(builder, MULTI),
    Kind.ACTION_DISPUTED: lambda builder: action_mfa(builder, DISPUTED),
    Kind.PASSWORDLESS_TWILIO: passwordless_twilio,
    Kind.PASSWORDLESS_GATEWAY: lambda builder: passwordless_gateway(
        builder, signed=builder.rng.random() < 0.6
    ),
    Kind.MFA_AND_PASSWORDLESS_TWILIO: _same_account,
    Kind.MERGED: _merged,
    Kind.LEGACY_AUTH0: _legacy_auth0,
    Kind.PHONE_IDENTIFIER: _phone_identifier,
    Kind.TOGGLE_MISSING_UPE: _toggle_missing_upe,
    Kind.TOGGLE_MISSING_LEGACY: _toggle_missing_legacy,
    Kind.ALREADY_MIGRATED: _migrated,
    Kind.HALF_MIGRATED: half_migrated,
    Kind.BROKEN: _broken,
    Kind.FACTOR_ON_NOT_CONFIGURED: _factor_on,
    Kind.MISSING_SCOPES: _missing_scopes,
    Kind.WRONG_CREDENTIALS: lambda builder: twilio_mfa(builder, ("sms",)),
    Kind.ONE_WAY: _one_way,
}
"""How each kind is made; ``empty`` is the bare tenant."""
