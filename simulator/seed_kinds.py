"""What makes a tenant of one kind different from the others."""

from __future__ import annotations

from collections.abc import Callable

from simulator.actions import CUSTOM, MULTI, SINGLE, Recipe
from simulator.kinds import Kind, LegacyAccess
from simulator.phone_templates import default_content
from simulator.scopes import MIGRATION, MISSING
from simulator.seeds import Maker, named
from simulator.state import Json, TwilioAccount

ENROLL = "{{code}} is your {{tenant.friendly_name}} enrollment code."
VERIFY = "{{code}} is your code for {{tenant.friendly_name}}. Do not share it."


def twilio_mfa(maker: Maker, types: tuple[str, ...], account: TwilioAccount | None = None) -> TwilioAccount:
    """Legacy multi-factor messages through Twilio; a call always needs a number to call from."""
    account = account or maker.account()
    guardian, rng = maker.tenant.guardian, maker.rng
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


def action_mfa(maker: Maker, recipe: Recipe) -> None:
    """Legacy multi-factor messages through an Action on send-phone-message."""
    guardian = maker.tenant.guardian
    maker.action(recipe)
    guardian.factors["sms"] = True
    guardian.message_types = list(recipe.message_types)
    guardian.selected_provider = "phone-message-hook"
    guardian.policies = ["all-applications"]


def _sms_options(maker: Maker, sender: str | None) -> Json:
    liquid = maker.rng.random() < 0.7
    words = "Your code is: {{ code }}" if liquid else "Your verification code is: @@password@@"
    return {
        "name": "sms",
        "from": sender,
        "syntax": "liquid" if liquid else "md_with_macros",
        "template": words,
        "totp": {"time_step": 180, "length": 6},
        "disable_signup": False,
        "brute_force_protection": True,
    }


def _users(maker: Maker) -> list[str]:
    names = ("Customer Portal", "Mobile App")
    return [identity for name in names if (identity := named(maker.tenant, name)) is not None]


def passwordless_twilio(maker: Maker, account: TwilioAccount | None = None) -> None:
    """A Passwordless SMS connection that sends through Twilio."""
    account = account or maker.account()
    service = maker.rng.random() < 0.4
    options = _sms_options(maker, None if service else account.numbers[0])
    options |= {"twilio_sid": account.sid, "twilio_token": account.token}
    options["messaging_service_sid"] = account.services[0] if service else None
    maker.connection("sms", "sms", options, _users(maker))


def passwordless_gateway(maker: Maker, *, signed: bool) -> None:
    """A Passwordless SMS connection that sends through the tenant's own gateway, ``signed`` or not."""
    rng, tenant = maker.rng, maker.tenant
    host = f"sms-gateway.{tenant.domain.split('.')[0]}.example.com"
    options = _sms_options(maker, "Codes") | {
        "provider": "sms_gateway",
        "gateway_url": f"https://{host}/send",
    }
    options |= {"messaging_service_sid": None, "forward_req_info": rng.random() < 0.5}
    if signed:
        tenant.hidden.gateway_secret = maker.ids.text(48)
        options["gateway_authentication"] = {
            "method": "bearer",
            "subject": f"{tenant.domain}:sms",
            "audience": host,
            "secret": tenant.hidden.gateway_secret,
            "secret_base64_encoded": False,
        }
    if rng.random() < 0.5:
        options["use_phone_provider"] = False
    maker.connection("sms", "sms", options, _users(maker))


