"""Intents and results: never two open ones for a step, never two results for one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event

from phonefleet.errors import IntentSettled, LeaseHeld, LedgerError, NotRecorded
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, OutcomeKind, StepKind
from tests.ledger.factories import (
    DOMAIN,
    MINUTE,
    OTHER,
    PROVIDER,
    START,
    SWITCH,
    Clock,
    finished,
    make_plan,
    python,
    ready,
    start,
)
from tests.step_factory import Leak, make_step


def test_an_intent_is_open_until_it_is_settled(ledger: Ledger, clock: Clock) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    (intent,) = ledger.steps.open_intents()
    assert (intent.intent_id, intent.result, intent.attempts) == (number, None, 0)
    assert (intent.kind, intent.key, intent.index) == ("create_provider", "provider", 0)
    assert (intent.request, intent.holder, intent.fence) == (PROVIDER.after_json, "worker-1", 1)
    ended = clock.advance(2)
    ledger.steps.settle(number, "done", attempts=2, detail="answered 201")
    assert ledger.steps.open_intents() == []
    (step,) = ledger.steps.of_tenant(run_id, DOMAIN)
    assert (step.result, step.attempts, step.detail) == ("done", 2, "answered 201")
    assert (step.intended_at, step.ended_at) == (START, ended)


def test_a_note_is_an_intent_with_its_result(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.steps.note(lease, run_id, DOMAIN, plan.checksum, PROVIDER, detail="a read shows it")
    (step,) = ledger.steps.of_tenant(run_id, DOMAIN)
    assert (step.kind, step.operation, step.result) == ("create_provider", "apply", "already")
    assert (step.attempts, step.detail) == (0, "a read shows it")
    assert (step.intended_at, step.ended_at) == (START, START)


def test_a_note_that_is_cut_off_leaves_no_open_intent(ledger: Ledger) -> None:
    """An open intent would count as a write of which no one knows whether it arrived."""
    run_id, lease, plan = ready(ledger)

    def cut_off(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.startswith("INSERT INTO results"):
            raise OSError("the process ends here")

    event.listen(ledger.steps._database._engine, "before_cursor_execute", cut_off)
    with pytest.raises(OSError, match="the process ends here"):
        ledger.steps.note(lease, run_id, DOMAIN, plan.checksum, PROVIDER, detail="a read shows it")
    assert ledger.steps.of_tenant() == []


@pytest.mark.parametrize("record", ["intend", "note"])
def test_each_record_of_a_step_needs_its_own_lease(ledger: Ledger, record: str) -> None:
    run_id, lease, plan = ready(ledger)
    _, other, _ = ready(ledger, make_plan(OTHER))
    kwargs = {"detail": "a read shows it"} if record == "note" else {}
    with pytest.raises(LedgerError, match=f"the lease is of {OTHER}"):
        getattr(ledger.steps, record)(other, run_id, DOMAIN, plan.checksum, PROVIDER, **kwargs)
    ledger.leases.unlock(DOMAIN, "ann")
    with pytest.raises(LeaseHeld):
        getattr(ledger.steps, record)(lease, run_id, DOMAIN, plan.checksum, PROVIDER, **kwargs)
    assert ledger.steps.of_tenant() == []


def test_open_intents_are_found_by_run_and_by_tenant(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    other_run, other_lease, other_plan = ready(ledger, make_plan(OTHER))
    ledger.steps.intend(other_lease, other_run, OTHER, other_plan.checksum, PROVIDER)
    assert [intent.domain for intent in ledger.steps.open_intents()] == [DOMAIN, OTHER]
    assert [intent.domain for intent in ledger.steps.open_intents(other_run)] == [OTHER]
    assert [intent.run_id for intent in ledger.steps.open_intents(domain=DOMAIN)] == [run_id]
    assert ledger.steps.open_intents(run_id, OTHER) == []


def test_a_step_has_one_open_intent_at_a_time(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    again = start(ledger)
    for run in (run_id, again):
        with pytest.raises(
            LedgerError, match=f"intent {number} to apply create_provider provider .* is still open"
        ):
            ledger.steps.intend(lease, run, DOMAIN, plan.checksum, PROVIDER)
    ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER, operation=Operation.REVERT)
    ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, SWITCH)
    ledger.steps.settle(number, "not_applied")
    assert ledger.steps.intend(lease, again, DOMAIN, plan.checksum, PROVIDER) > number


def test_a_result_is_final(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    ledger.steps.settle(number, "failed", detail="400")
    with pytest.raises(
        IntentSettled, match=f"{DOMAIN}: intent {number} was settled as failed at 2026-11-24 08:15:00"
    ):
        ledger.steps.settle(number, "done")
    assert ledger.steps.of_tenant(run_id)[0].result == "failed"


@pytest.mark.parametrize(
    ("verb", "kind", "listed"),
    [
        ("migrate", OutcomeKind.SKIPPED, True),
        ("rollback", OutcomeKind.FAILED, True),
        ("migrate", OutcomeKind.HELD, False),
        ("compliance", OutcomeKind.UNCHANGED, False),
    ],
)
def test_a_dead_runs_write_is_unsettled_once_overtaken(
    ledger: Ledger, clock: Clock, verb: str, kind: OutcomeKind, listed: bool
) -> None:
    """Either it is the tenant's interruption, or it is unsettled; never neither."""
    dead, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, dead, DOMAIN, plan.checksum, SWITCH)
    assert ledger.steps.unsettled() == {}
    clock.advance(60)
    later = start(ledger, verb=verb)
    ledger.tenants.set_outcome(later, DOMAIN, kind)
    found = ledger.steps.unsettled()
    assert [intent.intent_id for intent in found.get(DOMAIN, ())] == ([number] if listed else [])
    assert ledger.steps.unsettled(DOMAIN) == found
    assert ledger.steps.unsettled(OTHER) == ledger.steps.unsettled("") == {}
    assert ledger.runs.interrupted("acme") == ({} if listed else {DOMAIN: dead})


