"""Messages fail more than before only when chance would hardly bring so many failures."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.delivery.failure_rate import (
    DEFAULT_FAILURE_RATE,
    MIN_BASELINE,
    MIN_FAILURES,
    SIGNIFICANCE_LEVEL,
    MessageCount,
    fails_significantly_more,
    p_value,
)


@st.composite
def counts(draw: st.DrawFn, least: int = 0, most: int = 400) -> MessageCount:
    total = draw(st.integers(least, most))
    return MessageCount(draw(st.integers(0, total)), total)


@pytest.mark.parametrize(
    ("now", "before", "more"),
    [
        (MessageCount(4, 824), MessageCount(1, 401), False),
        (MessageCount(3, 3), MessageCount(0, 50), True),
        (MessageCount(2, 2), MessageCount(0, 50), False),
        (MessageCount(3, 3), MessageCount(0, 0), True),
        (MessageCount(3, 900), MessageCount(0, 0), False),
        (MessageCount(45, 900), MessageCount(0, 0), False),
        (MessageCount(100, 900), MessageCount(0, 0), True),
        (MessageCount(9, 10), MessageCount(9, 10), False),
        (MessageCount(30, 60), MessageCount(0, 60), True),
        (MessageCount(300, 1000), MessageCount(300, 1000), False),
        (MessageCount(400, 1000), MessageCount(300, 1000), True),
        (MessageCount(0, 0), MessageCount(0, 0), False),
    ],
)
def test_a_tenant_fails_more_or_it_does_not(now: MessageCount, before: MessageCount, more: bool) -> None:
    assert fails_significantly_more(now, before) is more


def test_the_chance_is_the_textbook_one() -> None:
    """By hand: the one failure of 21 messages is the newest, or three or four of four fail at the usual share."""
    assert p_value(MessageCount(1, 1), MessageCount(0, MIN_BASELINE)) == Fraction(1, MIN_BASELINE + 1)
    assert (
        p_value(MessageCount(3, 4), MessageCount(0, 0))
        == 4 * DEFAULT_FAILURE_RATE**3 * (1 - DEFAULT_FAILURE_RATE) + DEFAULT_FAILURE_RATE**4
    )


@given(counts(), counts())
def test_a_chance_is_a_probability(now: MessageCount, before: MessageCount) -> None:
    assert 0 < p_value(now, before) <= 1


@given(counts(), counts(least=MIN_BASELINE))
def test_against_a_known_baseline_the_chances_of_every_outcome_add_up(
    now: MessageCount, before: MessageCount
) -> None:
    """As many failures as there are, spread in each way: exactly so many, or more, is certain from the least on."""
    failed = now.failed + before.failed
    least = max(0, failed - before.total)
    assert p_value(MessageCount(least, now.total), MessageCount(failed - least, before.total)) == 1


@given(counts(), counts())
def test_one_failure_more_among_as_many_messages_is_never_likelier(
    now: MessageCount, before: MessageCount
) -> None:
    if now.failed < now.total:
        assert p_value(MessageCount(now.failed + 1, now.total), before) <= p_value(now, before)


@given(counts(), counts())
def test_one_success_more_never_makes_a_well_tenant_ill(now: MessageCount, before: MessageCount) -> None:
    if not fails_significantly_more(now, before):
        assert not fails_significantly_more(MessageCount(now.failed, now.total + 1), before)


@given(counts(least=MIN_BASELINE))
def test_a_tenant_that_fails_as_it_did_is_never_ill(now: MessageCount) -> None:
    assert not fails_significantly_more(now, now)


@given(st.integers(1, 400), st.integers(0, MIN_FAILURES - 1), counts())
def test_few_failures_are_no_judgement(total: int, failed: int, before: MessageCount) -> None:
    assert not fails_significantly_more(MessageCount(min(failed, total), total), before)


@given(counts(), counts(most=MIN_BASELINE - 1))
def test_without_a_known_baseline_no_tenant_is_ill_below_the_usual_share(
    now: MessageCount, before: MessageCount
) -> None:
    if now.share <= DEFAULT_FAILURE_RATE:
        assert not fails_significantly_more(now, before)


@given(st.integers(MIN_FAILURES, 400), st.integers(0, 400))
def test_when_everything_fails_where_hardly_anything_did_it_is_told(total: int, before: int) -> None:
    assert fails_significantly_more(MessageCount(total, total), MessageCount(0, before))
    assert p_value(MessageCount(total, total), MessageCount(0, before)) < SIGNIFICANCE_LEVEL
