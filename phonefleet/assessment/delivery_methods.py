"""Which delivery methods the provider needs for the factors in use.

The rule: every enabled MFA message type needs its delivery method (`sms` needs `text`, `voice` needs `voice`), and
Passwordless SMS needs `text`. Source: Auth0 documentation, "Unified Phone Experience", section "Update MFA phone
factors and delivery methods". Three rows of its tables contradict the rule (`published_rows.py`).

Phone identifiers send through the tenant-level provider before the switch and after it. They need `text` ("Configure
a Custom Phone Provider": SMS messages for a phone number as a user identifier), and may use `voice` ("Passwordless
Authentication on Database Connections": voice is offered where the provider delivers it).
"""

from __future__ import annotations

from collections.abc import Iterable

from configs import DeliveryMethod, MessageType, delivery_method_of
from phonefleet.model.snapshot import Snapshot

_TEXT, _VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE


def required_methods(factors: Iterable[MessageType], *, texts: bool) -> tuple[DeliveryMethod, ...]:
    """Return the delivery methods that are needed, `text` first.

    Args:
        factors: the MFA message types.
        texts: whether Passwordless SMS or a phone identifier sends texts.
    """
    needed = {delivery_method_of(factor) for factor in factors} | ({_TEXT} if texts else set())
    return tuple(method for method in (_TEXT, _VOICE) if method in needed)


def wanted_methods(snapshot: Snapshot, factors: Iterable[MessageType]) -> tuple[DeliveryMethod, ...]:
    """Return the delivery methods that a tenant's provider should have, `text` first.

    What an enabled provider delivers now stays where phone identifiers may use it.
    """
    provider = snapshot.provider
    needed = set(required_methods(factors, texts=snapshot.needs_text))
    if snapshot.enabled_identifiers and provider and not provider.disabled:
        needed.update(method for method in (_TEXT, _VOICE) if method in provider.delivery_methods)
    return tuple(method for method in (_TEXT, _VOICE) if method in needed)


def undelivered(factors: Iterable[MessageType], methods: Iterable[DeliveryMethod]) -> tuple[MessageType, ...]:
    """Return the message types whose delivery method is missing; empty when the rule is kept."""
    offered = set(methods)
    return tuple(factor for factor in factors if delivery_method_of(factor) not in offered)
