"""Factors and delivery methods: Auth0's published tables row by row, and the rule that decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import DeliveryMethod, MessageType
from phonefleet.assessment.delivery_methods import contradictory_rows, required_methods, undelivered

SMS, CALL = MessageType.SMS, MessageType.VOICE
TEXT, VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE
TYPES = st.sets(st.sampled_from(MessageType))
METHODS = st.sets(st.sampled_from(DeliveryMethod))

# As printed on Auth0's page "Unified Phone Experience", section "Update MFA phone factors and delivery methods".
# Current factors, desired factors, delivery methods, what to do.
FACTOR_TABLE = (
    ("SMS", "Voice", "SMS", "update_provider"),
    ("SMS", "Voice", "SMS + Voice", "none"),
    ("SMS", "SMS + Voice", "SMS", "update_provider"),
    ("SMS", "SMS + Voice", "SMS + Voice", "none"),
    ("Voice", "SMS", "SMS + Voice", "update_provider"),
    ("Voice", "SMS", "SMS + Voice", "none"),
    ("Voice", "SMS + Voice", "Voice", "update_provider"),
    ("Voice", "SMS + Voice", "SMS + Voice", "none"),
    ("SMS + Voice", "SMS", "SMS + Voice", "none"),
    ("SMS + Voice", "Voice", "SMS + Voice", "none"),
)
# Factors, current methods, desired methods, what to do.
METHOD_TABLE = (
    ("SMS", "SMS", "SMS + Voice", "none"),
    ("SMS", "SMS", "Voice", "update_factors"),
    ("SMS", "SMS + Voice", "Voice", "update_factors"),
    ("SMS", "SMS + Voice", "SMS", "none"),
    ("Voice", "Voice", "SMS", "update_factors"),
    ("Voice", "Voice", "SMS + Voice", "none"),
    ("Voice", "SMS + Voice", "SMS", "update_factors"),
    ("Voice", "SMS + Voice", "Voice", "none"),
    ("SMS + Voice", "SMS + Voice", "SMS", "none"),
    ("SMS + Voice", "SMS + Voice", "Voice", "none"),
)
TYPES_OF = {"SMS": [SMS], "Voice": [CALL], "SMS + Voice": [SMS, CALL]}
METHODS_OF = {"SMS": [TEXT], "Voice": [VOICE], "SMS + Voice": [TEXT, VOICE]}


@pytest.mark.parametrize(("current", "desired", "methods", "action"), FACTOR_TABLE)
def test_a_factor_row_agrees_with_the_rule_or_is_named(
    current: str, desired: str, methods: str, action: str
) -> None:
    ruled = "update_provider" if undelivered(TYPES_OF[desired], METHODS_OF[methods]) else "none"
    named = contradictory_rows(TYPES_OF[current], TYPES_OF[desired], METHODS_OF[methods], METHODS_OF[methods])
    row = f"factors {current} to {desired}, tenant-level {methods}: {action}"
    assert (row in named) == (action != ruled)


@pytest.mark.parametrize(("factors", "current", "desired", "action"), METHOD_TABLE)
def test_a_method_row_agrees_with_the_rule_or_is_named(
    factors: str, current: str, desired: str, action: str
) -> None:
    ruled = "update_factors" if undelivered(TYPES_OF[factors], METHODS_OF[desired]) else "none"
    named = contradictory_rows(TYPES_OF[factors], TYPES_OF[factors], METHODS_OF[current], METHODS_OF[desired])
    row = f"factors {factors}, tenant-level {current} to {desired}: {action}"
    assert (row in named) == (action != ruled)


@given(TYPES, METHODS, TYPES, METHODS)
def test_every_named_row_is_in_the_tables(
    before: set[MessageType],
    had: set[DeliveryMethod],
    after: set[MessageType],
    gets: set[DeliveryMethod],
) -> None:
    printed = {f"factors {a} to {b}, tenant-level {m}: {action}" for a, b, m, action in FACTOR_TABLE} | {
        f"factors {f}, tenant-level {a} to {b}: {action}" for f, a, b, action in METHOD_TABLE
    }
    assert set(contradictory_rows(before, after, had, gets)) <= printed


@given(TYPES, METHODS)
def test_no_row_is_named_without_a_change(factors: set[MessageType], methods: set[DeliveryMethod]) -> None:
    assert contradictory_rows(factors, factors, methods, methods) == ()


@given(TYPES, METHODS)
def test_the_rule_is_a_subset(factors: set[MessageType], methods: set[DeliveryMethod]) -> None:
    needed = {TEXT if factor is SMS else VOICE for factor in factors}
    assert (undelivered(factors, methods) == ()) == (needed <= methods)


@given(TYPES, st.booleans())
def test_required_methods_are_the_fewest_that_deliver_all(
    factors: set[MessageType], passwordless: bool
) -> None:
    required = required_methods(factors, passwordless=passwordless)
    assert undelivered(factors, required) == ()
    assert TEXT in required or not passwordless
    assert len(required) == len(
        {TEXT if f is SMS else VOICE for f in factors} | ({TEXT} if passwordless else set())
    )
    assert list(required) == sorted(required)
