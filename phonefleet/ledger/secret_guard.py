"""The last check before a record is written: no field named like a secret holds a value, no code or URL a key.

Callers redact; this refuses what they missed. A refusal of a tenant's content ends the work on that tenant only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from configs import Scheme
from phonefleet.errors import LedgerError, NotRecorded
from phonefleet.model.canonical import canonical
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.patterns import URL_PASSWORD, names_secret_field

_CODE_FIELDS = frozenset(("code", "original", "translation"))
_REFERENCES = tuple(f"{scheme}:" for scheme in Scheme)
_TEXT_FIELDS = frozenset(("url", "message", "value"))


def refuse_secrets(value: Any, where: str, domain: str = "") -> None:
    """Refuse a field named like a secret that holds a plain string.

    References (`{"$secret": …}`, `env:NAME`, `file:PATH`), masks without a letter or digit, and texts that contain
    "redacted" pass.

    Args:
        value: The JSON value to be recorded.
        where: Its name in messages.
        domain: The tenant that it was read from or is meant for; empty if there is none.

    Raises:
        NotRecorded: A tenant's content holds a secret.
        LedgerError: Other content does.
    """
    for field, inner in _fields(value):
        if names_secret_field(field) and _looks_real(inner):
            raise _refusal(where, f"field {field!r} holds a value; redact it", domain)


def refuse_keys(value: Any, where: str, domain: str) -> None:
    """Refuse code that holds what looks like a key, and a reason or URL that holds a password.

    Names and message templates, which a tenant's own users read, pass. Of the values that this process knows, the
    operator's and this tenant's own are refused: what another tenant returns must not keep this one out of
    the ledger.

    Raises:
        NotRecorded: The value holds one.
    """
    for field, inner in _fields(value):
        if not isinstance(inner, str):
            continue
        in_code = field in _CODE_FIELDS and _is_masked(inner)
        if in_code or (field in _TEXT_FIELDS and "://" in inner and URL_PASSWORD.search(inner)):
            raise _refusal(where, f"field {field!r} holds a key; mask it", domain)
        if KNOWN.is_in(inner, domain):
            raise _refusal(where, f"field {field!r} holds a secret that this run uses or reads", domain)


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field of a JSON value with its value, at any depth."""
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


def _looks_real(value: Any) -> bool:
    if not isinstance(value, str) or "redacted" in value.lower() or value.startswith(_REFERENCES):
        return False
    return any(c.isalnum() for c in value)


def text_of(fact: BaseModel, where: str, domain: str) -> str:
    """Return the canonical JSON to record of a fact about a tenant.

    Raises:
        NotRecorded: It holds a key.
    """
    content = fact.model_dump(mode="json")
    refuse_keys(content, where, domain)
    return canonical(content).decode()


def _is_masked(code: str) -> bool:
    """Return whether code holds a key that would be masked."""
    # Imported here: commands that only read a ledger start faster without a parser.
    from phonefleet.actions.embedded_secrets import mask_secrets

    return mask_secrets(code) != code
