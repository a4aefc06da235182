"""Auth0's published tables of factors and delivery methods, as data, and which rows contradict the rule.

Source: Auth0 documentation, "Use Auth0's Unified Phone Experience for Multi-Factor Authentication", section "Update
MFA phone factors and delivery methods" (20 rows), and "Unified Phone Experience for Passwordless" (4 rows). The rule
decides (`undelivered`); rows that contradict it are named in a plan that they describe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from configs import DeliveryMethod, MessageType
from phonefleet.assessment.delivery_methods import undelivered

Types = frozenset[MessageType]
Methods = frozenset[DeliveryMethod]


class UserAction(StrEnum):
    """What a row asks the operator to do."""

    NONE = "none"
    UPDATE_PROVIDER = "update_provider"
    UPDATE_FACTORS = "update_factors"


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A row about a change of factors.

    Attributes:
        current: message types before.
        desired: message types after.
        methods: what the tenant-level provider delivers.
        published: what the row asks for.
    """

    current: Types
    desired: Types
    methods: Methods
    published: UserAction

    @property
    def ruled(self) -> UserAction:
        """What the rule asks for."""
        return UserAction.UPDATE_PROVIDER if undelivered(self.desired, self.methods) else UserAction.NONE

    def describes(self, before: Types, after: Types, had: Methods, gets: Methods) -> bool:  # noqa: ARG002
        """Whether a change is that of this row."""
        return (before, after, gets) == (self.current, self.desired, self.methods)

    def __str__(self) -> str:
        change = f"{_types(self.current)} to {_types(self.desired)}"
        return f"factors {change}, tenant-level {_methods(self.methods)}: {self.published}"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A row about a change of delivery methods.

    Attributes:
        factors: the message types in use.
        current: what the provider delivers before.
        desired: what it delivers after.
        published: what the row asks for.
    """

    factors: Types
    current: Methods
    desired: Methods
    published: UserAction

    @property
    def ruled(self) -> UserAction:
        """What the rule asks for."""
        return UserAction.UPDATE_FACTORS if undelivered(self.factors, self.desired) else UserAction.NONE

    def describes(self, before: Types, after: Types, had: Methods, gets: Methods) -> bool:  # noqa: ARG002
        """Whether a change is that of this row."""
        return (after, had, gets) == (self.factors, self.current, self.desired)

    def __str__(self) -> str:
        change = f"{_methods(self.current)} to {_methods(self.desired)}"
        return f"factors {_types(self.factors)}, tenant-level {change}: {self.published}"


def contradictory_rows(
    before: Iterable[MessageType],
    after: Iterable[MessageType],
    methods_before: Iterable[DeliveryMethod],
    methods_after: Iterable[DeliveryMethod],
) -> tuple[str, ...]:
    """Return the published rows that describe a planned change and contradict the rule, in the tables' words."""
    change = frozenset(before), frozenset(after), frozenset(methods_before), frozenset(methods_after)
    rows = (*FACTOR_ROWS, *METHOD_ROWS)
    return tuple(str(row) for row in rows if row.published is not row.ruled and row.describes(*change))


def _types(types: Types) -> str:
    names = {MessageType.SMS: "SMS", MessageType.VOICE: "Voice"}
    return " + ".join(name for kind, name in names.items() if kind in types)


def _methods(methods: Methods) -> str:
    """Name delivery methods as the tables do, which call `text` SMS."""
    names = {DeliveryMethod.TEXT: "SMS", DeliveryMethod.VOICE: "Voice"}
    return " + ".join(name for method, name in names.items() if method in methods)


_SMS, _CALL = frozenset({MessageType.SMS}), frozenset({MessageType.VOICE})
_TEXT, _VOICE = frozenset({DeliveryMethod.TEXT}), frozenset({DeliveryMethod.VOICE})
_EITHER, _EVERY = _SMS | _CALL, _TEXT | _VOICE
_NONE, _PROVIDER, _FACTORS = UserAction.NONE, UserAction.UPDATE_PROVIDER, UserAction.UPDATE_FACTORS

FACTOR_ROWS: Final = (
    FactorRow(_SMS, _CALL, _TEXT, _PROVIDER),
    FactorRow(_SMS, _CALL, _EVERY, _NONE),
    FactorRow(_SMS, _EITHER, _TEXT, _PROVIDER),
    FactorRow(_SMS, _EITHER, _EVERY, _NONE),
    FactorRow(_CALL, _SMS, _EVERY, _PROVIDER),
    FactorRow(_CALL, _SMS, _EVERY, _NONE),
    FactorRow(_CALL, _EITHER, _VOICE, _PROVIDER),
    FactorRow(_CALL, _EITHER, _EVERY, _NONE),
    FactorRow(_EITHER, _SMS, _EVERY, _NONE),
    FactorRow(_EITHER, _CALL, _EVERY, _NONE),
)
METHOD_ROWS: Final = (
    MethodRow(_SMS, _TEXT, _EVERY, _NONE),
    MethodRow(_SMS, _TEXT, _VOICE, _FACTORS),
    MethodRow(_SMS, _EVERY, _VOICE, _FACTORS),
    MethodRow(_SMS, _EVERY, _TEXT, _NONE),
    MethodRow(_CALL, _VOICE, _TEXT, _FACTORS),
    MethodRow(_CALL, _VOICE, _EVERY, _NONE),
    MethodRow(_CALL, _EVERY, _TEXT, _FACTORS),
    MethodRow(_CALL, _EVERY, _VOICE, _NONE),
    MethodRow(_EITHER, _EVERY, _TEXT, _NONE),
    MethodRow(_EITHER, _EVERY, _VOICE, _NONE),
)
PASSWORDLESS_ROWS: Final = (
    MethodRow(_SMS, _TEXT, _EVERY, _NONE),
    MethodRow(_SMS, _TEXT, _VOICE, _FACTORS),
    MethodRow(_SMS, _EVERY, _VOICE, _FACTORS),
    MethodRow(_SMS, _EVERY, _TEXT, _NONE),
)
"""The rows for Passwordless, which always sends texts."""
