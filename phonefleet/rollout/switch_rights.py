"""Which tenants may begin their switch now, given everything that counts against it. Pure.

The ledger counts in one transaction (`phonefleet/ledger/switch_store.py`), so the answer holds for any number of
processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from phonefleet.rollout.caps import CapCounts, CappedGroup
from phonefleet.rollout.gates import concurrent_switches


@dataclass(frozen=True, slots=True)
class SwitchLimits:
    """The limits of a run.

    Attributes:
        concurrency: How many tenants are worked on at once.
        strict: Whether the wave's tolerance bounds the switches at once.
        max_change: How many tenants the run may change; None without a limit.
        groups: The capped groups of each tenant of the fleet, by domain.
    """

    concurrency: int
    strict: bool
    max_change: int | None = None
    groups: Mapping[str, tuple[CappedGroup, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SwitchCounts:
    """What the ledger counted.

    Attributes:
        tolerated: How many of the wave's tenants may fail.
        failed: How many of them have failed.
        in_flight: The wave's tenants that are in their switch.
        in_flight_anywhere: The tenants in their switch, of every run.
        changed: The tenants that have had the right in this run.
        switched: When each tenant's last switch of the last 24 hours began, aware UTC.
    """

    tolerated: int
    failed: int
    in_flight: frozenset[str] = frozenset()
    in_flight_anywhere: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    switched: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SwitchGrant:
    """The answer for the tenants that were asked for. Those in none of the groups wait for a place.

    Attributes:
        now: May begin their switch.
        later: Have reached a limit per day.
        refused: Would exceed the run's limit of change.
        over: More tenants of the wave failed than may fail: none may begin any more.
        paused: Who paused the run; empty where it is not paused.
        undriven: No process decides for the run any more, or another one than before.
    """

    now: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    over: bool = False
    paused: str = ""
    undriven: bool = False


def grant(wanted: Iterable[str], limits: SwitchLimits, counts: SwitchCounts, at: datetime) -> SwitchGrant:
    """Choose the tenants that may begin, in the order in which they were asked for.

    In strict mode, failures and tenants in their switch are together never more than the tolerance plus one.
    """
    if counts.failed > counts.tolerated:
        return SwitchGrant(over=True)
    wanted = list(wanted)
    groups = {**dict.fromkeys(wanted, ()), **limits.groups}
    caps = CapCounts(groups, dict(counts.switched))
    for domain in counts.in_flight_anywhere & groups.keys():
        caps.begin(domain)
    places = concurrent_switches(
        limits.concurrency, counts.tolerated, strict=limits.strict, failed=counts.failed
    ) - len(counts.in_flight)
    changed = len(counts.changed)
    now: list[str] = []
    later: list[str] = []
    refused: list[str] = []
    for domain in wanted:
        if domain in counts.in_flight:
            now.append(domain)
            continue
        is_new = domain not in counts.changed
        if limits.max_change is not None and is_new and changed >= limits.max_change:
            refused.append(domain)
        elif places > 0 and caps.has_place(domain):
            if caps.earliest(domain, at, now) > at:
                later.append(domain)
                continue
            now.append(domain)
            caps.begin(domain)
            places -= 1
            changed += is_new
    return SwitchGrant(tuple(now), tuple(later), tuple(refused))
