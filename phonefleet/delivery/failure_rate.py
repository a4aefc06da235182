"""Whether messages fail more than they did: exact tests on counts. Pure.

Two shares that differ verify nothing by themselves, least of all small ones. So a tenant's failures count only when
chance alone would hardly ever bring so many: with as many failures and messages in all as there were, fewer than
`SIGNIFICANCE_LEVEL` of all ways to spread them put as many into the newer time (Fisher's exact test, one-sided).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

SIGNIFICANCE_LEVEL = Fraction(1, 1000)
"""How often chance may pass for an illness. A fleet of a thousand is looked at, and one wrong word stops a wave."""
MIN_FAILURES = 3
"""Fewer failures are no judgement: one person with a mistyped number tries twice."""
MIN_BASELINE = 20
"""Messages that a baseline must have to be known."""
DEFAULT_FAILURE_RATE = Fraction(1, 20)
"""The share of failures that is held against a tenant without a known baseline; its own where that is greater."""


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages of some time: how many failed, of how many."""

    failed: int
    total: int

    def __str__(self) -> str:
        return f"{self.failed} of {self.total}"

    @property
    def share(self) -> Fraction:
        """The share that failed; 0 of none."""
        return Fraction(self.failed, self.total) if self.total else Fraction(0)

    @property
    def known(self) -> bool:
        """Whether it is enough to hold something against."""
        return self.total >= MIN_BASELINE


def p_value(now: MessageCount, before: MessageCount) -> Fraction:
    """How likely chance alone brings as many failures as there are now, or more.

    Without a known baseline each message is taken to fail at `DEFAULT_FAILURE_RATE`, or at the baseline's rate if that
    is greater.
    """
    if before.known:
        return _fisher(now, before)
    return _binomial(now, max(DEFAULT_FAILURE_RATE, before.share))


def fails_significantly_more(now: MessageCount, before: MessageCount) -> bool:
    """Whether so many failures are more than chance."""
    return now.failed >= MIN_FAILURES and p_value(now, before) < SIGNIFICANCE_LEVEL


def _fisher(now: MessageCount, before: MessageCount) -> Fraction:
    failed, total = now.failed + before.failed, now.total + before.total
    most = min(failed, now.total)
    ways = sum(comb(now.total, k) * comb(before.total, failed - k) for k in range(now.failed, most + 1))
    return Fraction(ways, comb(total, failed))


def _binomial(now: MessageCount, share: Fraction) -> Fraction:
    """Summed over one denominator, since fractions of a thousand factors are slow to add one by one."""
    bad, good = share.numerator, share.denominator - share.numerator
    n = now.total
    ways = sum(comb(n, k) * bad**k * good ** (n - k) for k in range(now.failed, n + 1))
    return Fraction(ways, share.denominator**n)
