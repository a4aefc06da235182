"""A temporary certificate authority, so that any client can use the simulator over https."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = (
    "*.auth0.com",
    "*.eu.auth0.com",
    "*.us.auth0.com",
    "*.au.auth0.com",
    "*.jp.auth0.com",
    "*.uk.auth0.com",
    "*.ca.auth0.com",
    "localhost",
    "127.0.0.1",
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A new authority and the server's side of it; no private key is written anywhere."""

    context: ssl.SSLContext
    certificate: bytes

    def write(self, path: Path) -> Path:
        """Write the authority's certificate (PEM), which is what clients need."""
        path.write_bytes(self.certificate)
        return path


def new_authority() -> Authority:
    """Make an authority and a certificate for every Auth0 region and the loopback address."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(context)
    return Authority(context, authority.cert_pem.bytes())
