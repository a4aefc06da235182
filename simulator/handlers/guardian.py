"""Multi-factor settings: factors, phone message types, and the legacy provider and templates.

An endpoint under ``phone`` and its twin under ``sms`` read and write the same thing.
"""

from __future__ import annotations

from simulator.bodies import guardian_bodies
from simulator.errors import ApiError, deprecated_feature
from simulator.operations import Call, Operation, Reply
from simulator.state import FACTORS, Json

READ = ("read:guardian_factors",)
UPDATE = ("update:guardian_factors",)
METHOD_OF = {"sms": "text", "voice": "voice"}
"""A factor's message type and the delivery method that serves it."""


def get_factors(call: Call) -> Reply:
    """Return all factors, on or off."""
    factors = call.tenant.guardian.factors
    return Reply(200, [{"name": n, "enabled": on, "trial_expired": False} for n, on in factors.items()])


def put_factor(call: Call) -> Reply:
    """Enable or disable one factor."""
    name = call.path["name"]
    if name not in FACTORS:
        raise ApiError(
            400, f"Path validation error: 'Invalid value \"{name}\"' on property name.", "invalid_uri"
        )
    call.tenant.guardian.factors[name] = call.body["enabled"]
    return Reply(200, {"enabled": call.body["enabled"]})


def get_message_types(call: Call) -> Reply:
    """Return the phone message types users may choose from."""
    return Reply(200, {"message_types": list(call.tenant.guardian.message_types)})


def put_message_types(call: Call) -> Reply:
    """Set the phone message types; the tenant-level provider must deliver them.

    It also answers 200 while the factor is off (recorded exchange).
    """
    tenant, wanted = call.tenant, list(dict.fromkeys(call.body["message_types"]))
    provider = tenant.provider()
    covered = set() if provider is None else set(provider["configuration"]["delivery_methods"])
    if tenant.flag and not {METHOD_OF[item] for item in wanted} <= covered:
        raise ApiError(409, "Message Type is not supported by the configured phone provider")
    tenant.guardian.message_types = wanted
    return Reply(200, {"message_types": wanted})


_UNSET: Json = dict.fromkeys(("auth_token", "sid", "from", "messaging_service_sid"))


def _legacy_only(call: Call, what: str) -> None:
    if not call.tenant.legacy_open:
        raise deprecated_feature(what)


def get_twilio(call: Call) -> Reply:
    """Return the legacy Twilio configuration with its token; empty at first (recorded)."""
    _legacy_only(call, "provider")
    return Reply(200, dict(call.tenant.guardian.twilio or {}))


def put_twilio(call: Call) -> Reply:
    """Replace the legacy Twilio configuration; the answer echoes what was sent."""
    _legacy_only(call, "provider")
    call.tenant.guardian.twilio = _UNSET | call.body
    return Reply(200, dict(call.body))


def get_selected(call: Call) -> Reply:
    """Return which legacy provider sends."""
    _legacy_only(call, "provider")
    return Reply(200, {"provider": call.tenant.guardian.selected_provider})


def put_selected(call: Call) -> Reply:
    """Choose the legacy provider."""
    _legacy_only(call, "provider")
    call.tenant.guardian.selected_provider = call.body["provider"]
    return Reply(200, {"provider": call.body["provider"]})


def get_templates(call: Call) -> Reply:
    """Return the legacy messages; 204 before the first PUT."""
    _legacy_only(call, "templates")
    templates = call.tenant.guardian.templates
    return Reply(204) if templates is None else Reply(200, dict(templates))


def put_templates(call: Call) -> Reply:
    """Replace the legacy messages."""
    _legacy_only(call, "templates")
    call.tenant.guardian.templates = dict(call.body)
    return Reply(200, dict(call.body))


def get_phone_settings(call: Call) -> Reply:
    """Return how long a code is, in digits, and lasts, in seconds."""
    return Reply(200, dict(call.tenant.guardian.phone_settings))


