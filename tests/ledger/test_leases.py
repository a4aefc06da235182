"""Leases: one process for each tenant; a refusal names the holder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from phonefleet.errors import LeaseHeld, LedgerError
from phonefleet.ledger.holders import Holder, this_holder
from phonefleet.ledger.ledger import Ledger
from tests.ledger.factories import (
    DOMAIN,
    MINUTE,
    OTHER,
    PROVIDER,
    Clock,
    finished,
    make_plan,
    python,
    ready,
    start,
)


def test_a_conflict_names_the_holder(ledger: Ledger, clock: Clock) -> None:
    ledger.leases.acquire(DOMAIN, Holder("kim@alpha"), "run-1", MINUTE)
    clock.advance(20)
    with pytest.raises(LeaseHeld) as refused:
        ledger.leases.acquire(DOMAIN, Holder("lee@beta"), "run-2", MINUTE)
    assert str(refused.value) == (
        f"{DOMAIN}: held by kim@alpha (run run-1) since 2026-11-24 08:15:00 UTC, "
        "expires in 40 s unless renewed; wait for that run to end; "
        "if its process has ended, the lease expires by itself"
    )


def test_fences_rise_for_ever(ledger: Ledger, clock: Clock) -> None:
    first = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    ledger.leases.release(first)
    second = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    clock.advance(61)
    third = ledger.leases.acquire(DOMAIN, Holder("lee"), "run-2", MINUTE)
    ledger.leases.unlock(DOMAIN, "ann")
    fourth = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    assert [first.fence, second.fence, third.fence, fourth.fence] == [1, 2, 3, 4]


def test_a_batch_gets_the_free_leases(ledger: Ledger) -> None:
    held = ledger.leases.acquire(OTHER, Holder("lee"), "run-2", MINUTE)
    acquired, conflicts = ledger.leases.acquire_all([OTHER, DOMAIN, DOMAIN], Holder("kim"), "run-1", MINUTE)
    assert [lease.domain for lease in acquired] == [DOMAIN]
    assert [conflict.held for conflict in conflicts] == [held]
    assert "held by lee (run run-2)" in str(conflicts[0])
    assert ledger.leases.in_force() == [acquired[0], held]


def test_a_batch_may_be_larger_than_one_query_takes(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonefleet.ledger.database.CHUNK", 7)
    domains = [f"t{n}.eu.auth0.com" for n in range(60)]
    acquired, conflicts = ledger.leases.acquire_all(domains, Holder("kim"), "run-1", MINUTE)
    assert (len(acquired), conflicts) == (60, [])
    renewed, lost = ledger.leases.renew(acquired, MINUTE)
    assert (len(renewed), lost) == (60, [])
    ledger.leases.release_all(renewed)
    assert ledger.leases.in_force() == []


def test_a_renewed_lease_lasts_from_now(ledger: Ledger, clock: Clock) -> None:
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    now = clock.advance(50)
    renewed, lost = ledger.leases.renew([lease], MINUTE)
    assert lost == []
    assert renewed == [lease.model_copy(update={"expires_at": now + MINUTE})]
    assert ledger.leases.in_force() == renewed


def test_an_expired_lease_can_be_renewed(ledger: Ledger, clock: Clock) -> None:
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    clock.advance(600)
    assert ledger.leases.in_force() == []
    renewed, lost = ledger.leases.renew([lease], MINUTE)
    assert (len(renewed), lost) == (1, [])


def test_a_taken_lease_cannot_be_renewed(ledger: Ledger, clock: Clock) -> None:
    mine, also_mine = ledger.leases.acquire_all([DOMAIN, OTHER], Holder("kim"), "run-1", MINUTE)[0]
    clock.advance(61)
    taken = ledger.leases.acquire(DOMAIN, Holder("lee"), "run-2", MINUTE)
    renewed, lost = ledger.leases.renew([mine, also_mine], MINUTE)
    assert [lease.domain for lease in renewed] == [OTHER]
    assert [(each.domain, each.held) for each in lost] == [(DOMAIN, taken)]


def test_a_released_lease_cannot_be_renewed(ledger: Ledger) -> None:
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    ledger.leases.release(lease)
    renewed, lost = ledger.leases.renew([lease], MINUTE)
    assert renewed == []
    assert f"{DOMAIN}: the lease of kim (fence 1) was released or taken over" in str(lost[0])


def test_releasing_a_lost_lease_changes_nothing(ledger: Ledger, clock: Clock) -> None:
    old = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    clock.advance(61)
    new = ledger.leases.acquire(DOMAIN, Holder("lee"), "run-2", MINUTE)
    ledger.leases.release(old)
    assert ledger.leases.in_force() == [new]


def test_a_forced_release_returns_the_lease(ledger: Ledger) -> None:
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    assert ledger.leases.unlock(DOMAIN, "ann") == lease
    assert ledger.leases.unlock(DOMAIN, "ann") is None
    assert ledger.leases.in_force() == []


def test_an_intent_needs_a_lease_in_force(ledger: Ledger, clock: Clock) -> None:
    run_id, lease, plan = ready(ledger)
    clock.advance(60)
    with pytest.raises(
        LeaseHeld, match="the lease of worker-1 expired at 2026-11-24 08:16:00 UTC; acquire it again"
    ):
        ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    ledger.leases.acquire(DOMAIN, Holder("worker-2"), run_id, MINUTE)
    with pytest.raises(LeaseHeld, match=r"held by worker-2 \(run .*\) since 2026-11-24 08:16:00 UTC"):
        ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    assert ledger.steps.of_tenant(run_id, DOMAIN) == []


def test_an_intent_with_a_forged_lease_is_refused(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    forged = lease.model_copy(update={"fence": 7})
    with pytest.raises(LeaseHeld, match="held by worker-1"):
        ledger.steps.intend(forged, run_id, DOMAIN, plan.checksum, PROVIDER)
    strange = lease.model_copy(update={"domain": OTHER})
    with pytest.raises(LeaseHeld, match=f"{OTHER}: it was never leased in this ledger"):
        ledger.steps.intend(strange, start(ledger, OTHER), OTHER, make_plan(OTHER).checksum, PROVIDER)
    with pytest.raises(LedgerError, match=f"{OTHER}: the lease is of {DOMAIN}"):
        ledger.steps.intend(lease, run_id, OTHER, plan.checksum, PROVIDER)


def test_the_database_is_the_default_clock(open_ledger: Callable[..., Ledger]) -> None:
    ledger = open_ledger(clock=None)
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", timedelta(hours=1))
    assert lease.acquired_at.utcoffset() == timedelta(0)
    assert ledger.leases.in_force() == [lease]


HOLD = """
import os, signal, sys
from datetime import timedelta
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.holders import this_holder
ledger = Ledger.open(sys.argv[1])
ledger.leases.acquire(sys.argv[2], this_holder(), "run-1", timedelta(hours=1))
if sys.argv[3] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_frees_its_lease(open_ledger: Callable[..., Ledger], place: str) -> None:
    ledger = open_ledger(clock=None)
    killed = python(HOLD, place, DOMAIN, "die")
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert ledger.leases.in_force() == []
    assert ledger.leases.acquire(DOMAIN, this_holder(), "run-1", MINUTE).fence == 2


RACE = """
import sys
from datetime import timedelta
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.errors import LeaseHeld
ledger = Ledger.open(sys.argv[1])
for n in range(60):
    try:
        lease = ledger.leases.acquire(f"t{n}.eu.auth0.com", Holder(sys.argv[2]), "run-1", timedelta(hours=1))
    except LeaseHeld:
        continue
    print(lease.domain, lease.fence)
batch = [f"b{n}.eu.auth0.com" for n in range(300)]
if sys.argv[2] == "kim":
    batch.reverse()
for lease in ledger.leases.acquire_all(batch, Holder(sys.argv[2]), "run-1", timedelta(1))[0]:
    print(lease.domain, lease.fence)
"""


def test_racing_processes_never_both_get_a_lease(place: str) -> None:
    racers = [python(RACE, place, name) for name in ("kim", "lee", "sam")]
    taken = [line for racer in racers for line in finished(racer).splitlines()]
    everything = [f"t{n}.eu.auth0.com 1" for n in range(60)] + [f"b{n}.eu.auth0.com 1" for n in range(300)]
    assert sorted(taken) == sorted(everything)
