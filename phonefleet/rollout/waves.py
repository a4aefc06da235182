"""Who is changed when, and when to stop: ordering, sizes and tolerance arithmetic. Pure.

The semantics are those of well-known rollout engines: batch sizes as Ansible's `serial`, tolerances and
strict concurrency as CloudFormation StackSets, a limit on change as octoDNS, minimum health as Nomad.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat

from configs import Amount, Selectable, Wave, first_match


@dataclass(frozen=True, slots=True)
class Batch:
    """Tenants of one wave that are changed before the next batch starts.

    Attributes:
        wave: Their wave.
        number: From 1 within the wave.
        domains: In the order of the fleet file.
    """

    wave: Wave
    number: int
    domains: tuple[str, ...]


def assign(tenants: Iterable[Selectable], waves: Sequence[Wave]) -> Mapping[str, str]:
    """The wave's name for each domain, in the tenants' order; the first wave that selects a tenant has it.

    Raises:
        ValueError: A tenant is in no wave. A loaded fleet has none such.
    """
    assigned: dict[str, str] = {}
    for tenant in tenants:
        name = first_match(tenant, waves)
        if name is None:
            raise ValueError(
                f"{tenant.domain}: none of the {len(waves)} waves selects it; add a wave without match"
            )
        assigned[tenant.domain] = name
    return assigned


def schedule(tenants: Iterable[Selectable], waves: Sequence[Wave]) -> tuple[Batch, ...]:
    """Every tenant in exactly one batch: waves in their order, tenants in theirs.

    Args:
        tenants: Those to change. Percentages are of these, so leave out whoever needs no change.
        waves: All waves of the fleet; those without any of the tenants give no batch.
    """
    members: dict[str, list[str]] = {wave.name: [] for wave in waves}
    for domain, name in assign(tenants, waves).items():
        members[name].append(domain)
    return tuple(chain.from_iterable(_batches_of(wave, members[wave.name]) for wave in waves))


def reschedule(
    tenants: Iterable[Selectable], waves: Sequence[Wave], places: Mapping[str, tuple[str, int]]
) -> tuple[Batch, ...]:
    """As `schedule`, for a run that is continued: whoever has a place keeps it, others come after their wave's last.

    Args:
        tenants: Those still to change.
        waves: All waves of the fleet.
        places: Wave and batch of each domain that was given one, of those that are done too.
    """
    tenants = list(tenants)
    names = {wave.name for wave in waves}
    kept = {t.domain: places[t.domain] for t in tenants if places.get(t.domain, ("", 0))[0] in names}
    last: dict[str, int] = {}
    for wave_name, number in places.values():
        last[wave_name] = max(last.get(wave_name, 0), number)
    late = schedule([t for t in tenants if t.domain not in kept], waves)
    for batch in late:
        kept |= dict.fromkeys(batch.domains, (batch.wave.name, last.get(batch.wave.name, 0) + batch.number))
    members: dict[tuple[str, int], list[str]] = {}
    for tenant in tenants:
        members.setdefault(kept[tenant.domain], []).append(tenant.domain)
    return tuple(
        Batch(wave, number, tuple(members[name, number]))
        for wave in waves
        for name, number in sorted(members)
        if name == wave.name
    )


def _batches_of(wave: Wave, domains: list[str]) -> Iterator[Batch]:
    start = 0
    for number, size in enumerate(batches(len(domains), wave.size), 1):
        yield Batch(wave, number, tuple(domains[start : start + size]))
        start += size


def batches(count: int, sizes: Sequence[Amount]) -> list[int]:
    """The sizes of a wave's batches, adding up to `count`.

    Args:
        count: The wave's tenants.
        sizes: One size for each batch, the last one repeating; a percentage is of `count`, rounded down,
            and at least 1. None at all puts everything into one batch.
    """
    result: list[int] = []
    left = count
    for amount in chain(sizes, repeat(sizes[-1] if sizes else None)):
        if left <= 0:
            break
        size = left if amount is None else min(left, max(1, amount.of(count)))
        result.append(size)
        left -= size
    return result


def tolerance(amount: Amount, total: int) -> int:
    """How many of `total` may go wrong: percentages rounded down, never more than `total`."""
    return min(total, amount.of(total))


def concurrent_switches(limit: int, tolerated: int, *, strict: bool, failed: int = 0) -> int:
    """How many tenants may be in their switch at one moment.

    In strict mode at most `tolerated + 1` tenants of a wave can ever fail, even if all those in flight do:
    each failure so far takes one place away, and with none left nothing more may start.

    Args:
        limit: The configured concurrency.
        tolerated: How many of the wave's tenants may fail.
        strict: Whether the tolerance bounds concurrency.
        failed: The wave's failures so far.
    """
    return min(limit, max(0, tolerated + 1 - failed)) if strict else limit


def max_change(amount: Amount, fleet_size: int) -> int:
    """How many tenants one run may change: percentages rounded down, but one tenant of any fleet."""
    return min(fleet_size, max(1, amount.of(fleet_size)))


class WaveLimit(StrEnum):
    """What can stop a wave, by its name in the fleet file."""

    FAILURE_TOLERANCE = "failure_tolerance"
    INCONCLUSIVE_LIMIT = "inconclusive_limit"
    MIN_HEALTHY = "min_healthy"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a wave must keep to before its next batch, or the next wave, may start.

    Attributes:
        failure_tolerance: As configured; of the wave's tenants.
        inconclusive_limit: As configured; of the wave's tenants.
        min_healthy: As configured; of the batch's switched tenants.
    """

    failure_tolerance: Amount
    inconclusive_limit: Amount
    min_healthy: Amount


