"""Keys that somebody pasted where Auth0 shows them to every reader: into an Action's code, into a gateway's URL.

What is kept and shown has a mask in place of each, and a fingerprint that tells of every change behind the mask.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NamedTuple

from pydantic import SecretStr

from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.secrets.url_keys import mask_url

_COST = 2**14
"""A try takes 16 MB and some hundredths of a second: whoever has the masked text must guess a short key slowly."""
_LENGTH = 16


class RedactedText(NamedTuple):
    """A text as it may be kept: masked, with the fingerprint and the text itself where something was masked."""

    text: str
    fingerprint: str = ""
    whole: SecretStr | None = None


def readable_code(code: str) -> RedactedText:
    """An Action's code without the keys among its literals."""
    return _readable(code, mask_secrets(code))


def readable_url(url: str) -> RedactedText:
    """A gateway's URL without user, password and keys."""
    return _readable(url, mask_url(url))


def _readable(whole: str, text: str) -> RedactedText:
    return (
        RedactedText(text)
        if text == whole
        else RedactedText(text, _fingerprint(whole, text), SecretStr(whole))
    )


@lru_cache(maxsize=1024)
def _fingerprint(whole: str, text: str) -> str:
    """The same for the same text in every run, with the masked text as its salt."""
    raw, salt = (each.encode("utf-8", "surrogatepass") for each in (whole, text))
    return hashlib.scrypt(raw, salt=salt, n=_COST, r=8, p=1, dklen=_LENGTH).hex()
