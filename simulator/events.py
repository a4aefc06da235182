"""The events with which Auth0 calls an Action to send a phone message.

Sources: the event references of ``custom-phone-provider`` (v1) and of ``send-phone-message`` (v2; v1 is flat).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.message_texts import CODE, RECIPIENT
from simulator.state import Action, Json, Tenant, Version

_ACTION = {"otp_enroll": "enrollment", "otp_verify": "second-factor-authentication"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send.

    Attributes:
        kind: template type, such as ``otp_verify``.
        method: ``text`` or ``voice``.
        text: what the user reads or hears, if it is sent as Auth0 rendered it.
        connection: name of the SMS connection whose code it is; empty for a second factor.
    """

    kind: str
    method: str
    text: str = f"{CODE} is your verification code"
    recipient: str = RECIPIENT
    connection: str = ""

    def as_json(self) -> Json:
        """For the control plane."""
        return {"type": self.kind, "method": self.method, "text": self.text}


def secrets_of(version: Version) -> dict[str, str]:
    """``event.secrets``."""
    return {name: secret.value for name, secret in version.secrets.items()}


def _request() -> Json:
    return {
        "geoip": {
            "countryCode": "US",
            "countryName": "United States of America",
            "timeZone": "America/Denver",
        },
        "ip": "203.0.113.7",
        "language": "en",
        "method": "POST",
        "hostname": "login.example.com",
        "user_agent": "curl/8.5.0",
    }


def _user() -> Json:
    return {
        "user_id": "auth0|5f7c8ec7c33c6c004bbafe82",
        "name": "Jo Doe",
        "nickname": "jo",
        "email": "jo@example.com",
        "email_verified": True,
        "app_metadata": {},
        "user_metadata": {},
        "created_at": "2025-01-01T00:00:00.000Z",
        "updated_at": "2025-01-01T00:00:00.000Z",
    }


def _client() -> Json:
    return {"client_id": "w4xnZFuQzRzbJwYzBbTWmrJrXLZFnhNP", "name": "Customer Portal", "metadata": {}}


def _head(version: Version) -> Json:
    return {
        "client": _client(),
        "request": _request(),
        "secrets": secrets_of(version),
        "configuration": {},
        "transaction": {"correlation_id": "b1f0a9d4-6c5e-4f4b-9a53-3a0c5a6b9f52"},
        "user": _user(),
    }


def _name(tenant: Tenant) -> str:
    return tenant.domain.split(".")[0]


def custom_event(tenant: Tenant, version: Version, message: Message) -> Json:
    """Return the event of ``custom-phone-provider``."""
    name = _name(tenant)
    event = _head(version) | {
        "tenant": {"id": name, "friendly_name": tenant.settings.get("friendly_name", name)},
        "notification": {
            "as_text": message.text,
            "as_voice": message.text,
            "code": CODE,
            "delivery_method": message.method,
            "locale": "en",
            "message_type": message.kind,
            "recipient": message.recipient,
        },
    }
    if message.connection:
        event["connection"] = {
            "name": message.connection,
            "strategy": "sms",
            "id": "con_simulated",
            "metadata": {},
        }
    return event


def legacy_event(tenant: Tenant, action: Action, version: Version, message: Message) -> Json:
    """Return the event of ``send-phone-message``, by the trigger's version."""
    options = {
        "action": _ACTION.get(message.kind, "second-factor-authentication"),
        "code": CODE,
        "message_type": "voice" if message.method == "voice" else "sms",
        "recipient": message.recipient,
        "text": message.text,
    }
    flat = any(
        t["id"] == "send-phone-message" and t.get("version") == "v1" for t in action.supported_triggers
    )
    extra: Json = options | {"language": "en"} if flat else {"message_options": options}
    own = {
        "tenant": {"id": _name(tenant)},
        "security_context": {
            "ja3": "8b5a7d1c6e0f4b3a9c2d1e0f8a7b6c5d",
            "ja4": "t13d1516h2_8daaf6152771_02713d6af862",
        },
    }
    return _head(version) | own | extra