@dataclass(frozen=True, slots=True)
class Tally:
    """What a wave has come to, at the end of one of its batches.

    Attributes:
        tenants: The wave's tenants that were to be changed.
        failed: Of those, failed or rolled back so far.
        inconclusive: Of those, ended without verification so far.
        switched: The batch's tenants that stand switched; failed and inconclusive ones are judged by their
            own limits and don't count here.
        healthy: Of `switched`, those found healthy within the deadline.
    """

    tenants: int
    failed: int = 0
    inconclusive: int = 0
    switched: int = 0
    healthy: int = 0


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that was not kept.

    Attributes:
        limit: Which one.
        count: What was counted: failures, inconclusive ends, or healthy tenants.
        bound: The most (for `min_healthy` the least) that would have been right.
        total: Of how many.
        configured: What the fleet file says.
    """

    limit: WaveLimit
    count: int
    bound: int
    total: int
    configured: Amount

    def __str__(self) -> str:
        says = f"{self.limit} {self.configured}"
        match self.limit:
            case WaveLimit.FAILURE_TOLERANCE:
                return f"{self.count} of {self.total} tenants failed, {self.bound} tolerated ({says})"
            case WaveLimit.INCONCLUSIVE_LIMIT:
                return f"{self.count} of {self.total} tenants are inconclusive, {self.bound} allowed ({says})"
            case WaveLimit.MIN_HEALTHY:
                return (
                    f"{self.count} of {self.total} switched tenants are healthy, {self.bound} needed ({says})"
                )


@dataclass(frozen=True, slots=True)
class Proceed:
    """Every limit was kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """At least one limit was not kept: no further batch of this wave and no later wave may start."""

    breaches: tuple[Breach, ...]

    @property
    def reason(self) -> str:
        """All breaches with their numbers, in one line."""
        return "; ".join(map(str, self.breaches))


def verdict(gate: Gate, tally: Tally) -> Proceed | Stop:
    """Whether the wave may go on, judged by all its limits together."""
    breaches = tuple(_breaches(gate, tally))
    return Stop(breaches) if breaches else Proceed()


def _breaches(gate: Gate, tally: Tally) -> Iterator[Breach]:
    total = tally.tenants
    failures = tolerance(gate.failure_tolerance, total)
    if tally.failed > failures:
        yield Breach(WaveLimit.FAILURE_TOLERANCE, tally.failed, failures, total, gate.failure_tolerance)
    unverified = tolerance(gate.inconclusive_limit, total)
    if tally.inconclusive > unverified:
        yield Breach(
            WaveLimit.INCONCLUSIVE_LIMIT, tally.inconclusive, unverified, total, gate.inconclusive_limit
        )
    needed = min(tally.switched, gate.min_healthy.at_least_of(tally.switched))
    if tally.healthy < needed:
        yield Breach(WaveLimit.MIN_HEALTHY, tally.healthy, needed, tally.switched, gate.min_healthy)