def put_phone_settings(call: Call) -> Reply:
    """Set how long a code is, in digits, and lasts, in seconds."""
    call.tenant.guardian.phone_settings = dict(call.body)
    return Reply(200, dict(call.body))


def get_guardian_settings(call: Call) -> Reply:
    """Return the general settings of multi-factor authentication."""
    return Reply(200, dict(call.tenant.guardian.settings))


def put_guardian_settings(call: Call) -> Reply:
    """Replace the general settings of multi-factor authentication."""
    call.tenant.guardian.settings = dict(call.body)
    return Reply(200, dict(call.body))


def get_policies(call: Call) -> Reply:
    """Return when multi-factor authentication is required; an empty list means never."""
    return Reply(200, list(call.tenant.guardian.policies))


def put_policies(call: Call) -> Reply:
    """Replace the policies."""
    call.tenant.guardian.policies = list(call.body)
    return Reply(200, list(call.body))


def _twins() -> list[Operation]:
    operations: list[Operation] = []
    for twin in ("phone", "sms"):
        base = f"/guardian/factors/{twin}"
        twilio, selected, templates = (
            f"{base}/providers/twilio",
            f"{base}/selected-provider",
            f"{base}/templates",
        )
        kind = "Phone" if twin == "phone" else "SMS"
        operations += [
            Operation(
                "GET", twilio, READ, get_twilio, f"Get Twilio {kind} configuration", reads_secret=_has_token
            ),
            Operation(
                "PUT",
                twilio,
                UPDATE,
                put_twilio,
                f"Update Twilio {kind} configuration",
                guardian_bodies.GUARDIAN_TWILIO,
            ),
            Operation("GET", selected, READ, get_selected, f"Get {kind} provider"),
            Operation(
                "PUT",
                selected,
                UPDATE,
                put_selected,
                f"Update {kind} provider",
                guardian_bodies.SELECTED_PROVIDER,
            ),
            Operation(
                "GET", templates, READ, get_templates, f"Get {kind} enrollment and verification templates"
            ),
            Operation(
                "PUT",
                templates,
                UPDATE,
                put_templates,
                f"Update {kind} enrollment and verification templates",
                guardian_bodies.GUARDIAN_TEMPLATES,
            ),
        ]
    return operations


def _has_token(body: Json) -> bool:
    return bool(body.get("auth_token"))


_TYPES = "/guardian/factors/phone/message-types"
_PHONE, _ALL = "/guardian/factors/phone/settings", "/guardian/settings"
OPERATIONS = (
    Operation(
        "GET", "/guardian/factors", READ, get_factors, "Get factors and multi-factor authentication details"
    ),
    Operation("GET", _TYPES, READ, get_message_types, "Get enabled phone factors"),
    Operation(
        "PUT",
        _TYPES,
        UPDATE,
        put_message_types,
        "Update enabled phone factors",
        guardian_bodies.MESSAGE_TYPES,
    ),
    *_twins(),
    Operation("GET", _PHONE, READ, get_phone_settings, "Get phone factor settings"),
    Operation(
        "PUT",
        _PHONE,
        UPDATE,
        put_phone_settings,
        "Update phone factor settings",
        guardian_bodies.PHONE_SETTINGS,
    ),
    Operation("GET", _ALL, READ, get_guardian_settings, "Get guardian settings"),
    Operation(
        "PUT",
        _ALL,
        UPDATE,
        put_guardian_settings,
        "Update guardian settings",
        guardian_bodies.GUARDIAN_SETTINGS,
    ),
    Operation(
        "PUT",
        "/guardian/factors/{name}",
        UPDATE,
        put_factor,
        "Update a multi-factor factor",
        guardian_bodies.FACTOR,
    ),
    Operation("GET", "/guardian/policies", ("read:mfa_policies",), get_policies, "Get multi-factor policies"),
    Operation(
        "PUT",
        "/guardian/policies",
        ("update:mfa_policies",),
        put_policies,
        "Update policies",
        guardian_bodies.POLICIES,
    ),
)
