"""One abstract message as the event of either trigger.

The fields are those of ``phonefleet.actions.parse.event_table``, each with a value. What only one of the two events has
is included on purpose: the user's identities and ``security_context`` on the legacy side; sender, organization,
connection and the tenant's texts on the new side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.actions.parse.event_table import EVENT_FIELDS, Path, TriggerVersion, split
from phonefleet.actions.verify.sample_message import (
    LEGACY_ACTION,
    LEGACY_METHOD,
    Detail,
    Message,
    Method,
)

OTHER_TYPES = ("blocked_account", "change_password", "password_breach")
"""Types of notification that the legacy trigger never had and that have no one-time code."""


def legacy_event(
    message: Message,
    secrets: Mapping[str, str],
    version: TriggerVersion = TriggerVersion.V2,
    *,
    lacks: tuple[Path, ...] = (),
) -> dict[str, Any]:
    """The message as the event of that version of ``send-phone-message``, without the fields that it ``lacks``."""
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
    flat = version is TriggerVersion.V1
    event = {
        **(options if flat else {"message_options": options}),
        "request": {**_request(message), "method": message.http_method},
        "security_context": {"ja3": f"{message.seed:032x}", "ja4": f"t13d1516h2_{message.seed:012x}_new"},
        "tenant": {"id": message.tenant},
        "user": user,
        "configuration": dict(message.configuration),
        "secrets": dict(secrets),
        **_shared(message),
    }
    if message.client is not None:
        event["client"] = {**message.client, "client_metadata": message.client["metadata"]}
    for row in EVENT_FIELDS:
        if row.legacy in message.absent:
            _remove(event, split(row.place(version)))
    for path in lacks:
        _remove(event, path)
    return event


def _request(message: Message) -> dict[str, Any]:
    language = {} if message.language is None else {"language": message.language}
    return {**message.request, "geoip": dict(message.request.get("geoip", {})), **language}


def _remove(event: dict[str, Any], path: Path) -> None:
    """Remove the field at ``path``, if the event has it."""
    holder: Any = event
    for name in path[:-1]:
        holder = holder.get(name, {})
    holder.pop(path[-1], None)


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
    request = _request(message)
    if message.keeps_http_method:
        request["method"] = message.http_method
    event: dict[str, Any] = {
        "notification": notification,
        "request": request,
        "tenant": {"id": message.tenant, **_TENANT_TEXTS},
        "user": {**message.user, "login_count": 7},
        "configuration": dict(message.configuration),
        "secrets": dict(secrets),
        **_shared(message),
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
    if message.client is not None:
        event["client"] = dict(message.client)
    for row in EVENT_FIELDS:
        if row.legacy in message.absent and row.new:
            _remove(event, split(row.new))
    return event


def _shared(message: Message) -> dict[str, Any]:
    """What both events have alike."""
    domain = f"login.{message.tenant}.example"
    return {
        "custom_domain": {"domain": domain, "domain_metadata": dict(message.domain_metadata)},
        "transaction": {"correlation_id": f"correlation-{message.seed}"},
    }


_TENANT_TEXTS = {
    "friendly_name": "New-only friendly name",
    "home_url": "https://new-only.example/home",
    "logo_url": "https://new-only.example/logo.png",
    "support_email": "new-only@support.example",
    "support_url": "https://new-only.example/support",
}
