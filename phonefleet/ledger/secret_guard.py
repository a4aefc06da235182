"""The last look before something is kept: no field that names a secret may hold a value, no code or URL a key.

Callers redact; this only refuses what they forgot. What is a tenant's ends the work on that tenant alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.errors import LedgerError, NotRecorded
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Plan, canonical
from phonefleet.secrets.patterns import URL_PASSWORD, names_secret_field

_CODE_FIELDS = frozenset(("code", "original", "translation"))
_TOLD_FIELDS = frozenset(("url", "message", "value"))
_ACCEPTED = frozenset((ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL))


def refuse_secrets(value: Any, where: str, domain: str = "") -> None:
    """Raises when a field named like a secret holds a plain string.

    Args:
        value: what is to be kept.
        where: what people call it.
        domain: the tenant that it was read from or is meant for; empty where it is no tenant's.

    Raises:
        NotRecorded: a tenant's content holds one.
        LedgerError: other content does.

    References (`{"$secret": …}`, `env:NAME`, `file:PATH`), masks without a letter or digit and texts that
    say "redacted" are let through.
    """
    for field, inner in _fields(value):
        if names_secret_field(field) and _looks_real(inner):
            raise _refusal(where, f"field {field!r} holds a value; redact it", domain)


def refuse_keys(value: Any, where: str, domain: str) -> None:
    """Raises NotRecorded when an Action's code holds what looks like a key, or a reason or a URL a password.

    What a tenant's own users read (names, message templates) is none of it.
    """
    for field, inner in _fields(value):
        if isinstance(inner, str) and _holds_key(field, inner):
            raise _refusal(where, f"field {field!r} holds a key; mask it", domain)


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field of a JSON value with what it holds, however deep."""
    match value:
        case dict():
            for field, inner in value.items():
                yield field, inner
                yield from _fields(inner)
        case list() | tuple():
            for inner in value:
                yield from _fields(inner)
        case _:
            return


def _refusal(where: str, fact: str, domain: str) -> NotRecorded | LedgerError:
    message = f"{where}: {fact} before it is recorded"
    return NotRecorded(domain, message) if domain else LedgerError(message)


def _holds_key(field: str, text: str) -> bool:
    if field in _CODE_FIELDS:
        return mask_secrets(text) != text
    return field in _TOLD_FIELDS and "://" in text and bool(URL_PASSWORD.search(text))


def accepts_keys(plan: Plan) -> bool:
    """Whether the operator has said, by name, that what looks like a key in this plan is none."""
    return any(warning.code in _ACCEPTED for warning in plan.warnings)


def _looks_real(value: Any) -> bool:
    if not isinstance(value, str) or "redacted" in value.lower() or value.startswith(("env:", "file:")):
        return False
    return any(c.isalnum() for c in value)


def text_of(fact: BaseModel, where: str, domain: str) -> str:
    """The canonical JSON to keep of a fact about a tenant.

    Raises:
        NotRecorded: it holds a key.
    """
    content = fact.model_dump(mode="json")
    refuse_keys(content, where, domain)
    return canonical(content).decode()
