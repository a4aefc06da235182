"""Phone numbers as people may read them: all digits but the last two are hidden."""

from __future__ import annotations

import re

from phonefleet.secrets import find_secret_like

_HIDDEN_DIGIT = re.compile(r"\d(?=(?:\D*\d){2})")
_GAP = r"[\s.\-/\u2010-\u2015]{0,2}"
_NUMBER = re.compile(rf"(?<!\d)\d(?:{_GAP}(?:\((?=\d{{1,4}}\))|\){_GAP})?\d){{6,}}")
"""Seven digits or more, however they are grouped; error codes are shorter, and in brackets longer than an area."""


def mask_number(number: str) -> str:
    """`+15551234567` as `+*********67`; masking twice changes nothing."""
    return _HIDDEN_DIGIT.sub("*", number)


def mask_numbers(text: str) -> str:
    """A text that somebody else wrote, such as an error in a tenant's log: its phone numbers masked.

    A text that looks like it holds a secret is withheld whole, and says as what: where its value begins and ends is
    not certain.
    """
    if found := find_secret_like(text):
        return f"[withheld: {', '.join(found)}]"
    return _NUMBER.sub(lambda match: mask_number(match[0]), text)
