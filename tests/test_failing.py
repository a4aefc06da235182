"""Messages fail more than before only when chance would hardly bring so many failures."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.failing import KNOWN, LEAST, LEVEL, USUAL, Sent, chance, fails_more


@st.composite
def counts(draw: st.DrawFn, least: int = 0, most: int = 400) -> Sent:
    total = draw(st.integers(least, most))
    return Sent(draw(st.integers(0, total)), total)


@pytest.mark.parametrize(
    ("now", "before", "more"),
    [
        (Sent(4, 824), Sent(1, 401), False),
        (Sent(3, 3), Sent(0, 50), True),
        (Sent(2, 2), Sent(0, 50), False),
        (Sent(3, 3), Sent(0, 0), True),
        (Sent(3, 900), Sent(0, 0), False),
        (Sent(45, 900), Sent(0, 0), False),
        (Sent(100, 900), Sent(0, 0), True),
        (Sent(9, 10), Sent(9, 10), False),
        (Sent(30, 60), Sent(0, 60), True),
        (Sent(300, 1000), Sent(300, 1000), False),
        (Sent(400, 1000), Sent(300, 1000), True),
        (Sent(0, 0), Sent(0, 0), False),
    ],
)
def test_a_tenant_fails_more_or_it_does_not(now: Sent, before: Sent, more: bool) -> None:
    assert fails_more(now, before) is more


def test_the_chance_is_the_textbook_one() -> None:
    """By hand: the one failure of 21 messages is the newest, or three or four of four fail at the usual share."""
    assert chance(Sent(1, 1), Sent(0, KNOWN)) == Fraction(1, KNOWN + 1)
    assert chance(Sent(3, 4), Sent(0, 0)) == 4 * USUAL**3 * (1 - USUAL) + USUAL**4


@given(counts(), counts())
def test_a_chance_is_a_probability(now: Sent, before: Sent) -> None:
    assert 0 < chance(now, before) <= 1


@given(counts(), counts(least=KNOWN))
def test_against_a_known_baseline_the_chances_of_every_outcome_add_up(now: Sent, before: Sent) -> None:
    """As many failures as there are, spread in each way: exactly so many, or more, is certain from the least on."""
    failed = now.failed + before.failed
    least = max(0, failed - before.total)
    assert chance(Sent(least, now.total), Sent(failed - least, before.total)) == 1


@given(counts(), counts())
def test_one_failure_more_among_as_many_messages_is_never_likelier(now: Sent, before: Sent) -> None:
    if now.failed < now.total:
        assert chance(Sent(now.failed + 1, now.total), before) <= chance(now, before)


@given(counts(), counts())
def test_one_success_more_never_makes_a_well_tenant_ill(now: Sent, before: Sent) -> None:
    if not fails_more(now, before):
        assert not fails_more(Sent(now.failed, now.total + 1), before)


@given(counts(least=KNOWN))
def test_a_tenant_that_fails_as_it_did_is_never_ill(now: Sent) -> None:
    assert not fails_more(now, now)


@given(st.integers(1, 400), st.integers(0, LEAST - 1), counts())
def test_few_failures_are_no_judgement(total: int, failed: int, before: Sent) -> None:
    assert not fails_more(Sent(min(failed, total), total), before)


@given(counts(), counts(most=KNOWN - 1))
def test_without_a_known_baseline_no_tenant_is_ill_below_the_usual_share(now: Sent, before: Sent) -> None:
    if now.share <= USUAL:
        assert not fails_more(now, before)


@given(st.integers(LEAST, 400), st.integers(0, 400))
def test_when_everything_fails_where_hardly_anything_did_it_is_told(total: int, before: int) -> None:
    assert fails_more(Sent(total, total), Sent(0, before))
    assert chance(Sent(total, total), Sent(0, before)) < LEVEL
