"""Remove credentials from request logs, tenant logs and state dumps."""

from __future__ import annotations

import hashlib
from typing import Any

HIDDEN = "[hidden]"
_ALWAYS = frozenset(
    {
        "auth_token",
        "twilio_token",
        "client_secret",
        "secret",
        "access_token",
        "gateway_secret",
        "password",
        "token",
        "private_key",
        "client_assertion",
    }
)


def hide(value: Any) -> Any:
    """Return the same JSON with every credential replaced."""
    return _walk(value, lambda _text: HIDDEN)


def fingerprint(value: Any) -> Any:
    """Return the same JSON with digests of credentials, so that a change is visible."""
    return _walk(value, lambda text: "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16])


def _walk(value: Any, replace: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_walk(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    is_secret = "value" in value and ("name" in value or "updated_at" in value)
    return {
        key: replace(item)
        if isinstance(item, str) and item and (key in _ALWAYS or (is_secret and key == "value"))
        else _walk(item, replace)
        for key, item in value.items()
    }
