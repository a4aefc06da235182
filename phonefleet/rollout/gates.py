"""Decide whether a wave may continue: its limits, and the numbers that keep or break them. Pure.

The semantics are those of well-known rollout engines: tolerances and strict concurrency as CloudFormation StackSets,
a limit on change as octoDNS, minimum health as Nomad.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from configs import Amount


def tolerance(amount: Amount, total: int) -> int:
    """Return how many of `total` may fail: percentages rounded down, never more than `total`."""
    return min(total, amount.of(total))


def concurrent_switches(limit: int, tolerated: int, *, strict: bool, failed: int = 0) -> int:
    """Return how many tenants may be in their switch at one moment.

    In strict mode at most `tolerated + 1` tenants of a wave can ever fail, even if all those in flight do:
    each failure so far reduces the number by one, and at zero nothing more may start.

    Args:
        limit: The configured concurrency.
        tolerated: How many of the wave's tenants may fail.
        strict: Whether the tolerance bounds concurrency.
        failed: The wave's failures so far.
    """
    return min(limit, max(0, tolerated + 1 - failed)) if strict else limit


def max_change(amount: Amount, fleet_size: int) -> int:
    """Return how many tenants one run may change: percentages rounded down, at least one."""
    return min(fleet_size, max(1, amount.of(fleet_size)))


class WaveLimit(StrEnum):
    """What can stop a wave, by its name in the fleet file."""

    FAILURE_TOLERANCE = "failure_tolerance"
    INCONCLUSIVE_LIMIT = "inconclusive_limit"
    MIN_HEALTHY = "min_healthy"


@dataclass(frozen=True, slots=True)
class WaveLimits:
    """The limits of a wave, as configured.

    Attributes:
        failure_tolerance: Of the wave's tenants.
        inconclusive_limit: Of the wave's tenants.
        min_healthy: Of the batch's switched tenants.
    """

    failure_tolerance: Amount
    inconclusive_limit: Amount
    min_healthy: Amount


@dataclass(frozen=True, slots=True)
class WaveCounts:
    """The numbers of a wave at the end of one of its batches.

    Attributes:
        tenants: The wave's tenants that were to be changed.
        failed: Of those, failed or rolled back so far.
        inconclusive: Of those, ended without verification so far.
        switched: The batch's switched tenants. Failed and inconclusive ones have limits of their own and do not
            count here.
        healthy: Of `switched`, those found healthy within the deadline.
    """

    tenants: int
    failed: int = 0
    inconclusive: int = 0
    switched: int = 0
    healthy: int = 0


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """A limit that was not kept.

    Attributes:
        limit: Which one.
        count: Failures, inconclusive tenants, or healthy tenants.
        bound: The maximum (for `min_healthy` the minimum) number allowed.
        total: The number of tenants that `count` is of.
        configured: The value in the fleet file.
    """

    limit: WaveLimit
    count: int
    bound: int
    total: int
    configured: Amount

    def __str__(self) -> str:
        setting = f"{self.limit} {self.configured}"
        match self.limit:
            case WaveLimit.FAILURE_TOLERANCE:
                return f"{self.count} of {self.total} tenants failed, {self.bound} tolerated ({setting})"
            case WaveLimit.INCONCLUSIVE_LIMIT:
                return (
                    f"{self.count} of {self.total} tenants are inconclusive, {self.bound} allowed ({setting})"
                )
            case WaveLimit.MIN_HEALTHY:
                return f"{self.count} of {self.total} switched tenants are healthy, {self.bound} needed ({setting})"


def find_broken_limits(limits: WaveLimits, counts: WaveCounts) -> Iterator[BrokenLimit]:
    """Yield every limit that was not kept. With any, no further batch of the wave and no later wave may start."""
    total = counts.tenants
    failures = tolerance(limits.failure_tolerance, total)
    if counts.failed > failures:
        yield BrokenLimit(
            WaveLimit.FAILURE_TOLERANCE, counts.failed, failures, total, limits.failure_tolerance
        )
    inconclusive = tolerance(limits.inconclusive_limit, total)
    if counts.inconclusive > inconclusive:
        yield BrokenLimit(
            WaveLimit.INCONCLUSIVE_LIMIT, counts.inconclusive, inconclusive, total, limits.inconclusive_limit
        )
    needed = min(counts.switched, limits.min_healthy.at_least_of(counts.switched))
    if counts.healthy < needed:
        yield BrokenLimit(WaveLimit.MIN_HEALTHY, counts.healthy, needed, counts.switched, limits.min_healthy)
