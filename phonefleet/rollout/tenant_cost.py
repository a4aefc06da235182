"""What the work on one tenant costs: requests, rounds of requests that follow each other, and waits. Pure.

The counts are those of this version's own steps, which a test compares with the requests that the simulator sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from phonefleet.model.enums import Reversibility, StepKind
from phonefleet.model.plan import Plan, first_switch
from phonefleet.model.steps import SendTestStep, Step
from phonefleet.model.wave_forecast import PaceBasis, PaceQuantity, PaceSource
from phonefleet.secrets.phone_numbers import mask_number

READ_ROUNDS = 5
"""Rounds in which a whole tenant is read: reads that do not need each other's answer are one round."""
_SLOWEST_OF_ROUND = 2.0
"""How much longer than one answer the slowest of a round of reads takes."""
_WRITE_ROUND = 1.7
"""How much longer than a read a write takes. Like the other factor, from 1,400 recorded exchanges of Auth0's own SDK:
0.23 s for a read and 0.39 s for a write (medians)."""


@dataclass(frozen=True, slots=True)
class WorkCost:
    """What a piece of work costs.

    Attributes:
        requests: To the tenant's Management API.
        rounds: Requests that follow each other, counted in answers to a read.
        waits: What does not depend on them: a whole reading of the tenant, an Action's build, logs that lag.
    """

    requests: int = 0
    rounds: float = 0
    waits: timedelta = timedelta()

    def __add__(self, other: WorkCost) -> WorkCost:
        return WorkCost(self.requests + other.requests, self.rounds + other.rounds, self.waits + other.waits)


@dataclass(frozen=True, slots=True)
class TenantCost:
    """What the phases of a migration cost at one tenant.

    Attributes:
        prepare: Read, plan again, every step before the switch, test messages with their evidence.
        switch: The switches, what follows them, and the read that verifies them.
        check: One look at the health afterwards.
    """

    prepare: WorkCost
    switch: WorkCost
    check: WorkCost

    @property
    def requests(self) -> int:
        """Requests of all phases."""
        return self.prepare.requests + self.switch.requests + self.check.requests


@dataclass(frozen=True, slots=True)
class ApiPace:
    """How fast a fleet's tenants answer, and what this process needs for it.

    Attributes:
        latency: From asking to the answer; the median.
        cpu: This process's time for one request.
        reads: Requests that read a whole tenant, on average.
        readings: How long reading a whole tenant took, by domain.
        build: An Action's build and deployment.
        log_lag: From sending a test message to its evidence.
        measured: Whether latency, CPU time and reads were measured; else they are assumed.
        build_is_recorded: Whether the ledger has builds; else theirs is assumed.
        log_lag_is_recorded: Whether the ledger has evidence of test messages; else its lag is assumed.
    """

    latency: timedelta = timedelta(seconds=0.35)
    cpu: timedelta = timedelta(milliseconds=10)
    reads: int = 17
    readings: Mapping[str, timedelta] = field(default_factory=dict)
    build: timedelta = timedelta(seconds=10)
    log_lag: timedelta = timedelta(seconds=5)
    measured: bool = False
    build_is_recorded: bool = False
    log_lag_is_recorded: bool = False

    def reading(self, domain: str) -> timedelta:
        """Return how long reading a whole tenant takes: as measured there, or at the mean of the others."""
        if (measured := self.readings.get(domain)) is not None:
            return measured
        if self.readings:
            return sum(self.readings.values(), timedelta()) / len(self.readings)
        return READ_ROUNDS * _SLOWEST_OF_ROUND * self.latency

    def basis_of(self, kinds: Collection[StepKind]) -> tuple[PaceBasis, ...]:
        """Return the quantities that steps of these kinds need, and where each comes from."""
        recorded = {False: PaceSource.ASSUMED, True: PaceSource.RECORDED}
        answer = PaceSource.MEASURED if self.measured else PaceSource.ASSUMED
        found = [PaceBasis(quantity=PaceQuantity.ANSWER, value=self.latency, source=answer)]
        if StepKind.DEPLOY_ACTION in kinds:
            source = recorded[self.build_is_recorded]
            found.append(PaceBasis(quantity=PaceQuantity.BUILD, value=self.build, source=source))
        if StepKind.SEND_TEST in kinds:
            source = recorded[self.log_lag_is_recorded]
            found.append(PaceBasis(quantity=PaceQuantity.EVIDENCE, value=self.log_lag, source=source))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What of a tenant's token bucket is ours: `at_once` requests, then `per_second`."""

    at_once: int
    per_second: float

    def delay(self, requests: int, latency: timedelta) -> timedelta:
        """Return how long so many requests take at least.

        With one at once, the next is sent only after the answer: the bucket is full then, and earns nothing meanwhile.
        """
        pause = timedelta(seconds=1 / self.per_second)
        if self.at_once <= 1:
            pause += latency
        return max(0, requests - self.at_once) * pause


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """What a forecast needs of a plan, which takes far less memory than the plan.

    Attributes:
        cost: What its phases cost at the pace of the forecast.
        kinds: The kinds of its steps.
        messages: Its test messages, by masked number.
        is_one_way: Whether it cannot be taken back.
    """

    cost: TenantCost
    kinds: frozenset[StepKind]
    messages: Mapping[str, int]
    is_one_way: bool


