"""How long each wave of a rollout will take, and what it will ask of Auth0 and of people. Pure.

The forecast schedules tenants by the rules by which a run schedules them: batches, concurrency, the failure
tolerance in strict mode, soaks, windows, freezes and caps. Failures, pauses and approvals are not foreseen.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from configs import Rollout
from phonefleet.model.wave_forecast import WaveForecast
from phonefleet.rollout.admission import admit
from phonefleet.rollout.caps import CapCounts
from phonefleet.rollout.gates import concurrent_switches, tolerance
from phonefleet.rollout.openings import TenantTimes
from phonefleet.rollout.tenant_cost import Allowance, ApiPace, PlannedWork, TenantCost, WorkCost, duration
from phonefleet.rollout.waves import Batch


@dataclass(frozen=True, slots=True)
class RolloutOutlook:
    """What a forecast is made of.

    Attributes:
        batches: In the order in which they run.
        works: What is needed of the plan of every tenant of the batches, by domain.
        allowances: The rate limit of each tenant, by domain.
        times: When each tenant may be changed, by domain.
        caps: The caps of owners and regions, with the switches so far.
        rollout: The fleet's settings.
        pace: How fast the tenants answer.
        is_revised: Whether an earlier wave of the run has ended.
    """

    batches: Sequence[Batch]
    works: Mapping[str, PlannedWork]
    allowances: Mapping[str, Allowance]
    times: Mapping[str, TenantTimes]
    caps: CapCounts
    rollout: Rollout
    pace: ApiPace
    is_revised: bool = False


@dataclass(frozen=True, slots=True)
class _Course:
    """How a batch went: its active time, when it ended, and how many of its tenants found no opening."""

    active: timedelta
    end: datetime
    left_out: int


_PartTime = Callable[[Sequence[str], int], timedelta]
"""How long tenants take that start together, with so many places for switches."""


def forecast_waves(outlook: RolloutOutlook, at: datetime) -> tuple[WaveForecast, ...]:
    """Forecast every wave that has tenants to migrate, if the rollout starts at `at` (aware).

    The earliest end assumes the given pace. The latest end assumes that every tenant takes as long as
    `rollout.time_per_tenant` allows, and every batch `rollout.healthy_deadline` until it is healthy.
    """
    costs = {domain: work.cost for domain, work in outlook.works.items()}
    by_wave: dict[str, list[Batch]] = {}
    for batch in outlook.batches:
        by_wave.setdefault(batch.wave.name, []).append(batch)
    last = outlook.batches[-1] if outlook.batches else None
    expected, slowest = _expected_time(outlook, costs), _slowest_time(outlook)
    early_caps, late_caps = _copy(outlook.caps), _copy(outlook.caps)
    early = late = at
    waves = []
    for name, batches in by_wave.items():
        starts = early
        soak = sum((b.wave.soak for b in batches if b is not last), timedelta())
        courses = []
        for batch in batches:
            pause = batch.wave.soak if batch is not last else timedelta()
            course = _course(outlook, batches, batch, early, early_caps, expected)
            early = course.end + pause
            late = _course(outlook, batches, batch, late, late_caps, slowest).end + pause
            courses.append(course)
        works = [outlook.works[domain] for batch in batches for domain in batch.domains]
        waves.append(
            WaveForecast(
                wave=name,
                tenants=len(works),
                batches=len(batches),
                requests=sum(work.cost.requests for work in works),
                messages=dict(sum((Counter(work.messages) for work in works), Counter[str]())),
                one_way=sum(work.is_one_way for work in works),
                no_opening=sum(course.left_out for course in courses),
                active=sum((course.active for course in courses), timedelta()),
                soak=soak,
                starts_at=starts,
                earliest_end=early,
                latest_end=max(early, late),
                measured=outlook.pace.measured,
                basis=outlook.pace.basis_of({kind for work in works for kind in work.kinds}),
                is_revised=outlook.is_revised,
            )
        )
    return tuple(waves)


def _copy(caps: CapCounts) -> CapCounts:
    return CapCounts(caps.groups, dict(caps.switched))


def _course(
    outlook: RolloutOutlook,
    wave: Sequence[Batch],
    batch: Batch,
    at: datetime,
    caps: CapCounts,
    part_time: _PartTime,
) -> _Course:
    """Let the tenants of a batch start as soon as they may, as a run does."""
    rollout = outlook.rollout
    size = sum(len(each.domains) for each in wave)
    places = concurrent_switches(
        rollout.concurrency, tolerance(batch.wave.failure_tolerance, size), strict=rollout.strict
    )
    left, active, left_out = list(batch.domains), timedelta(), 0
    while left:
        admission = admit(left, outlook.times, at, need=rollout.time_per_tenant, places=places, caps=caps)
        left_out += len(admission.never)
        if admission.now:
            taken = part_time(admission.now, places)
            caps.switched.update(dict.fromkeys(admission.now, at + taken))
            at, active = at + taken, active + taken
        elif admission.next_at is not None:
            at = max(admission.next_at, at + timedelta(seconds=1))
        left = [d for d in left if d not in admission.never and d not in admission.now]
    return _Course(active, at, left_out)


def _expected_time(outlook: RolloutOutlook, costs: Mapping[str, TenantCost]) -> _PartTime:
    pace, concurrency = outlook.pace, outlook.rollout.concurrency

    def phase(works: Iterable[tuple[str, WorkCost]], places: int) -> timedelta:
        each = [(duration(cost, pace, outlook.allowances[domain]), cost.requests) for domain, cost in works]
        busy = sum(requests for _, requests in each) * pace.cpu
        return max(busy, makespan((taken for taken, _ in each), places))

    def part_time(domains: Sequence[str], places: int) -> timedelta:
        return (
            phase(((d, costs[d].prepare) for d in domains), concurrency)
            + phase(((d, costs[d].switch) for d in domains), places)
            + phase(((d, costs[d].check) for d in domains), concurrency)
        )

    return part_time


def _slowest_time(outlook: RolloutOutlook) -> _PartTime:
    rollout = outlook.rollout

    def part_time(domains: Sequence[str], places: int) -> timedelta:
        each = [rollout.time_per_tenant] * len(domains)
        return makespan(each, max(1, min(places, rollout.concurrency))) + rollout.healthy_deadline

    return part_time


def makespan(durations: Iterable[timedelta], places: int) -> timedelta:
    """Return how long work takes of which each piece starts at the first free of `places` places, in order."""
    free = [timedelta()] * max(1, places)
    for each in durations:
        heapq.heapreplace(free, free[0] + each)
    return max(free)