def test_an_outcome_before_the_write_settles_nothing(ledger: Ledger, clock: Clock) -> None:
    earlier = start(ledger)
    ledger.tenants.set_outcome(earlier, DOMAIN, OutcomeKind.FAILED)
    clock.advance(60)
    dead, lease, plan = ready(ledger)
    ledger.steps.intend(lease, dead, DOMAIN, plan.checksum, SWITCH)
    assert ledger.steps.unsettled() == {}
    assert ledger.runs.interrupted("acme") == {DOMAIN: dead}


def test_unknown_intents_and_results_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="there is no intent 99"):
        ledger.steps.settle(99, "done")
    with pytest.raises(ValueError, match="'fine' is not a valid StepResult"):
        ledger.steps.settle(99, "fine")


def test_an_intent_needs_its_plan_and_its_tenant(ledger: Ledger) -> None:
    run_id, lease, _ = ready(ledger)
    unknown = make_plan(basis="other facts")
    with pytest.raises(LedgerError, match=f"{DOMAIN}: plan {unknown.checksum[:12]} is not recorded"):
        ledger.steps.intend(lease, run_id, DOMAIN, unknown.checksum, PROVIDER)
    foreign = make_plan(OTHER)
    other_run = start(ledger, OTHER)
    ledger.tenants.add_plan(other_run, OTHER, foreign)
    with pytest.raises(LedgerError, match=f"{DOMAIN}: plan {foreign.checksum[:12]} is of {OTHER}"):
        ledger.steps.intend(lease, run_id, DOMAIN, foreign.checksum, PROVIDER)
    with pytest.raises(LedgerError, match=f"{DOMAIN}: is not among the tenants of run {other_run}"):
        ledger.steps.intend(lease, other_run, DOMAIN, foreign.checksum, PROVIDER)


def test_nothing_is_written_after_the_outcome(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.tenants.set_outcome(run_id, DOMAIN, OutcomeKind.MIGRATED)
    with pytest.raises(LedgerError, match=f"{DOMAIN}: run {run_id} ended for it as migrated at"):
        ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)


def test_a_request_with_a_secret_is_not_recorded(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    leaky = PROVIDER.model_copy(update={"after": Leak(auth_token="0123456789abcdef")})
    with pytest.raises(NotRecorded, match="field 'auth_token' holds a value") as refused:
        ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, leaky)
    assert "0123456789abcdef" not in str(refused.value)
    assert ledger.steps.of_tenant(run_id) == []


