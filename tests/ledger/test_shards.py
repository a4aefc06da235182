"""Shards: who may work on one, how leases move, and what is kept of its phases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from phonefleet.errors import LeaseHeld, LedgerError
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.lease_reader import run_lease, shard_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.phase_end import PendingApproval, PhaseResult, ended_as
from phonefleet.model.run_record import Lease
from tests.ledger.factories import DOMAIN, OTHER, PROVIDER, Clock, make_plan, start

TTL = timedelta(minutes=5)
DRIVER, WORKER, STRANGER = Holder("driver"), Holder("worker"), Holder("stranger")


def driven(ledger: Ledger) -> tuple[str, Lease]:
    """A run of two tenants with a process that drives it."""
    run_id = start(ledger, DOMAIN, OTHER)
    return run_id, ledger.leases.acquire(run_lease(run_id), DRIVER, run_id, TTL)


def test_leases_move_from_the_driver_and_back(ledger: Ledger) -> None:
    """Each move raises the fence, so who had the lease before writes nothing more."""
    run_id, _ = driven(ledger)
    plan = make_plan()
    ledger.tenants.add_plan(run_id, DOMAIN, plan)
    before = ledger.leases.acquire(DOMAIN, DRIVER, run_id, TTL)
    (mine,), conflicts = ledger.leases.acquire_all([DOMAIN], WORKER, run_id, TTL, from_driver=True)
    assert (mine.holder, mine.fence, conflicts) == ("worker", before.fence + 1, [])
    with pytest.raises(LeaseHeld):
        ledger.steps.intend(before, run_id, DOMAIN, plan.checksum, PROVIDER)
    ledger.leases.give_back([mine], TTL)
    with pytest.raises(LeaseHeld):
        ledger.steps.intend(mine, run_id, DOMAIN, plan.checksum, PROVIDER)
    (held,) = ledger.leases.in_force()
    assert (held.holder, held.fence) == ("driver", mine.fence + 1)
    (again,), _ = ledger.leases.acquire_all([DOMAIN], DRIVER, run_id, TTL, from_driver=True)
    ledger.steps.intend(again, run_id, DOMAIN, plan.checksum, PROVIDER)


def test_a_lease_moves_from_no_one_else(ledger: Ledger) -> None:
    """Not from another run, not from another shard, and not without a process that drives the run."""
    run_id, own = driven(ledger)
    other = start(ledger, DOMAIN)
    ledger.leases.acquire(DOMAIN, STRANGER, other, TTL)
    ledger.leases.acquire(OTHER, WORKER, run_id, TTL)
    _, conflicts = ledger.leases.acquire_all([DOMAIN, OTHER], Holder("second"), run_id, TTL, from_driver=True)
    assert {c.domain for c in conflicts} == {DOMAIN, OTHER}
    ledger.leases.release(own)
    ledger.leases.acquire(run_lease(other), DRIVER, other, TTL)
    _, conflicts = ledger.leases.acquire_all([OTHER], Holder("second"), run_id, TTL, from_driver=True)
    assert [c.domain for c in conflicts] == [OTHER]


def test_what_no_driver_wants_is_released(ledger: Ledger) -> None:
    run_id, own = driven(ledger)
    mine = ledger.leases.acquire(DOMAIN, WORKER, run_id, TTL)
    ledger.leases.release(own)
    ledger.leases.give_back([mine], TTL)
    assert ledger.leases.in_force() == []


def test_a_shard_is_of_the_process_that_drives(ledger: Ledger) -> None:
    run_id, own = driven(ledger)
    number = ledger.shards.add(own, ShardPhase.SWITCH, [DOMAIN])
    assert ledger.shards.check(number, run_id, ShardPhase.SWITCH, [DOMAIN]) == own.fence
    for asked in (
        (number, run_id, ShardPhase.PREPARE, [DOMAIN]),
        (number, run_id, ShardPhase.SWITCH, [OTHER]),
        (number + 1, run_id, ShardPhase.SWITCH, [DOMAIN]),
    ):
        with pytest.raises(LedgerError, match="has no shard"):
            ledger.shards.check(*asked)
    ledger.leases.release(own)
    with pytest.raises(LeaseHeld, match="drives the run no longer"):
        ledger.shards.check(number, run_id, ShardPhase.SWITCH, [DOMAIN])
    ledger.leases.acquire(run_lease(run_id), DRIVER, run_id, TTL)
    with pytest.raises(LeaseHeld, match="drives the run no longer"):
        ledger.shards.check(number, run_id, ShardPhase.SWITCH, [DOMAIN])


def test_a_shards_lease_is_no_tenants(ledger: Ledger, clock: Clock) -> None:
    run_id, own = driven(ledger)
    name = shard_lease(ledger.shards.add(own, ShardPhase.ASSESS, [DOMAIN]))
    ledger.leases.acquire(name, WORKER, run_id, TTL)
    assert ledger.leases.in_force() == []
    assert [lease.domain for lease in ledger.leases.of_shards(run_id)] == [name]
    assert ledger.leases.begun_and_live([name, shard_lease(99)]) == ({name}, {name})
    clock.advance(301)
    assert ledger.leases.begun_and_live([name]) == ({name}, set())
    assert ledger.leases.of_shards(run_id) == []


def test_an_end_and_its_outcome_are_recorded_together(ledger: Ledger) -> None:
    run_id, _ = driven(ledger)
    failed = Outcome(OutcomeKind.FAILED, ReasonCode.API_REFUSED, "refused")
    mark = ledger.shards.last_number()
    ledger.tenants.end_phase(run_id, ShardPhase.SWITCH, DOMAIN, ended_as(failed), failed)
    with pytest.raises(LedgerError, match="an outcome is final"):
        ledger.tenants.end_phase(run_id, ShardPhase.SWITCH, DOMAIN, ended_as(failed), failed)
    (end,) = ledger.shards.ends(run_id, ShardPhase.SWITCH, mark)
    assert (end.domain, end.outcome) == (DOMAIN, failed)
    assert ledger.shards.ends(run_id, ShardPhase.SWITCH, end.number) == []
    assert ledger.runs.record(run_id).tenants[0].outcome is OutcomeKind.FAILED


def test_a_result_is_read_back_as_it_was(ledger: Ledger, clock: Clock) -> None:
    run_id, _ = driven(ledger)
    result = PhaseResult(
        text="blocked",
        verified=False,
        began_at=clock(),
        seconds=2.5,
        pending=PendingApproval(checksum="abc", codes=(ReasonCode.MFA_TWILIO,)),
    )
    ledger.tenants.end_phase(run_id, ShardPhase.PREPARE, DOMAIN, result)
    (end,) = ledger.shards.ends(run_id, ShardPhase.PREPARE)
    assert PhaseResult(**end.model_dump(exclude={"domain", "number"})) == result
    assert ledger.shards.last_end(run_id, DOMAIN, (ShardPhase.PREPARE, ShardPhase.CHECK)) == end
    assert ledger.shards.last_end(run_id, OTHER, (ShardPhase.PREPARE,)) is None
