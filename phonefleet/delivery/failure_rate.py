"""Test whether messages fail significantly more often than before. Pure.

A difference of two small shares may be chance. So failures count only when chance explains them with a probability
below `SIGNIFICANCE_LEVEL` (Fisher's exact test, one-sided; a binomial test without a baseline).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

SIGNIFICANCE_LEVEL = Fraction(1, 1000)
"""Probability of a false alarm. Small, since a fleet has a thousand tenants and one false alarm stops a wave."""
MIN_FAILURES = 3
"""Fewer failures decide nothing: one user with a mistyped number tries twice."""
MIN_BASELINE = 20
"""Messages that a baseline needs."""
DEFAULT_FAILURE_RATE = Fraction(1, 20)
"""Failure rate assumed for a tenant without a baseline, unless its own is greater."""


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages of a period: how many failed, of how many."""

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
        """Whether it has enough messages for a baseline."""
        return self.total >= MIN_BASELINE


def p_value(now: MessageCount, before: MessageCount) -> Fraction:
    """Return the probability that chance alone gives as many failures as now, or more.

    Without a known baseline each message is taken to fail at `DEFAULT_FAILURE_RATE`, or at the baseline's rate if that
    is greater.
    """
    if before.known:
        return _fisher(now, before)
    return _binomial(now, max(DEFAULT_FAILURE_RATE, before.share))


def fails_significantly_more(now: MessageCount, before: MessageCount) -> bool:
    """Whether messages fail significantly more often than before."""
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
