"""Mask phone numbers: all digits but the last two."""

from __future__ import annotations

import re

from phonefleet.secrets.patterns import find_secret_like

_HIDDEN_DIGIT = re.compile(r"\d(?=(?:\D*\d){2})")
_GAP = r"[\s.\-/\u2010-\u2015]{0,2}"
_NUMBER = re.compile(rf"(?<!\d)\d(?:{_GAP}(?:\((?=\d{{1,4}}\))|\){_GAP})?\d){{6,}}")
"""Seven digits or more, however they are grouped. Error codes are shorter; in brackets only an area code is matched."""


def mask_number(number: str) -> str:
    """`+15551234567` as `+*********67`; masking twice changes nothing."""
    return _HIDDEN_DIGIT.sub("*", number)


def mask_numbers(text: str) -> str:
    """Mask the phone numbers in text from outside, such as an error in a tenant's log.

    Text that looks like it holds a secret is withheld completely, with the kind of secret: where the value begins and
    ends is not certain.
    """
    if matches := find_secret_like(text):
        return f"[withheld: {', '.join(map(str, matches))}]"
    return _NUMBER.sub(lambda match: mask_number(match[0]), text)
