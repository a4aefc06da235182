"""Stand-ins for secrets: made-up values in the form of the real ones, which a rehearsal never reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from configs import SecretRef, TenantRef
from configs.fleet import SigningAlgorithm
from phonefleet.actions.redacted_text import redact_code, redact_url
from phonefleet.secrets.patterns import MASK

_URL_NAMES = ("_URL", "_ENDPOINT", "_HOST")
_PLAIN = "A1"
"""Begins each stand-in, so that it has letters and digits as a generated key does."""


def made_up(name: str, length: int = 32) -> str:
    """Return a value in hexadecimal digits that depends on nothing but `name`."""
    text = hashlib.sha512(f"phonefleet rehearsal {name}".encode()).hexdigest()
    return (text * (length // len(text) + 1))[:length]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key in PEM that signs assertions, and its public half."""

    private: str
    public: str


class StandIns:
    """The stand-ins of one fleet, by reference; the same reference has the same value wherever it is used."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._pairs: dict[str, KeyPair] = {}

    @property
    def values(self) -> dict[str, str]:
        """Every value that was made so far, by the reference as the fleet file has it."""
        return dict(self._values)

    def of(self, ref: SecretRef, name: str = "") -> str:
        """Return the value of a reference; `name` is that of an Action's secret, whose form it decides."""
        return self._values.setdefault(str(ref), value_for(name, str(ref)))

    def key_pair(self, tenant: TenantRef) -> KeyPair:
        """Return the key that signs the tenant's assertions."""
        reference = str(tenant.credential)
        if reference not in self._pairs:
            self._pairs[reference] = _new_pair(tenant.signing_algorithm)
            self._values[reference] = self._pairs[reference].private
        return self._pairs[reference]


def _new_pair(algorithm: SigningAlgorithm | None) -> KeyPair:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm in (SigningAlgorithm.RS256, SigningAlgorithm.PS256):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())


def value_for(name: str, seed: str) -> str:
    """Return a value in the form that the name of an Action's secret suggests: an address, a number, an SID, a key."""
    upper = name.upper()
    if upper.endswith(_URL_NAMES):
        return f"https://service-{made_up(seed, 8)}.example.com"
    if upper.endswith(("_FROM", "_NUMBER")):
        return f"+1212555{int(made_up(seed, 6), 16) % 10_000:04d}"
    if upper.endswith("ACCOUNT_SID"):
        return f"AC{made_up(seed)}"
    # 64 characters of hexadecimal are also valid Base64, for secrets that are kept encoded.
    return made_up(seed, 64)


def unmasked_code(code: str) -> str:
    """Return code with a stand-in for each masked key; unchanged where it would not be masked in the same way."""
    return _unmasked(code, lambda text: redact_code(text).text)


def unmasked_url(url: str) -> str:
    """Return a URL with a stand-in for each masked key; unchanged where it would not be masked in the same way."""
    return _unmasked(url, lambda text: redact_url(text).text)


def _unmasked(masked: str, mask: Callable[[str], str]) -> str:
    parts = masked.split(MASK)
    filled = parts[0]
    for number, part in enumerate(parts[1:]):
        filled += _PLAIN + made_up(f"{number} of {parts[0]}", 30) + part
    return filled if mask(filled) == masked else masked