def _merged(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    if maker.rng.random() < 0.67:
        passwordless_gateway(maker, signed=True)
    else:
        passwordless_twilio(maker, maker.account())


def twilio_provider(
    maker: Maker, account: TwilioAccount, methods: list[str], *, disabled: bool = False
) -> None:
    """A tenant-level provider through this account."""
    configuration: Json = {
        "sid": account.sid,
        "default_from": account.numbers[0],
        "delivery_methods": methods,
    }
    maker.provider("twilio", configuration, {"auth_token": account.token}, disabled=disabled)


def _template(maker: Maker, kind: str) -> None:
    identity = maker.ids.prefixed("tem", 22)
    provider = maker.tenant.provider()
    made = provider["created_at"] if provider else ""
    head: Json = {
        "id": identity,
        "tenant": maker.tenant.domain,
        "channel": "phone",
        "type": kind,
        "disabled": False,
    }
    head |= {"created_at": made, "updated_at": made, "content": default_content(kind)}
    maker.tenant.templates[identity] = head


def _legacy_auth0(maker: Maker) -> None:
    guardian = maker.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "auth0"
    maker.tenant.hidden.evaluation_messages_left = maker.rng.randrange(100)


def _phone_identifier(maker: Maker) -> None:
    database = next(iter(maker.tenant.connections.values()))
    database["options"]["attributes"] = {
        "email": {"identifier": {"active": True}, "signup": {"status": "required"}},
        "phone_number": {"identifier": {"active": True}, "signup": {"status": "optional"}},
    }
    twilio_provider(maker, maker.account(), ["text"])


def _migrated(maker: Maker) -> None:
    account = twilio_mfa(maker, ("sms",))
    if maker.rng.random() < 0.3:
        maker.action(CUSTOM, days_ago=30)
        maker.tenant.guardian.selected_provider, maker.tenant.guardian.twilio = "auth0", None
        maker.provider("custom", {"delivery_methods": ["text", "voice"]}, {})
    else:
        twilio_provider(maker, account, ["text"])
    for kind in ("otp_enroll", "otp_verify"):
        _template(maker, kind)
    maker.tenant.settings["phone_consolidated_experience"] = True


def _toggle_missing_upe(maker: Maker) -> None:
    account = twilio_mfa(maker, ("sms",))
    guardian = maker.tenant.guardian
    guardian.selected_provider, guardian.twilio, guardian.templates = "auth0", None, None
    twilio_provider(maker, account, ["text"])
    no_toggle(maker, upe=True)


def no_toggle(maker: Maker, *, upe: bool) -> None:
    """Takes the toggle away: the tenant is on one side for good."""
    del maker.tenant.settings["phone_consolidated_experience"]
    maker.tenant.hidden.has_toggle = False
    maker.tenant.hidden.upe_without_toggle = upe
    maker.tenant.hidden.legacy_access = LegacyAccess.CLOSED if upe else LegacyAccess.OPEN


def _toggle_missing_legacy(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    no_toggle(maker, upe=False)


def half_migrated(maker: Maker) -> None:
    """Legacy through Twilio, and beside it a provider and a template already."""
    account = twilio_mfa(maker, ("sms",))
    twilio_provider(maker, account, ["text"])
    _template(maker, "otp_verify")


def _broken(maker: Maker) -> None:
    account = twilio_mfa(maker, ("sms",))
    maker.tenant.settings["phone_consolidated_experience"] = True
    if maker.rng.random() < 0.5:
        twilio_provider(maker, account, ["text"], disabled=True)


def _factor_on(maker: Maker) -> None:
    guardian = maker.tenant.guardian
    guardian.factors["sms"], guardian.message_types = True, ["sms"]
    guardian.selected_provider = "twilio"


def _missing_scopes(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    for grant in maker.tenant.grants.values():
        if grant.get("client_id") == maker.tenant.management_client_id:
            grant["scope"] = [scope for scope in MIGRATION if scope not in MISSING]


def _one_way(maker: Maker) -> None:
    twilio_mfa(maker, ("sms",))
    maker.tenant.hidden.legacy_access_ends_on_switch = True


def _same_account(maker: Maker) -> None:
    passwordless_twilio(maker, twilio_mfa(maker, maker.rng.choice((("sms",), ("sms", "voice")))))


SHAPES: dict[Kind, Callable[[Maker], object]] = {
    Kind.NOT_CONFIGURED: lambda _maker: None,
    Kind.TWILIO_SMS: lambda maker: twilio_mfa(maker, ("sms",)),
    Kind.TWILIO_VOICE: lambda maker: twilio_mfa(maker, ("voice",)),
    Kind.TWILIO_BOTH: lambda maker: twilio_mfa(maker, ("sms", "voice")),
    Kind.ACTION_SINGLE: lambda maker: action_mfa(maker, maker.rng.choice(SINGLE)),
    Kind.ACTION_MULTI_TRIGGER: lambda maker: action_mfa(maker, MULTI),
    Kind.PASSWORDLESS_TWILIO: passwordless_twilio,
    Kind.PASSWORDLESS_GATEWAY: lambda maker: passwordless_gateway(maker, signed=maker.rng.random() < 0.6),
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
    Kind.WRONG_CREDENTIALS: lambda maker: twilio_mfa(maker, ("sms",)),
    Kind.ONE_WAY: _one_way,
}
"""How each kind is made; ``empty`` is the bare tenant and isn't furnished either."""
