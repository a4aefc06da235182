"""Factors within delivery methods: the rule, and Auth0's published tables as data.

The rule decides: every enabled MFA message type must be delivered by the tenant-level provider (`sms` by
`text`, `voice` by `voice`), and Passwordless SMS needs `text`. The tables of the documentation page
"Unified Phone Experience", sections "Update MFA phone factors and delivery methods", are kept row by row in
the order printed, so that each can be checked against the rule; `contradictions()` names those that disagree
with it or with each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from configs import DeliveryMethod, MessageType, delivery_method_of

TEXT, VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE


class UserAction(StrEnum):
    """What the documentation tells the operator to do for a change."""

    NONE = "none"
    UPDATE_PROVIDER = "update_provider"
    """Update the tenant-level provider to allow for the desired factors."""
    UPDATE_FACTORS = "update_factors"
    """Update the factors to be a subset of the provider's delivery methods."""


def required_methods(factors: Iterable[MessageType], *, passwordless: bool) -> tuple[DeliveryMethod, ...]:
    """The delivery methods that the message types in use and Passwordless SMS need, `text` first."""
    needed = {delivery_method_of(factor) for factor in factors} | ({TEXT} if passwordless else set())
    return tuple(method for method in (TEXT, VOICE) if method in needed)


def uncovered(factors: Iterable[MessageType], methods: Iterable[DeliveryMethod]) -> tuple[MessageType, ...]:
    """The message types that no delivery method carries; empty when the rule holds."""
    offered = set(methods)
    return tuple(factor for factor in factors if delivery_method_of(factor) not in offered)


def action_for_factors(desired: Iterable[MessageType], methods: Iterable[DeliveryMethod]) -> UserAction:
    """What the rule says when the factors are to change under given delivery methods."""
    return UserAction.UPDATE_PROVIDER if uncovered(desired, methods) else UserAction.NONE


def action_for_methods(factors: Iterable[MessageType], desired: Iterable[DeliveryMethod]) -> UserAction:
    """What the rule says when the delivery methods are to change under given factors."""
    return UserAction.UPDATE_FACTORS if uncovered(factors, desired) else UserAction.NONE


_WORDS = {"SMS": ("sms",), "Voice": ("voice",), "SMS + Voice": ("sms", "voice")}


def _types(words: str) -> frozenset[MessageType]:
    return frozenset(MessageType(word) for word in _WORDS[words])


def _methods(words: str) -> frozenset[DeliveryMethod]:
    return frozenset(delivery_method_of(kind) for kind in _types(words))


@dataclass(frozen=True, slots=True)
class FactorChange:
    """A row of the table for a change of factors. Fields hold the page's words: SMS, Voice, SMS + Voice."""

    current: str
    desired: str
    methods: str
    action: UserAction

    @property
    def name(self) -> str:
        """The row in one phrase."""
        return f"factors {self.current} to {self.desired}, tenant-level {self.methods}: {self.action}"

    @property
    def ruled(self) -> UserAction:
        """What the rule says for this row."""
        return action_for_factors(_types(self.desired), _methods(self.methods))


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A row of the table for a change of delivery methods, in the page's words."""

    factors: str
    current: str
    desired: str
    action: UserAction

    @property
    def name(self) -> str:
        """The row in one phrase."""
        return f"factors {self.factors}, tenant-level {self.current} to {self.desired}: {self.action}"

    @property
    def ruled(self) -> UserAction:
        """What the rule says for this row."""
        return action_for_methods(_types(self.factors), _methods(self.desired))


_S, _V, _B = "SMS", "Voice", "SMS + Voice"
_NONE, _PROVIDER, _FACTORS = UserAction.NONE, UserAction.UPDATE_PROVIDER, UserAction.UPDATE_FACTORS

FACTOR_CHANGES: tuple[FactorChange, ...] = (
    FactorChange(_S, _V, _S, _PROVIDER),
    FactorChange(_S, _V, _B, _NONE),
    FactorChange(_S, _B, _S, _PROVIDER),
    FactorChange(_S, _B, _B, _NONE),
    FactorChange(_V, _S, _B, _PROVIDER),
    FactorChange(_V, _S, _B, _NONE),
    FactorChange(_V, _B, _V, _PROVIDER),
    FactorChange(_V, _B, _B, _NONE),
    FactorChange(_B, _S, _B, _NONE),
    FactorChange(_B, _V, _B, _NONE),
)
METHOD_CHANGES: tuple[MethodChange, ...] = (
    MethodChange(_S, _S, _B, _NONE),
    MethodChange(_S, _S, _V, _FACTORS),
    MethodChange(_S, _B, _V, _FACTORS),
    MethodChange(_S, _B, _S, _NONE),
    MethodChange(_V, _V, _S, _FACTORS),
    MethodChange(_V, _V, _B, _NONE),
    MethodChange(_V, _B, _S, _FACTORS),
    MethodChange(_V, _B, _V, _NONE),
    MethodChange(_B, _B, _S, _NONE),
    MethodChange(_B, _B, _V, _NONE),
)


def contradictions() -> tuple[FactorChange | MethodChange, ...]:
    """The published rows that disagree with the rule, in the order printed.

    The first (Voice to SMS) stands twice with different actions and surely means tenant-level Voice; the other
    two say that nothing is to be done although the factors would no longer be a subset.
    """
    rows: tuple[FactorChange | MethodChange, ...] = (*FACTOR_CHANGES, *METHOD_CHANGES)
    return tuple(row for row in rows if row.action is not row.ruled)


def contradictions_touched(
    before: Iterable[MessageType],
    after: Iterable[MessageType],
    methods_before: Iterable[DeliveryMethod],
    methods_after: Iterable[DeliveryMethod],
) -> tuple[str, ...]:
    """Names of the contradictory rows that describe a planned change of factors or of delivery methods."""
    old, new = frozenset(before), frozenset(after)
    had, gets = frozenset(methods_before), frozenset(methods_after)
    names = []
    for row in contradictions():
        match row:
            case FactorChange():
                touched = old != new and (old, new, gets) == (
                    _types(row.current),
                    _types(row.desired),
                    _methods(row.methods),
                )
            case MethodChange():
                touched = had != gets and (new, had, gets) == (
                    _types(row.factors),
                    _methods(row.current),
                    _methods(row.desired),
                )
        if touched:
            names.append(row.name)
    return tuple(names)
