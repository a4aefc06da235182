"""What sent a tenant's messages before: a Twilio account, or a connection's SMS gateway."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

GATEWAY_SECRET: Final = "GATEWAY_SECRET"  # noqa: S105  the secret's name
TWILIO_SECRET: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105  the secret's name
TIMEOUT_MS: Final = 30_000
"""How long Auth0 waits for a gateway (page "Set Up Custom SMS Gateway for Passwordless Connections")."""


@dataclass(frozen=True, slots=True)
class GatewayAuthentication:
    """The claims of a gateway's bearer token; the shared secret itself is never held here."""

    subject: str | None
    audience: str
    secret_base64_encoded: bool = False


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The gateway of a connection.

    ``gateway_url`` is absolute; ``sender`` is the connection's ``from``; ``connection`` its name.
    """

    gateway_url: str = field(repr=False)
    sender: str | None = None
    forward_req_info: bool = False
    authentication: GatewayAuthentication | None = None
    connection: str = "sms"

    def to_json(self) -> dict[str, Any]:
        """The settings as plain data, the original of a verification in mode ``gateway``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TwilioRoute:
    """A Twilio account: ``sender`` or ``messaging_service_sid``; calls always need ``sender``.

    ``secret_name`` names the Action secret that holds the account's AuthToken.
    """

    sid: str
    sender: str | None = None
    messaging_service_sid: str | None = None
    secret_name: str = TWILIO_SECRET


@dataclass(frozen=True, slots=True)
class PasswordlessRoute:
    """A Passwordless SMS connection, by name, and what sent its messages."""

    connection: str
    via: GatewaySettings | TwilioRoute
