"""Sample messages: the variables that Auth0 documents for each plane, with the same values on all of them.

The values are listed in `docs/explanation/message-texts.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from phonefleet.model.message_texts import MessagePlane

CODE: Final = "123456"
RECIPIENT: Final = "+15005550006"
APPLICATION: Final[Mapping[str, Any]] = {
    "name": "Shop & Co",
    "clientID": "bQxR4tHcN2yWm8ZsKp3vL7dJ",
    "client_metadata": {"brand": "Acme", "region": "eu"},
}
_DOMAIN: Final = {"domain": "login.acme.example", "domain_metadata": {"brand": "Acme", "region": "eu"}}
_LEGACY_TYPE: Final = {"text": "sms", "voice": "voice"}


@dataclass(frozen=True, slots=True)
class MessageSample:
    """What differs between samples: the tenant's friendly name, its own name, and the user's locale."""

    friendly_name: str
    locale: str
    tenant: str = "acme"

    def context(self, plane: MessagePlane, method: str, connection: str = "") -> dict[str, Any]:
        """Return the legacy variables of a message (Auth0 documentation, see `docs/explanation/message-texts.md`)."""
        match plane:
            case MessagePlane.MFA:
                return self._guardian(method)
            case MessagePlane.PASSWORDLESS:
                return self._connection()
            case MessagePlane.PHONE_IDENTIFIER:
                return self.phone_template(method, connection)

    def _guardian(self, method: str) -> dict[str, Any]:
        return {
            "message_type": _LEGACY_TYPE[method],
            "code": _code(method),
            "pause": "",
            "locale": self.locale,
            "requestInfo": {"lang": "en-US,en;q=0.9"},
            "tenant": {"friendly_name": self.friendly_name, "friendlyName": self.friendly_name},
            "custom_domain": _DOMAIN,
        }

    def _connection(self) -> dict[str, Any]:
        return {
            "code": CODE,
            "password": CODE,
            "phone_number": RECIPIENT,
            "application": dict(APPLICATION),
            "request_language": self.locale,
        }

    def phone_template(self, method: str, connection: str = "") -> dict[str, Any]:
        """Return the variables of a phone template ("Supported Liquid Syntax for Phone Templates")."""
        return {
            "tenant": self.tenant,
            "friendly_name": self.friendly_name,
            "support_email": "support@acme.example",
            "support_url": "https://acme.example/support",
            "logo_url": "https://acme.example/logo.png",
            "home_url": "https://acme.example",
            "region": "eu",
            "locale": self.locale,
            "code": _code(method),
            "pause": "",
            "connection": connection,
            "user": _USER,
            "client": {
                "name": APPLICATION["name"],
                "clientID": APPLICATION["clientID"],
                "metadata": APPLICATION["client_metadata"],
            },
            "application": dict(APPLICATION),
            "organization": _ORGANIZATION,
            "custom_domain": _DOMAIN,
        }


_USER: Final[Mapping[str, Any]] = {
    "name": "Jo Doe",
    "nickname": "jo",
    "given_name": "Jo",
    "family_name": "Doe",
    "picture": "https://acme.example/jo.png",
    "login_count": 3,
    "user_metadata": {"lang": "en"},
    "app_metadata": {"plan": "basic"},
    "email_verified": True,
    "email": "jo@example.com",
    "phone_number": RECIPIENT,
    "phone_verified": True,
    "multifactor": ["guardian"],
    "source_ip": "203.0.113.7",
    "country": "US",
    "city": "Denver",
}
_ORGANIZATION: Final[Mapping[str, Any]] = {
    "id": "org_9ybsU1dN2dKfDkBi",
    "name": "north",
    "display_name": "North & Sons",
    "metadata": {"tier": "gold"},
    "branding": {
        "logo_url": "https://acme.example/north.png",
        "colors": {"primary": "#336699", "page_background": "#ffffff"},
    },
}


def _code(method: str) -> str:
    """Return the code; spoken, its digits are separated by dots.

    That is documented for the legacy side, and assumed for the new one.
    """
    return ".".join(CODE) if method == "voice" else CODE


def translation_samples() -> tuple[MessageSample, ...]:
    """Return the samples on which a translated template must say the same as the original."""
    names = ("Acme", "O'Hara & Söhne <GmbH>")
    return tuple(
        MessageSample(name, locale) for name in names for locale in ("en", "en-US", "fr-CA", "es", "")
    )


def tenant_samples(friendly_name: str, tenant: str) -> tuple[MessageSample, ...]:
    """Return the samples on which a tenant's messages are compared, with its own names."""
    name = friendly_name or tenant
    return tuple(MessageSample(name, locale, tenant) for locale in ("en", "en-US", "fr-CA", "es", "de", ""))
