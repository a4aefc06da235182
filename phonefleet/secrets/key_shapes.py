"""What tells a secret from other text: the name it is given to, and how it looks."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "[redacted]"

# What an Action's code holds in plain sight though it looks generated: SIDs of Twilio's that name things (accounts,
# messaging and Verify services, messages, calls, templates), identifiers of Auth0's, UUIDs, names of headers and of
# variables, dates, addresses.
_PUBLIC: Final = re.compile(
    r"(?:AC|MG|VA|SM|MM|CA|HX|PN)[0-9a-f]{32}|(?:con|org|act|rol)_\w+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[xX]-[\w-]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[\d.:TZ+-]+|v?\d+(?:\.\d+)+[\w.-]*|\w+://.*|[\w.-]+\.[a-z]{2,}(?:/.*)?|[\w.+-]+@[\w.-]+"
)
_GENERATED: Final = re.compile(r"[\w+/.~=-]{16,}")
_NAMED: Final = re.compile(
    r"token$|secret|passw(?:or)?d|passphrase|pwd|^pass$|authorization|credential"
    r"|(?:api|auth|private|access|account|shared|subscription|master|encryption|signing|hmac)[_-]?key",
    re.IGNORECASE,
)
_HOLDS: Final = re.compile(
    r"(?:token|secret|(?:api|auth|private|access|signing|hmac|secret)[_-]?key)$", re.IGNORECASE
)
_HOLDS_PASSWORD: Final = re.compile(r"(?:passw(?:or)?d|passphrase|pwd)$", re.IGNORECASE)
_SCHEME: Final = re.compile(r"^(?:Basic|Bearer|Token|Key|App|ApiKey|AccessKey)\s+", re.IGNORECASE)
_WORDS: Final = frozenset(
    (
        "string",
        "required",
        "optional",
        "missing",
        "invalid",
        "expired",
        "undefined",
        "unknown",
        "bearer",
        "hidden",
    )
)
LEAST: Final = 6
"""Shorter values are no secrets, and to mask them wherever they turn up would leave no text readable."""


def names_secret(name: str) -> bool:
    """Whether a name, of a variable, a member or a parameter, tells that its value may be a secret."""
    return bool(_NAMED.search(name))


def without_scheme(value: str) -> str:
    """The value of an Authorization header without the word before the credential."""
    return _SCHEME.sub("", value, count=1)


def is_value(value: str) -> bool:
    """A single word with a digit or a mark in it: no sentence, no name of a header or of another secret."""
    value = without_scheme(value)
    if len(value) < LEAST or MASK in value or _PUBLIC.fullmatch(value) or re.search(r"\s", value):
        return False
    return bool(re.search(r"[\d!#$%&*@^~=]", value))


def is_plain_value(name: str, value: str) -> bool:
    """Plain words are taken for a secret only where the name can mean nothing else, and only a password has spaces."""
    password = bool(_HOLDS_PASSWORD.search(name))
    if not (password or _HOLDS.search(name)) or len(value) < LEAST or MASK in value:
        return False
    if _PUBLIC.fullmatch(value) or names_secret(value) or value.lower() in _WORDS:
        return False
    return password or bool(re.fullmatch(r"\S+", value))


def looks_generated(value: str) -> bool:
    """Letters and digits mixed, long, and of many kinds: what a machine made up."""
    if _PUBLIC.fullmatch(value) or not _GENERATED.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    return digits >= 3 and letters >= 3 and len(set(value)) >= 8
