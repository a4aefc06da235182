"""How phonefleet's application authenticates at the token endpoint.

Source: Auth0 documentation, "Application Authentication Methods" and "Authenticate with Private Key JWT": the
assertion names the application as issuer and subject and the tenant as audience; its `jti` is used once, and it
lasts five minutes at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from phonefleet.errors import CredentialsRejected
from phonefleet.model.enums import ReasonCode

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME: Final = 120
"""Seconds: longer than a request may take with its retries, and below Auth0's limit."""
_SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class ClientAuthentication(Protocol):
    """A way in which an application authenticates."""

    async def loaded(self) -> ClientAuthentication:
        """Return the same with the credential read, in a thread: a command or a keyring may take seconds."""

    def fields(self, domain: str, client_id: str, now: float) -> dict[str, str]:
        """Return the fields to add to one token request; each value is secret.

        Args:
            domain: the tenant's canonical domain.
            client_id: the application.
            now: seconds since 1970.

        Raises:
            CredentialsRejected: the credential cannot be used.
        """


@dataclass(frozen=True)
class ClientSecretPost:
    """Sends the client secret.

    Attributes:
        secret: returns the secret; called for every token request, its result never kept.
    """

    secret: Callable[[], SecretStr]

    async def loaded(self) -> ClientSecretPost:
        """Return the same with the secret read."""
        value = await asyncio.to_thread(self.secret)
        return ClientSecretPost(lambda: value)

    def fields(self, domain: str, client_id: str, now: float) -> dict[str, str]:  # noqa: ARG002
        """Return the secret."""
        return {"client_secret": self.secret().get_secret_value()}


@dataclass(frozen=True)
class PrivateKeyJwt:
    """Sends an assertion that is signed with a private key.

    Attributes:
        private_key: returns the key in PEM form; called for every token request, its result never kept.
        algorithm: `RS256`, `PS256` or `ES256`; None for `RS256` with an RSA key and `ES256` with a P-256 key.
    """

    private_key: Callable[[], SecretStr]
    algorithm: str | None = None

    async def loaded(self) -> PrivateKeyJwt:
        """Return the same with the key read."""
        value = await asyncio.to_thread(self.private_key)
        return PrivateKeyJwt(lambda: value, self.algorithm)

    def fields(self, domain: str, client_id: str, now: float) -> dict[str, str]:
        """Return a new assertion, which Auth0 accepts once."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": f"https://{domain}/",
            "iat": int(now),
            "exp": int(now) + _LIFETIME,
            "jti": str(uuid4()),
        }
        key = _load(self.private_key())
        fits = ("ES256",) if isinstance(key, ec.EllipticCurvePrivateKey) else ("RS256", "PS256")
        algorithm = self.algorithm or fits[0]
        if key is None or algorithm not in fits:
            text = f"cannot sign with {algorithm}" if key else "is no RSA key and no P-256 key in PEM form"
            raise CredentialsRejected(
                domain,
                f"private_key of client {client_id} {text}. Give the PEM file of the key that is registered for the "
                "application, without a passphrase, and the signing_algorithm that belongs to it",
                reason=ReasonCode.PRIVATE_KEY_UNUSABLE,
            )
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, key, algorithm),
        }


def _load(pem: SecretStr) -> _SigningKey | None:
    """Return the key, None for text that is no usable key."""
    try:
        key = load_pem_private_key(pem.get_secret_value().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    match key:
        case rsa.RSAPrivateKey():
            return key
        case ec.EllipticCurvePrivateKey() if isinstance(key.curve, ec.SECP256R1):
            return key
        case _:
            return None