def work_of(plan: Plan, pace: ApiPace) -> PlannedWork:
    """Return what a forecast needs of a plan."""
    sent = Counter(mask_number(step.after.to) for step in plan.steps if isinstance(step, SendTestStep))
    kinds = frozenset(step.kind for step in plan.steps)
    return PlannedWork(cost_of(plan, pace), kinds, sent, plan.reversibility is Reversibility.ONE_WAY)


_WRITE = WorkCost(3, 2 + _WRITE_ROUND)
_STEPS: Mapping[StepKind, WorkCost] = {
    StepKind.SEND_TEST: WorkCost(3, 2 + _WRITE_ROUND),
    StepKind.DEPLOY_ACTION: WorkCost(6, 5 + _WRITE_ROUND),
    StepKind.SWITCH_TENANT: WorkCost(9, _SLOWEST_OF_ROUND + 1 + _WRITE_ROUND),
    StepKind.SWITCH_CONNECTION: WorkCost(4, 3 + _WRITE_ROUND),
}
"""Read, write, read back; of other kinds `_WRITE`."""
_HEALTH = WorkCost(10, 2 * _SLOWEST_OF_ROUND)
"""Settings, factors, selected provider, connections, and the logs before and after the switch at once; then message
types, provider, its Actions and a connection's clients at once."""


def cost_of(plan: Plan, pace: ApiPace) -> TenantCost:
    """Return what a plan's phases cost at the given pace."""
    at = first_switch(plan)
    reading = WorkCost(pace.reads, waits=pace.reading(plan.domain))
    return TenantCost(
        prepare=reading + _steps_cost(plan.steps[:at], pace),
        switch=_steps_cost(plan.steps[at:], pace) + reading,
        check=_HEALTH,
    )


def _steps_cost(steps: Iterable[Step], pace: ApiPace) -> WorkCost:
    cost, tests = WorkCost(), 0
    for step in steps:
        cost += _STEPS.get(step.kind, _WRITE)
        match step.kind:
            case StepKind.DEPLOY_ACTION:
                cost += WorkCost(waits=pace.build)
            case StepKind.SEND_TEST:
                tests += 1
    # The evidence of all messages is looked for at once.
    return cost + WorkCost(tests, 1, pace.log_lag) if tests else cost


def duration(cost: WorkCost, pace: ApiPace, allowance: Allowance) -> timedelta:
    """Return how long a piece of work takes: its rounds and waits, or longer where the rate limit holds it back."""
    return max(cost.rounds * pace.latency + cost.waits, allowance.delay(cost.requests, pace.latency))
