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
    "mcp-tool",
]
TRIGGERS: tuple[str, ...] = get_args(Trigger)
_FIRST = ("v1",)
_VERSIONS: dict[str, tuple[str, ...]] = {
    "post-login": ("v3", "v2", "v1"),
    "credentials-exchange": ("v2", "v1"),
    "pre-user-registration": ("v2", "v1"),
    "post-user-registration": ("v2", "v1"),
    "post-change-password": ("v2", "v1"),
    "send-phone-message": ("v2", "v1"),
}
"""Versions of a trigger, the current one first; ``v1`` alone where none is named (recorded exchange)."""
_OF_ENTITIES = frozenset({"custom-token-exchange", "event-stream", "password-hash-migration", "mcp-tool"})
_UNLISTED = frozenset({"login-post-identifier", "signup-post-identifier"})


def catalogue() -> list[dict[str, Any]]:
    """Return what ``GET actions/triggers`` lists: each version of each trigger."""
    return [
        _entry(trigger, version, current=version == versions[0])
        for trigger in TRIGGERS
        if trigger not in _UNLISTED
        for versions in (_VERSIONS.get(trigger, _FIRST),)
        for version in versions
    ]


def _entry(trigger: str, version: str, *, current: bool) -> dict[str, Any]:
    older = trigger == "post-login" and current
    return {
        "id": trigger,
        "version": version,
        "status": "CURRENT" if current else "DEPRECATED",
        "runtimes": ["node18-actions", "node22"] if current else ["node22"],
        "default_runtime": "node22" if current else "node12",
        "binding_policy": "entity-bound" if trigger in _OF_ENTITIES else "trigger-bound",
        "compatible_triggers": [{"id": trigger, "version": "v2"}] if older else [],
    }
