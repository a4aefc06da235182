"""The text or voice of a message, rendered as Auth0 documents it for each of the planes.

Legacy multi-factor messages: "Customize Multi-factor Authentication SMS and Voice Messages". Legacy Passwordless:
"Passwordless Authentication with SMS", section Message syntax. Unified Phone Experience: "Supported Liquid Syntax
for Phone Templates".
"""

from __future__ import annotations

import re

from simulator.liquid import render_legacy, render_phone_template
from simulator.phone_templates import default_content
from simulator.state import Json, Tenant

CODE = "381946"
RECIPIENT = "+15005550006"
LEGACY_DEFAULTS = {
    "otp_enroll": (
        "{{code}} is your verification code for {{tenant.friendly_name}}. Please enter this code to verify your "
        "enrollment."
    ),
    "otp_verify": "{{code}} is your verification code for {{tenant.friendly_name}}",
}
"""Guardian's own messages; they are spoken too, because a template has no form of its own for voice."""
CONNECTION_DEFAULT = "Your verification code is: @@password@@"
"""The message of an SMS connection that has none (Auth0 documentation, examples of SMS gateways)."""
_LEGACY_FIELD = {"otp_enroll": "enrollment_message", "otp_verify": "verification_message"}
_MACRO = re.compile(r"@@\s*([\w.]+)\s*@@")
_APPLICATION: Json = {
    "name": "Customer Portal",
    "clientID": "w4xnZFuQzRzbJwYzBbTWmrJrXLZFnhNP",
    "client_metadata": {},
}


def legacy_mfa_text(tenant: Tenant, kind: str, method: str) -> str:
    """Render a legacy second factor's message.

    Raises:
        UnrenderableError: Auth0 cannot render it.
    """
    templates = tenant.guardian.templates or {}
    template = templates.get(_LEGACY_FIELD[kind]) or LEGACY_DEFAULTS[kind]
    return render_legacy(template, _mfa_context(tenant, method))


def legacy_connection_text(options: Json) -> str:
    """Render the code's message of an SMS connection that sends on its own.

    Raises:
        UnrenderableError: Auth0 cannot render it.
    """
    template = options.get("template") or CONNECTION_DEFAULT
    context = _connection_context()
    syntax = options.get("syntax") or ("md_with_macros" if _MACRO.search(template) else "liquid")
    if syntax == "liquid":
        return render_legacy(template, context)
    return _MACRO.sub(lambda macro: _look_up(context, macro[1]), template)


def phone_template_text(tenant: Tenant, kind: str, method: str, connection: str = "") -> str:
    """Render the tenant-level template of a type, or its default.

    Raises:
        UnrenderableError: Auth0 cannot render it.
    """
    own = next((t for t in tenant.templates.values() if t["type"] == kind and not t["disabled"]), None)
    body = own["content"]["body"] if own else default_content(kind)["body"]
    return render_phone_template(body[method] or "", _phone_context(tenant, method, connection))


def _code(method: str) -> str:
    """Return the code; spoken, its digits are separated by dots (Auth0 documentation)."""
    return ".".join(CODE) if method == "voice" else CODE


def _friendly_name(tenant: Tenant) -> str:
    return tenant.settings.get("friendly_name") or tenant.domain.split(".")[0]


def _custom_domain(tenant: Tenant) -> Json:
    domain = next(iter(tenant.hidden.custom_domains), tenant.domain)
    return {"domain": domain, "domain_metadata": {}}


def _mfa_context(tenant: Tenant, method: str) -> Json:
    name = _friendly_name(tenant)
    return {
        "message_type": "voice" if method == "voice" else "sms",
        "code": _code(method),
        "pause": "",
        "locale": "en",
        "requestInfo": {"lang": "en-US,en;q=0.9"},
        "tenant": {"friendlyName": name, "friendly_name": name},
        "custom_domain": _custom_domain(tenant),
    }


def _connection_context() -> Json:
    return {
        "password": CODE,
        "code": CODE,
        "phone_number": RECIPIENT,
        "application": _APPLICATION,
        "request_language": "en",
    }


def _phone_context(tenant: Tenant, method: str, connection: str) -> Json:
    settings = tenant.settings
    return {
        "tenant": tenant.domain.split(".")[0],
        "friendly_name": _friendly_name(tenant),
        "support_email": settings.get("support_email") or "",
        "support_url": settings.get("support_url") or "",
        "logo_url": settings.get("picture_url") or "",
        "home_url": "",
        "region": tenant.domain.split(".")[1] if tenant.domain.count(".") > 2 else "us",
        "locale": "en",
        "code": _code(method),
        "pause": "",
        "connection": connection,
        "user": {
            "name": "Jo Doe",
            "nickname": "jo",
            "email": "jo@example.com",
            "email_verified": True,
            "phone_number": RECIPIENT,
            "phone_verified": True,
            "login_count": 3,
            "user_metadata": {},
            "app_metadata": {},
            "source_ip": "203.0.113.7",
            "country": "US",
            "city": "Denver",
        },
        "client": {
            "name": _APPLICATION["name"],
            "clientID": _APPLICATION["clientID"],
            "metadata": _APPLICATION["client_metadata"],
        },
        "application": _APPLICATION,
        "custom_domain": _custom_domain(tenant),
    }


def _look_up(context: Json, name: str) -> str:
    value: object = context
    for key in name.split("."):
        value = value.get(key, "") if isinstance(value, dict) else ""
    return str(value)
