"""The messages of a tenant-level provider without templates of its own (recorded exchanges)."""

from __future__ import annotations

from typing import Any

LISTED_DEFAULTS = ("blocked_account", "change_password", "otp_enroll", "otp_verify")
"""The types whose defaults ``GET branding/phone/templates`` lists, in its order."""

_PLACE = (
    "{{user.source_ip}}{% if user.city %} from {{user.city}}, {{user.country}}"
    "{% elsif user.country %} from {{user.country}}{% endif %}."
)
_BLOCKED = (
    f"We detected suspicious activity on your account from the ip {_PLACE} Logins from this IP have been "
    "blocked on your account. If this is your IP, please reset your password to unblock your account. "
    "Otherwise, disregard this message."
)
_BREACH = f"We Detected a security breach in your account. Please reset your password. {_PLACE}"


def _spoken(what: str) -> str:
    code = "{{ pause }} {{ code | escape }}"
    name = "{{ friendly_name | escape }}"
    return f"Hello. Your {what} code for {name} is {code}. I repeat, your {what} code is {code}"


def _written(what: str) -> str:
    return f"{{{{ code | escape }}}} is your {what} code for {{{{ friendly_name | escape }}}}"


_BODIES = {
    "otp_verify": {"text": _written("verification"), "voice": _spoken("verification")},
    "otp_enroll": {
        "text": _written("verification") + ". Please enter this code to verify your enrollment.",
        "voice": _spoken("verification"),
    },
    "change_password": {"text": _written("password change"), "voice": _spoken("password change")},
    "blocked_account": {"text": _BLOCKED, "voice": _BLOCKED},
    "password_breach": {"text": _BREACH, "voice": _BREACH},
}


def default_content(kind: str) -> dict[str, Any]:
    """Return syntax and text of a template type's default."""
    return {"syntax": "liquid", "body": dict(_BODIES[kind])}
