"""What the work on one tenant costs: requests, rounds of requests that follow each other, and waits. Pure.

The counts are those of this version's own steps, which a test compares with the requests that the simulator sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from phonefleet.model.enums import Reversibility, StepKind
from phonefleet.model.plan import Plan, first_switch
from phonefleet.model.steps import SendTestStep, Step
from phonefleet.model.wave_forecast import PaceBasis, PaceQuantity, PaceSource
from phonefleet.secrets.phone_numbers import mask_number

READ_ROUNDS = 5
"""Rounds in which a whole tenant is read: reads that do not need each other's answer are one round."""


@dataclass(frozen=True, slots=True)
class WorkCost:
    """What a piece of work costs.

    Attributes:
        requests: To the tenant's Management API.
        rounds: Requests, or groups of concurrent requests, that follow each other.
        waits: Time in which nothing is asked: an Action's build, logs that lag.
    """

    requests: int = 0
    rounds: int = 0
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
        build: An Action's build and deployment.
        log_lag: From sending a test message to its evidence.
        measured: Whether latency, CPU time and reads were measured; else they are assumed.
        build_is_recorded: Whether the ledger has builds; else theirs is assumed.
        log_lag_is_recorded: Whether the ledger has evidence of test messages; else its lag is assumed.
    """

    latency: timedelta = timedelta(seconds=0.35)
    cpu: timedelta = timedelta(milliseconds=10)
    reads: int = 17
    build: timedelta = timedelta(seconds=10)
    log_lag: timedelta = timedelta(seconds=5)
    measured: bool = False
    build_is_recorded: bool = False
    log_lag_is_recorded: bool = False

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
    """A tenant's token bucket: `burst` requests at once, refilled at `per_second`."""

    burst: int
    per_second: float

    def delay(self, requests: int) -> timedelta:
        """Return how long so many requests take at least."""
        return timedelta(seconds=max(0.0, (requests - self.burst) / self.per_second))


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


_WRITE = WorkCost(3, 3)
_STEPS: Mapping[StepKind, WorkCost] = {
    StepKind.SEND_TEST: WorkCost(3, 3),
    StepKind.DEPLOY_ACTION: WorkCost(6, 6),
    StepKind.SWITCH_TENANT: WorkCost(9, 3),
    StepKind.SWITCH_CONNECTION: WorkCost(4, 4),
}
"""Read, write, read back; of other kinds `_WRITE`."""


def cost_of(plan: Plan, pace: ApiPace) -> TenantCost:
    """Return what a plan's phases cost at the given pace."""
    at = first_switch(plan)
    reading = WorkCost(pace.reads, READ_ROUNDS)
    return TenantCost(
        prepare=reading + _steps_cost(plan.steps[:at], pace),
        switch=_steps_cost(plan.steps[at:], pace) + reading,
        check=WorkCost(1, 1),
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
    return max(cost.rounds * pace.latency + cost.waits, allowance.delay(cost.requests))
