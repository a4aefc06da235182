"""Keys pasted where Auth0 shows them to every reader: in an Action's code, in a gateway's URL.

What is kept and shown has a mask in place of each key, and a fingerprint that changes with the masked value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from pydantic import SecretStr

from phonefleet.actions.embedded_secrets import literal_secrets, mask_secrets
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.url_keys import mask_url, url_keys

_COST = 2**14
"""One guess takes 16 MB and some hundredths of a second, so that a short key is slow to guess from its fingerprint."""
_LENGTH = 16


class RedactedText(NamedTuple):
    """A text that may be kept: masked; where something was masked, with its fingerprint and the original."""

    text: str
    fingerprint: str = ""
    original: SecretStr | None = None


def redact_code(code: str, domain: str = "") -> RedactedText:
    """Mask the keys among the literals of an Action's code, and remember them as the tenant's if one is given."""
    masked = mask_secrets(code)
    if masked != code and domain:
        _remember(domain, literal_secrets(code))
    return _redacted(code, masked)


def redact_url(url: str, domain: str = "") -> RedactedText:
    """Mask user, password and keys of a gateway's URL, and remember them as the tenant's if one is given."""
    if domain:
        _remember(domain, (unquote(url[key.start : key.end]) for key in url_keys(url)))
    return _redacted(url, mask_url(url))


def _remember(domain: str, keys: Iterable[str]) -> None:
    """The keys are masked elsewhere, too."""
    for key in keys:
        KNOWN.add_of(domain, key)


@lru_cache(maxsize=1024)
def _redacted(original: str, text: str) -> RedactedText:
    """The fingerprint is the same in every run; its salt is the masked text."""
    if text == original:
        return RedactedText(text)
    raw, salt = (each.encode("utf-8", "surrogatepass") for each in (original, text))
    fingerprint = hashlib.scrypt(raw, salt=salt, n=_COST, r=8, p=1, dklen=_LENGTH).hex()
    return RedactedText(text, fingerprint, SecretStr(original))
