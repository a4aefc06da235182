"""Leases and intents against a model: whatever workers do, in whatever order."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from phonefleet.errors import LeaseHeld, LedgerError
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import Lease
from tests.ledger.factories import PROVIDER, SWITCH, Clock, make_plan, start

EXAMPLES = itertools.count()
TTL = timedelta(seconds=60)
NAMES = st.sampled_from(["a", "b"])
HOLDERS = st.sampled_from(["kim", "lee"])
STEPS = st.sampled_from([PROVIDER, SWITCH])


class Workers(RuleBasedStateMachine):
    """Two workers, two tenants. Expected: `fence` and `held` (lease or None) of each, and the open intents."""

    ledger: Ledger
    clock: Clock
    leases: Bundle[Lease] = Bundle("leases")
    intents: Bundle[int] = Bundle("intents")

    def __init__(self) -> None:
        super().__init__()
        number = next(EXAMPLES)
        self.domain = {name: f"{name}{number}.eu.auth0.com" for name in "ab"}
        self.plan = {domain: make_plan(domain) for domain in self.domain.values()}
        self.run_id = start(self.ledger, *self.plan)
        self.ledger.tenants.add_plans(self.run_id, self.plan)
        self.fence = dict.fromkeys(self.plan, 0)
        self.held: dict[str, Lease | None] = dict.fromkeys(self.plan)
        self.open: dict[int, tuple[str, str]] = {}
        self.settled: set[int] = set()

    def in_force(self, domain: str) -> bool:
        held = self.held[domain]
        return held is not None and held.expires_at > self.clock.now

    def expected(self, domain: str, holder: str) -> Lease:
        now: datetime = self.clock.now
        self.fence[domain] += 1
        lease = Lease(
            domain=domain,
            holder=holder,
            run_id=self.run_id,
            fence=self.fence[domain],
            acquired_at=now,
            expires_at=now + TTL,
        )
        self.held[domain] = lease
        return lease

    @rule(target=leases, name=NAMES, holder=HOLDERS)
    def acquire(self, name: str, holder: str) -> Any:
        domain = self.domain[name]
        if self.in_force(domain):
            with pytest.raises(LeaseHeld):
                self.ledger.leases.acquire(domain, Holder(holder), self.run_id, TTL)
            return multiple()
        lease = self.ledger.leases.acquire(domain, Holder(holder), self.run_id, TTL)
        assert lease == self.expected(domain, holder)
        return lease

    @rule(target=leases, holder=HOLDERS)
    def acquire_both(self, holder: str) -> Any:
        free = [domain for domain in sorted(self.plan) if not self.in_force(domain)]
        acquired, conflicts = self.ledger.leases.acquire_all(self.plan, Holder(holder), self.run_id, TTL)
        assert acquired == [self.expected(domain, holder) for domain in free]
        assert [each.held for each in conflicts] == [self.held[d] for d in sorted(self.plan) if d not in free]
        return multiple(*acquired)

    @rule(target=leases, lease=leases)
    def renew(self, lease: Lease) -> Any:
        renewed, lost = self.ledger.leases.renew([lease], TTL)
        held = self.held[lease.domain]
        if held is None or held.fence != lease.fence:
            assert (renewed, [each.domain for each in lost]) == ([], [lease.domain])
            return multiple()
        self.held[lease.domain] = held.model_copy(update={"expires_at": self.clock.now + TTL})
        assert (renewed, lost) == ([self.held[lease.domain]], [])
        return renewed[0]

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        self.ledger.leases.release(lease)
        held = self.held[lease.domain]
        if held is not None and held.fence == lease.fence:
            self.held[lease.domain] = None

    @rule(name=NAMES)
    def break_lease(self, name: str) -> None:
        assert self.ledger.leases.unlock(self.domain[name], "ann") == self.held[self.domain[name]]
        self.held[self.domain[name]] = None

    @rule(seconds=st.sampled_from([1, 30, 60]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(target=intents, lease=leases, step=STEPS)
    def intend(self, lease: Lease, step: Any) -> Any:
        def call() -> int:
            return self.ledger.steps.intend(
                lease, self.run_id, lease.domain, self.plan[lease.domain].checksum, step
            )

        held = self.held[lease.domain]
        if held is None or held.fence != lease.fence or held.expires_at <= self.clock.now:
            with pytest.raises(LeaseHeld):
                call()
            return multiple()
        if (lease.domain, step.key) in self.open.values():
            with pytest.raises(LedgerError, match="still open"):
                call()
            return multiple()
        number = call()
        assert number > max([0, *self.open, *self.settled])
        self.open[number] = (lease.domain, step.key)
        return number

    @rule(number=intents, result=st.sampled_from(["done", "failed", "not_applied"]))
    def settle(self, number: int, result: str) -> None:
        if number in self.settled:
            with pytest.raises(LedgerError, match="was settled as"):
                self.ledger.steps.settle(number, result)
            return
        self.ledger.steps.settle(number, result)
        self.settled.add(number)
        del self.open[number]

    @invariant()
    def the_ledger_agrees(self) -> None:
        found = [lease for lease in self.ledger.leases.in_force() if lease.domain in self.plan]
        assert found == [self.held[domain] for domain in sorted(self.plan) if self.in_force(domain)]
        intents = self.ledger.steps.open_intents(self.run_id)
        assert {each.intent_id: (each.domain, each.key) for each in intents} == self.open


def test_leases_and_intents_follow_the_model(ledger: Ledger, clock: Clock, place: str) -> None:
    machine = type("Machine", (Workers,), {"ledger": ledger, "clock": clock})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15 if place.startswith("postgresql") else 25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
