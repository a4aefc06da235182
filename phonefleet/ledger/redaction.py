"""The last look before something is kept: no field that names a secret may hold a value.

Callers redact; this only refuses what they forgot.
"""

from __future__ import annotations

from typing import Any

from phonefleet.errors import LedgerError

SECRET_FIELDS = frozenset(
    ("auth_token", "client_secret", "twilio_token", "access_token", "password", "secret", "gateway_secret")
)


def refuse_secrets(value: Any, where: str) -> None:
    """Raises LedgerError when a field named like a secret holds a plain string.

    References (`{"$secret": …}`, `env:NAME`, `file:PATH`), masks without a letter or digit and texts that
    say "redacted" are let through.
    """
    match value:
        case dict():
            for key, inner in value.items():
                if key in SECRET_FIELDS and _looks_real(inner):
                    raise LedgerError(
                        f"{where}: field {key!r} holds a value; redact it before it is recorded"
                    )
                refuse_secrets(inner, where)
        case list() | tuple():
            for inner in value:
                refuse_secrets(inner, where)
        case _:
            return


def _looks_real(value: Any) -> bool:
    if not isinstance(value, str) or "redacted" in value.lower() or value.startswith(("env:", "file:")):
        return False
    return any(c.isalnum() for c in value)
