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
    FAILURE_LIMIT = "failure_limit"


@dataclass(frozen=True, slots=True)
class WaveLimits:
    """The limits of a wave, as configured.

    Attributes:
        failure_tolerance: Of the wave's tenants.
        inconclusive_limit: Of the wave's tenants.
        min_healthy: Of the switched tenants.
        failure_limit: How many of the switched tenants may be unhealthy; None for no such limit.
    """

    failure_tolerance: Amount
    inconclusive_limit: Amount
    min_healthy: Amount
    failure_limit: Amount | None = None


@dataclass(frozen=True, slots=True)
class WaveCounts:
    """The numbers of a wave at the end of one of its batches, or of the whole wave.

    Attributes:
        tenants: The wave's tenants that were to be changed.
        failed: Of those, failed or rolled back so far.
        inconclusive: Of those, ended without verification so far.
        switched: The switched tenants of the batch, or of the wave. Failed and inconclusive ones have limits of their
            own and do not count here.
        healthy: Of `switched`, those found healthy within the deadline.
    """

    tenants: int
    failed: int = 0
    inconclusive: int = 0
    switched: int = 0
    healthy: int = 0


@dataclass(frozen=True, slots=True)
class MeasuredLimit:
    """A limit and the number that was found.

    Attributes:
        limit: Which one.
        count: Failures, inconclusive tenants, healthy or unhealthy tenants.
        bound: The maximum (for `min_healthy` the minimum) number allowed.
        total: The number of tenants that `count` is of.
        configured: The value in the fleet file.
    """

    limit: WaveLimit
    count: int
    bound: int
    total: int
    configured: Amount

    @property
    def passed(self) -> bool:
        """Whether it was kept."""
        least = self.limit is WaveLimit.MIN_HEALTHY
        return self.count >= self.bound if least else self.count <= self.bound

    def __str__(self) -> str:
        setting, of = f"{self.limit} {self.configured}", f"{self.count} of {self.total}"
        match self.limit:
            case WaveLimit.FAILURE_TOLERANCE:
                return f"{of} tenants failed, {self.bound} tolerated ({setting})"
            case WaveLimit.INCONCLUSIVE_LIMIT:
                return f"{of} tenants are inconclusive, {self.bound} allowed ({setting})"
            case WaveLimit.MIN_HEALTHY:
                return f"{of} switched tenants are healthy, {self.bound} needed ({setting})"
            case WaveLimit.FAILURE_LIMIT:
                return f"{of} switched tenants are not healthy, {self.bound} allowed ({setting})"


def measure_limits(limits: WaveLimits, counts: WaveCounts) -> Iterator[MeasuredLimit]:
    """Yield every limit with its number."""
    total = counts.tenants
    for limit, count, configured in (
        (WaveLimit.FAILURE_TOLERANCE, counts.failed, limits.failure_tolerance),
        (WaveLimit.INCONCLUSIVE_LIMIT, counts.inconclusive, limits.inconclusive_limit),
    ):
        yield MeasuredLimit(limit, count, tolerance(configured, total), total, configured)
    switched, healthy = counts.switched, counts.healthy
    needed = min(switched, limits.min_healthy.at_least_of(switched))
    yield MeasuredLimit(WaveLimit.MIN_HEALTHY, healthy, needed, switched, limits.min_healthy)
    if limits.failure_limit is not None:
        allowed = tolerance(limits.failure_limit, switched)
        unhealthy = switched - healthy
        yield MeasuredLimit(WaveLimit.FAILURE_LIMIT, unhealthy, allowed, switched, limits.failure_limit)
