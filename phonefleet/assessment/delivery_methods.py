"""Which delivery methods the provider needs for the factors in use.

The rule: every enabled MFA message type needs its delivery method (`sms` needs `text`, `voice` needs `voice`), and
Passwordless SMS needs `text`. Source: Auth0 documentation, "Unified Phone Experience", section "Update MFA phone
factors and delivery methods". Three rows of its tables contradict the rule (`published_rows.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from configs import DeliveryMethod, MessageType, delivery_method_of

_TEXT, _VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE


def required_methods(factors: Iterable[MessageType], *, passwordless: bool) -> tuple[DeliveryMethod, ...]:
    """Return the delivery methods that the message types and Passwordless SMS need, `text` first."""
    needed = {delivery_method_of(factor) for factor in factors} | ({_TEXT} if passwordless else set())
    return tuple(method for method in (_TEXT, _VOICE) if method in needed)


def undelivered(factors: Iterable[MessageType], methods: Iterable[DeliveryMethod]) -> tuple[MessageType, ...]:
    """Return the message types whose delivery method is missing; empty when the rule is kept."""
    offered = set(methods)
    return tuple(factor for factor in factors if delivery_method_of(factor) not in offered)
