"""Factors and delivery methods: Auth0's published tables row by row, and the rule that decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import DeliveryMethod, MessageType
from phonefleet.assessment.delivery_methods import required_methods, undelivered
from phonefleet.assessment.published_rows import (
    FACTOR_ROWS,
    METHOD_ROWS,
    PASSWORDLESS_ROWS,
    FactorRow,
    MethodRow,
    UserAction,
    contradictory_rows,
)

SMS, CALL = MessageType.SMS, MessageType.VOICE
TEXT, VOICE = DeliveryMethod.TEXT, DeliveryMethod.VOICE
TYPES = st.sets(st.sampled_from(MessageType))
METHODS = st.sets(st.sampled_from(DeliveryMethod))

EVERY_ROW = (*FACTOR_ROWS, *METHOD_ROWS)
CONTRADICTORY = {
    "factors Voice to SMS, tenant-level SMS + Voice: update_provider",
    "factors SMS + Voice, tenant-level SMS + Voice to SMS: none",
    "factors SMS + Voice, tenant-level SMS + Voice to Voice: none",
}


def test_the_tables_have_all_published_rows() -> None:
    """Ten rows each; one pair of factor rows differs in its action alone."""
    assert (len(FACTOR_ROWS), len(METHOD_ROWS), len(PASSWORDLESS_ROWS)) == (10, 10, 4)
    assert len(set(map(str, EVERY_ROW))) == 20
    assert len({(row.current, row.desired, row.methods) for row in FACTOR_ROWS}) == 9


@pytest.mark.parametrize("row", FACTOR_ROWS, ids=str)
def test_a_factor_row_agrees_with_the_rule_or_is_named(row: FactorRow) -> None:
    named = contradictory_rows(row.current, row.desired, row.methods, row.methods)
    assert (str(row) in named) == (row.published is not row.ruled) == (str(row) in CONTRADICTORY)


@pytest.mark.parametrize("row", METHOD_ROWS, ids=str)
def test_a_method_row_agrees_with_the_rule_or_is_named(row: MethodRow) -> None:
    named = contradictory_rows(row.factors, row.factors, row.current, row.desired)
    assert (str(row) in named) == (row.published is not row.ruled) == (str(row) in CONTRADICTORY)


@pytest.mark.parametrize("row", PASSWORDLESS_ROWS, ids=str)
def test_a_passwordless_row_agrees_with_the_rule(row: MethodRow) -> None:
    """Passwordless needs texts, so a provider without them asks for another factor."""
    assert row.published is row.ruled
    assert (row.ruled is UserAction.NONE) == (set(required_methods((), texts=True)) <= row.desired)


@given(TYPES, METHODS, TYPES, METHODS)
def test_every_named_row_is_in_the_tables(
    before: set[MessageType],
    had: set[DeliveryMethod],
    after: set[MessageType],
    gets: set[DeliveryMethod],
) -> None:
    assert set(contradictory_rows(before, after, had, gets)) <= CONTRADICTORY


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
    required = required_methods(factors, texts=passwordless)
    assert undelivered(factors, required) == ()
    assert TEXT in required or not passwordless
    assert len(required) == len(
        {TEXT if f is SMS else VOICE for f in factors} | ({TEXT} if passwordless else set())
    )
    assert list(required) == sorted(required)
