"""Assign tenants to waves and divide waves into batches. Pure.

Batch sizes have the semantics of Ansible's `serial`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat
from types import MappingProxyType

from configs import Amount, Selectable, Wave, first_match
from phonefleet.rollout.ordering import ordered, split_by_owner


@dataclass(frozen=True, slots=True)
class Batch:
    """Tenants of one wave that are changed together, before the next batch starts.

    Attributes:
        wave: Their wave.
        number: From 1 within the wave.
        domains: In the order in which they start.
    """

    wave: Wave
    number: int
    domains: tuple[str, ...]


def without(batches: Iterable[Batch], domains: Container[str]) -> list[Batch]:
    """Return batches without these tenants; a batch that has no others is left out."""
    left = (replace(b, domains=tuple(d for d in b.domains if d not in domains)) for b in batches)
    return [batch for batch in left if batch.domains]


def assign(tenants: Iterable[Selectable], waves: Sequence[Wave]) -> Mapping[str, str]:
    """Return the wave's name for each domain, in the tenants' order: the first wave that selects the tenant.

    Raises:
        ValueError: A tenant is in no wave, which a loaded fleet excludes.
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


def schedule(
    tenants: Iterable[Selectable], waves: Sequence[Wave], uses: Mapping[str, int] = MappingProxyType({})
) -> tuple[Batch, ...]:
    """Put every tenant into exactly one batch: waves in their order, tenants in that of their wave.

    Args:
        tenants: Those to change. Percentages are of these, so leave out tenants that need no change.
        waves: All waves of the fleet; those without any of the tenants have no batch.
        uses: The size of each tenant's use, by domain, for waves that are ordered by it.
    """
    tenants = list(tenants)
    places = assign(tenants, waves)
    scheduled: list[Batch] = []
    for wave in waves:
        members = ordered((t for t in tenants if places[t.domain] == wave.name), wave, uses)
        parts = split_by_owner(members) if wave.owner_first else (members,)
        domains = iter([tenant.domain for part in parts for tenant in part])
        sizes = [size for part in parts for size in batch_sizes(len(part), wave.size)]
        scheduled += [Batch(wave, n, tuple(islice(domains, size))) for n, size in enumerate(sizes, 1)]
    return tuple(scheduled)


def reschedule(
    tenants: Iterable[Selectable],
    waves: Sequence[Wave],
    places: Mapping[str, tuple[str, int]],
    uses: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Batch, ...]:
    """Schedule a run that is continued: tenants keep their batch, new ones come after their wave's last batch.

    Args:
        tenants: Those still to change.
        waves: All waves of the fleet.
        places: Wave and batch of each domain that has one, also of finished tenants.
        uses: As in `schedule`.
    """
    tenants = list(tenants)
    names = {wave.name for wave in waves}
    kept = {t.domain: places[t.domain] for t in tenants if places.get(t.domain, ("", 0))[0] in names}
    last: dict[str, int] = {}
    for wave_name, number in places.values():
        last[wave_name] = max(last.get(wave_name, 0), number)
    added = schedule([t for t in tenants if t.domain not in kept], waves, uses)
    for batch in added:
        kept |= dict.fromkeys(batch.domains, (batch.wave.name, last.get(batch.wave.name, 0) + batch.number))
    members: dict[tuple[str, int], list[Selectable]] = {}
    for tenant in tenants:
        members.setdefault(kept[tenant.domain], []).append(tenant)
    return tuple(
        Batch(wave, number, tuple(t.domain for t in ordered(members[name, number], wave, uses)))
        for wave in waves
        for name, number in sorted(members)
        if name == wave.name
    )


def batch_sizes(count: int, sizes: Sequence[Amount]) -> list[int]:
    """Return the sizes of a wave's batches, whose sum is `count`.

    Args:
        count: The wave's tenants.
        sizes: One size for each batch, the last one repeating; a percentage is of `count`, rounded down,
            and at least 1. Without sizes there is one batch.
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
