"""What the Deploy CLI's export of a tenant says about its phone messages.

Source: auth0-deploy-cli 8, `docs/resource-specific-documentation.md` and `examples/yaml/tenant.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configs.tree import Items, Node, Table, Text

LEGACY_TRIGGER = "send-phone-message"


@dataclass(frozen=True, slots=True)
class PhoneUse:
    """Which secrets a migration of the tenant will need; see `FoundTenant`."""

    twilio: bool = False
    gateway: bool = False
    action_secrets: tuple[str, ...] = ()


def phone_use(export: Table) -> PhoneUse:
    """Return what an export (`tenant.yaml`) says about the tenant's phone messages."""
    options = [
        below
        for connection in _tables(export.get("connections"))
        if _text(connection, "strategy") == "sms" and isinstance(below := connection.get("options"), Table)
    ]
    selected = export.get("guardianPhoneFactorSelectedProvider")
    provider = _text(selected, "provider") if isinstance(selected, Table) else ""
    names = [
        _text(secret, "name")
        for action in _tables(export.get("actions"))
        if any(_text(each, "id") == LEGACY_TRIGGER for each in _tables(action.get("supported_triggers")))
        for secret in _tables(action.get("secrets"))
    ]
    return PhoneUse(
        twilio=provider == "twilio" or any(_text(each, "twilio_sid") for each in options),
        gateway=any("gateway_authentication" in each for each in options),
        action_secrets=tuple(dict.fromkeys(name for name in names if name)),
    )


def _tables(node: Node | None) -> Iterator[Table]:
    if isinstance(node, Items):
        yield from (each for each in node if isinstance(each, Table))


def _text(table: Table, key: str) -> str:
    node = table.get(key)
    return str(node) if isinstance(node, Text) else ""
