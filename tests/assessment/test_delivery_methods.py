"""Factors within delivery methods: the published tables row by row, and the rule that decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import DeliveryMethod, MessageType
from phonefleet.assessment.delivery_methods import (
    FACTOR_CHANGES,
    METHOD_CHANGES,
    FactorChange,
    MethodChange,
    UserAction,
    action_for_factors,
    action_for_methods,
    contradictions,
    contradictions_touched,
    required_methods,
    uncovered,
)

SMS, CALL = MessageType.SMS, MessageType.VOICE
TEXT, VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE
TYPES = st.sets(st.sampled_from(MessageType))
METHODS = st.sets(st.sampled_from(DeliveryMethod))

# As printed on Auth0's page: current factors, desired factors, delivery methods, what to do.
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
CONTRADICTORY = (
    "factors Voice to SMS, tenant-level SMS + Voice: update_provider",
    "factors SMS + Voice, tenant-level SMS + Voice to SMS: none",
    "factors SMS + Voice, tenant-level SMS + Voice to Voice: none",
)


def _name(row: FactorChange | MethodChange) -> str:
    return row.name


@pytest.mark.parametrize(("kept", "row"), list(zip(FACTOR_CHANGES, FACTOR_TABLE, strict=True)), ids=str)
def test_each_row_for_a_change_of_factors_is_kept_as_printed(
    kept: FactorChange, row: tuple[str, str, str, str]
) -> None:
    assert (kept.current, kept.desired, kept.methods, kept.action) == row


@pytest.mark.parametrize(("kept", "row"), list(zip(METHOD_CHANGES, METHOD_TABLE, strict=True)), ids=str)
def test_each_row_for_a_change_of_delivery_methods_is_kept_as_printed(
    kept: MethodChange, row: tuple[str, str, str, str]
) -> None:
    assert (kept.factors, kept.current, kept.desired, kept.action) == row


@pytest.mark.parametrize("row", [*FACTOR_CHANGES, *METHOD_CHANGES], ids=_name)
def test_a_row_agrees_with_the_rule_unless_it_is_one_of_the_contradictory_ones(
    row: FactorChange | MethodChange,
) -> None:
    assert (row.action is row.ruled) == (row.name not in CONTRADICTORY)


def test_exactly_three_rows_contradict_the_rule() -> None:
    assert tuple(row.name for row in contradictions()) == CONTRADICTORY


def test_a_change_that_a_contradictory_row_describes_is_named() -> None:
    both, every = (SMS, CALL), (TEXT, VOICE)
    assert contradictions_touched([CALL], [SMS], every, every) == CONTRADICTORY[:1]
    assert contradictions_touched(both, both, every, [TEXT]) == CONTRADICTORY[1:2]
    assert contradictions_touched(both, both, every, [VOICE]) == CONTRADICTORY[2:]


@given(TYPES, METHODS)
def test_nothing_is_named_where_nothing_changes(
    factors: set[MessageType], methods: set[DeliveryMethod]
) -> None:
    assert contradictions_touched(factors, factors, methods, methods) == ()


@given(TYPES, METHODS)
def test_the_rule_is_a_subset(factors: set[MessageType], methods: set[DeliveryMethod]) -> None:
    needed = {TEXT if factor is SMS else VOICE for factor in factors}
    within = needed <= methods
    assert (uncovered(factors, methods) == ()) == within
    assert (action_for_factors(factors, methods) is UserAction.NONE) == within
    assert (action_for_methods(factors, methods) is UserAction.NONE) == within


@given(TYPES, st.booleans())
def test_the_required_methods_are_the_fewest_that_cover_everything(
    factors: set[MessageType], passwordless: bool
) -> None:
    required = required_methods(factors, passwordless=passwordless)
    assert uncovered(factors, required) == ()
    assert TEXT in required or not passwordless
    assert len(required) == len(
        {TEXT if f is SMS else VOICE for f in factors} | ({TEXT} if passwordless else set())
    )
    assert list(required) == sorted(required)
