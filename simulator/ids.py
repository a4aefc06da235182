"""Identifiers and credentials in Auth0's and Twilio's formats, from one random source."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random
from uuid import UUID

_BASE62 = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def draw(*parts: object) -> Random:
    """Return a random source that depends on ``parts`` and on nothing else."""
    return Random(":".join(str(part) for part in parts))  # noqa: S311 - made-up data has no need of secrecy


@dataclass(frozen=True, slots=True)
class Ids:
    """Draws identifiers; the same source in the same state gives the same ones."""

    rng: Random

    def text(self, length: int, alphabet: str = _BASE62) -> str:
        """Return random text."""
        return "".join(self.rng.choices(alphabet, k=length))

    def prefixed(self, prefix: str, length: int) -> str:
        """``con_…``, ``pro_…``, ``tem_…``, ``cgr_…``."""
        return f"{prefix}_{self.text(length)}"

    def uuid(self) -> str:
        """Return an id as Actions, versions and bindings have."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def client_id(self) -> str:
        """Return an application's client id."""
        return self.text(32)

    def client_secret(self) -> str:
        """Return an application's client secret."""
        return self.text(64, _BASE62 + "-_")

    def twilio(self, prefix: str) -> str:
        """Return a Twilio SID: ``AC…`` for accounts, ``MG…`` for messaging services."""
        return prefix + self.text(32, _HEX)

    def twilio_token(self) -> str:
        """Return a Twilio AuthToken."""
        return self.text(32, _HEX)

    def number(self) -> str:
        """Return a phone number of the range that is reserved for fiction."""
        return f"+1{self.rng.choice((212, 305, 415, 503, 617, 702))}55501{self.rng.randrange(100):02d}"
