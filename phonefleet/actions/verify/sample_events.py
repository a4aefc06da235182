"""One abstract message as the event of either trigger.

Field names follow Auth0's event references of the ``send-phone-message`` and ``custom-phone-provider`` triggers
and the migration page's field table. What only one of the two events has is included on purpose: identities
of the user on the legacy side; sender, organization, connection and the tenant's texts on the new side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.actions.verify.sample_message import Detail, Message, Method, Purpose

OTHER_TYPES = ("blocked_account", "change_password", "password_breach")
"""Types of notification that the legacy trigger never had and that have no one-time code."""
LEGACY_METHOD = {Method.TEXT: "sms", Method.VOICE: "voice"}
LEGACY_ACTION = {Purpose.ENROLL: "enrollment", Purpose.VERIFY: "second-factor-authentication"}


def legacy_event(message: Message, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The message as the ``send-phone-message`` trigger's event."""
    kind = message.kind
    options = {
        "action": LEGACY_ACTION[kind.purpose],
        "code": message.code,
        "language": message.locale,
        "message_type": LEGACY_METHOD[kind.method],
        "recipient": message.recipient,
        "text": message.text if kind.method is Method.TEXT else message.voice,
    }
    user = dict(message.user)
    if message.identities is not None:
        user["identities"] = [dict(one) for one in message.identities]
    event = {
        "message_options": options,
        "request": {**message.request, **_language(message), "method": "POST"},
        "tenant": {"id": message.tenant},
        "user": user,
        "configuration": dict(message.configuration),
        "secrets": dict(secrets),
        **_custom_domain(message),
    }
    if message.client is None:
        return event
    # The migration page names the field `client_metadata`, the event reference `metadata`: the event has both.
    return {**event, "client": {**message.client, "client_metadata": message.client["metadata"]}}


def _language(message: Message) -> dict[str, str]:
    return {} if message.language is None else {"language": message.language}


def new_event(message: Message, secrets: Mapping[str, str], other_type: str | None = None) -> dict[str, Any]:
    """The message as the ``custom-phone-provider`` trigger's event; ``other_type`` makes it a notice without a code."""
    kind = message.kind
    notification: dict[str, Any] = {
        "as_text": message.text,
        "as_voice": message.voice,
        "code": message.code,
        "delivery_method": kind.method.value,
        "from": "+15005550999",
        "locale": message.locale,
        "message_type": other_type or kind.purpose.value,
        "recipient": message.recipient,
    }
    if other_type is not None:
        notification |= {"as_text": f"About your account: {other_type}", "as_voice": f"Notice: {other_type}"}
        del notification["code"]
    request = {**message.request, **_language(message)}
    if message.keeps_http_method:
        request["method"] = "POST"
    event: dict[str, Any] = {
        "notification": notification,
        "request": request,
        "tenant": {"id": message.tenant, **_TENANT_TEXTS},
        "user": {**message.user, "login_count": 7},
        "configuration": dict(message.configuration),
        "secrets": dict(secrets),
        "transaction": {"correlation_id": "new-only-correlation"},
    }
    if message.kind.detail is Detail.FULL:
        event["organization"] = {
            "id": "org_new_only",
            "name": "new-only-org",
            "display_name": "New Only",
            "metadata": {},
        }
        event["connection"] = {"id": "con_new_only", "name": "new-only", "strategy": "auth0", "metadata": {}}
    if message.connection is not None:
        event["connection"] = dict(message.connection)
    event |= _custom_domain(message)
    return event if message.client is None else {**event, "client": dict(message.client)}


def _custom_domain(message: Message) -> dict[str, Any]:
    if message.kind.detail is not Detail.FULL:
        return {}
    return {
        "custom_domain": {"domain": f"login.{message.tenant}.example", "domain_metadata": {"tier": "gold"}}
    }


_TENANT_TEXTS = {
    "friendly_name": "New-only friendly name",
    "home_url": "https://new-only.example/home",
    "logo_url": "https://new-only.example/logo.png",
    "support_email": "new-only@support.example",
    "support_url": "https://new-only.example/support",
}
