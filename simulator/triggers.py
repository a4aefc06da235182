"""The triggers that Actions can serve, with the versions and runtimes that Auth0 offers for them."""

from __future__ import annotations

from typing import Any, Literal, get_args

Trigger = Literal[
    "post-login",
    "credentials-exchange",
    "pre-user-registration",
    "post-user-registration",
    "post-change-password",
    "send-phone-message",
    "custom-phone-provider",
    "custom-email-provider",
    "password-reset-post-challenge",
    "custom-token-exchange",
    "event-stream",
    "password-hash-migration",
    "login-post-identifier",
    "signup-post-identifier",
]
TRIGGERS: tuple[str, ...] = get_args(Trigger)
_VERSIONS = {"post-login": "v3", "credentials-exchange": "v2", "send-phone-message": "v2"}


def catalogue() -> list[dict[str, Any]]:
    """What ``GET actions/triggers`` lists."""
    return [
        {
            "id": trigger,
            "version": _VERSIONS.get(trigger, "v1"),
            "status": "CURRENT",
            "runtimes": ["node18-actions", "node22"],
            "default_runtime": "node22",
        }
        for trigger in TRIGGERS
    ]