def test_the_intents_of_a_plan_are_read_over_all_runs(ledger: Ledger) -> None:
    first, lease, plan = ready(ledger)
    ledger.steps.settle(ledger.steps.intend(lease, first, DOMAIN, plan.checksum, PROVIDER), "failed")
    ledger.steps.settle(ledger.steps.intend(lease, first, DOMAIN, plan.checksum, SWITCH), "done")
    second = start(ledger)
    ledger.steps.settle(ledger.steps.intend(lease, second, DOMAIN, plan.checksum, PROVIDER), "done")
    ledger.steps.intend(lease, second, DOMAIN, plan.checksum, SWITCH, operation=Operation.REVERT)
    intents = ledger.steps.of_plan(DOMAIN, plan.checksum)
    assert [(i.run_id, i.operation, i.kind, i.key, i.result) for i in intents] == [
        (first, "apply", "create_provider", "provider", "failed"),
        (first, "apply", "switch_tenant", "switch", "done"),
        (second, "apply", "create_provider", "provider", "done"),
        (second, "revert", "switch_tenant", "switch", None),
    ]
    assert ledger.steps.of_plan(DOMAIN, "other") == []


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    """Many threads intend and settle on their own tenants at once; nothing is lost and nothing is refused."""
    domains = [f"t{n}.eu.auth0.com" for n in range(12)]
    run_id = start(ledger, *domains)
    ledger.tenants.add_plans(run_id, {domain: make_plan(domain) for domain in domains})
    gate = threading.Barrier(len(domains))

    def work(domain: str) -> None:
        lease = ledger.leases.acquire(domain, Holder(domain), run_id, MINUTE)
        gate.wait()
        for index in range(5):
            step = make_step(StepKind.CREATE_TEMPLATE, str(index), index=index)
            ledger.steps.settle(
                ledger.steps.intend(lease, run_id, domain, make_plan(domain).checksum, step), "done"
            )

    with ThreadPoolExecutor(len(domains)) as pool:
        list(pool.map(work, domains))
    assert len(ledger.steps.of_tenant(run_id)) == 60
    assert ledger.steps.open_intents() == []


KILLED = """
import os, signal, sys
from datetime import timedelta
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.holders import this_holder
from tests.ledger.factories import PROVIDER, SWITCH, DOMAIN, make_plan, start
ledger = Ledger.open(sys.argv[1])
run_id, plan = start(ledger), make_plan()
ledger.tenants.add_plan(run_id, DOMAIN, plan)
lease = ledger.leases.acquire(DOMAIN, this_holder(), run_id, timedelta(minutes=1))
ledger.steps.settle(ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER), "done")
ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, SWITCH)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_its_open_intent(open_ledger: Callable[..., Ledger], place: str) -> None:
    killed = python(KILLED, place)
    _, err = killed.communicate(timeout=60)
    assert killed.returncode == -9, err
    ledger = open_ledger(clock=None)
    (run,) = ledger.runs.of_fleet("acme", "migrate")
    assert (run.open_intents, run.ended_at) == (1, None)
    (intent,) = ledger.steps.open_intents(run.run_id)
    assert (intent.kind, intent.fence) == ("switch_tenant", 1)
    assert [step.result for step in ledger.steps.of_tenant(run.run_id)] == ["done", None]
    lease = ledger.leases.acquire(DOMAIN, Holder("next"), run.run_id, MINUTE)
    ledger.steps.settle(intent.intent_id, "not_applied", detail="the flag is off")
    ledger.steps.intend(lease, run.run_id, DOMAIN, make_plan().checksum, SWITCH)


READ = """
import sys
from phonefleet.ledger.ledger import Ledger
with Ledger.open(sys.argv[1], create=False) as ledger:
    seen = [len(ledger.runs.record("latest").steps)]
    print("ready", flush=True)
    while seen[-1] < 100:
        run = ledger.runs.record("latest")
        assert sum(step.result is None for step in run.steps) <= 1
        assert ledger.history.of_tenant(run.tenants[0].domain)
        seen.append(len(run.steps))
    assert seen == sorted(seen)
    print(len(set(seen)))
"""


def test_readers_see_consistent_states(ledger: Ledger, place: str) -> None:
    run_id, lease, plan = ready(ledger)
    readers = [python(READ, place) for _ in range(2)]
    for reader in readers:
        assert reader.stdout
        assert reader.stdout.readline() == "ready\n"
    for index in range(100):
        step = make_step(StepKind.CREATE_TEMPLATE, str(index), index=index)
        ledger.steps.settle(ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, step), "done")
    for reader in readers:
        assert int(finished(reader)) > 1, "a reader saw the run only before or after it"
