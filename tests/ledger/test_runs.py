"""Runs: recorded, and read back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from phonefleet.errors import LedgerError, NotRecorded
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.run_record import RunRecord, StepRecord, TenantRecord, WaveRecord
from tests.ledger.factories import (
    DOMAIN,
    MINUTE,
    OTHER,
    PROVIDER,
    START,
    SWITCH,
    Clock,
    make_assessment,
    make_plan,
    make_snapshot,
    ready,
    start,
)
from tests.step_factory import leaky_plan


def test_a_run_is_read_as_recorded(ledger: Ledger, clock: Clock) -> None:
    """Every tenant once and in the fleet's order, with the last word on each."""
    plan = make_plan()
    known = TenantRecord(domain=OTHER, wave="main", batch=2, owner="sam", labels={"tier": "1"}, tier="free")
    new = TenantRecord(domain=DOMAIN, environment="production", region="eu")
    run_id = ledger.runs.start(
        "migrate", "acme", [known, new], options={"wave": "main"}, started_by="kim", version="0.1.0"
    )
    ledger.tenants.assign(run_id, {DOMAIN: ("canary", 1)})
    ledger.tenants.add_assessment(run_id, DOMAIN, make_assessment(verdict=Verdict.BLOCKED))
    ledger.tenants.add_assessment(run_id, DOMAIN, make_assessment())
    ledger.tenants.add_plan(run_id, DOMAIN, make_plan(basis="older facts"))
    ledger.tenants.add_plan(run_id, DOMAIN, plan)
    ledger.waves.start(run_id, "canary", 1, planned=1, failure_tolerance=0)
    begun = clock.advance(1)
    ledger.tenants.mark_started(run_id, DOMAIN)
    clock.advance(1)
    ledger.tenants.mark_started(run_id, DOMAIN)
    lease = ledger.leases.acquire(DOMAIN, Holder("kim"), run_id, MINUTE)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)
    ledger.steps.settle(number, "done", attempts=1)
    ended = clock.advance(1)
    ledger.tenants.set_outcome(run_id, DOMAIN, OutcomeKind.FAILED, ReasonCode.API_REFUSED, "said no")
    ledger.tenants.hold(run_id, [OTHER], ReasonCode.WAVE_STOPPED, "canary stopped")
    ledger.waves.end(run_id, "canary", 1, verdict="stopped", reason="1 failed, 0 allowed")
    ledger.runs.end(run_id, "stopped", 3)

    run = ledger.runs.record(run_id)
    assert run == RunRecord(
        run_id=run_id,
        verb="migrate",
        fleet="acme",
        phonefleet="0.1.0",
        started_at=START,
        started_by="kim",
        ended_at=ended,
        exit_code=3,
        verdict="stopped",
        tenants=(
            known.model_copy(
                update={
                    "outcome": OutcomeKind.HELD,
                    "outcome_reason": ReasonCode.WAVE_STOPPED,
                    "outcome_message": "canary stopped",
                    "ended_at": ended,
                }
            ),
            new.model_copy(
                update={
                    "wave": "canary",
                    "batch": 1,
                    "assessment": make_assessment(),
                    "plan": plan,
                    "plan_checksum": plan.checksum,
                    "outcome": OutcomeKind.FAILED,
                    "outcome_reason": ReasonCode.API_REFUSED,
                    "outcome_message": "said no",
                    "started_at": begun,
                    "ended_at": ended,
                }
            ),
        ),
        steps=run.steps,
        waves=(
            WaveRecord(
                wave="canary",
                batch=1,
                planned=1,
                failure_tolerance=0,
                started_at=START,
                ended_at=ended,
                verdict="stopped",
                reason="1 failed, 0 allowed",
            ),
        ),
    )
    (step,) = run.steps
    assert isinstance(step, StepRecord)
    assert (step.intent_id, step.result, step.attempts) == (number, "done", 1)


def test_a_run_records_known_plans_at_its_start(ledger: Ledger) -> None:
    plan, assessment = make_plan(), make_assessment()
    tenant = TenantRecord(domain=DOMAIN, assessment=assessment, plan=plan, plan_checksum=plan.checksum)
    run_id = ledger.runs.start("migrate", "acme", [tenant], options={}, started_by="kim", version="0.1.0")
    assert ledger.runs.record(run_id).tenants == (tenant,)
    assert ledger.plans.get(plan.checksum) == plan


def test_a_large_fleet_is_written_in_bulk(ledger: Ledger) -> None:
    domains = [f"t{n}.eu.auth0.com" for n in range(10_000)]
    run_id = start(ledger, *domains)
    ledger.tenants.add_assessments(run_id, {domain: make_assessment(domain) for domain in domains[:6_000]})
    ledger.tenants.assign(run_id, {domain: ("main", n // 100) for n, domain in enumerate(domains)})
    ledger.tenants.hold(run_id, domains, ReasonCode.PAUSED, "paused")
    run = ledger.runs.record(run_id)
    assert [tenant.domain for tenant in run.tenants] == domains
    assert sum(tenant.assessment is not None for tenant in run.tenants) == 6_000
    assert ledger.runs.recent()[0].outcomes == {OutcomeKind.HELD: 10_000}


def test_run_ids_sort_by_time(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger)
    clock.advance(1)
    second = start(ledger)
    assert first < second
    assert re.fullmatch(r"20261124-081500-[0-9a-f]{4}", first)


def test_a_run_with_a_tenant_listed_twice_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=f"{DOMAIN}: listed twice among the 2 tenants"):
        start(ledger, DOMAIN, DOMAIN)
    assert ledger.runs.recent() == []


def test_a_run_whose_options_hold_a_secret_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="options of the run: field 'client_secret' holds a value"):
        start(ledger, options={"tenants": [{"client_secret": "hunter2hunter2"}]})


def test_runs_are_listed_newest_first(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger, DOMAIN, OTHER)
    ledger.tenants.set_outcome(first, DOMAIN, OutcomeKind.MIGRATED)
    ledger.tenants.set_outcome(
        first, OTHER, OutcomeKind.SKIPPED, ReasonCode.NO_PHONE_MESSAGING, "no phone messaging"
    )
    ended = clock.advance(5)
    ledger.runs.end(first, "complete", 0)
    clock.advance(5)
    second, lease, plan = ready(ledger)
    ledger.steps.intend(lease, second, DOMAIN, plan.checksum, PROVIDER)
    newest, oldest = ledger.runs.recent()
    assert (newest.run_id, newest.tenants, newest.outcomes, newest.open_intents) == (second, 1, {}, 1)
    assert (newest.ended_at, newest.verdict, newest.exit_code) == (None, None, None)
    assert (oldest.run_id, oldest.tenants, oldest.open_intents) == (first, 2, 0)
    assert oldest.outcomes == {OutcomeKind.MIGRATED: 1, OutcomeKind.SKIPPED: 1}
    assert (oldest.ended_at, oldest.verdict, oldest.exit_code) == (ended, "complete", 0)
    assert [run.run_id for run in ledger.runs.recent(limit=1)] == [second]


def test_a_resumed_run_is_unfinished(ledger: Ledger) -> None:
    run_id = start(ledger)
    start(ledger, verb="plan")
    start(ledger, fleet="other")

    def unfinished() -> list[str]:
        return [run.run_id for run in ledger.runs.of_fleet("acme", "migrate") if run.ended_at is None]

    assert unfinished() == [run_id]
    ledger.runs.end(run_id, "stopped", 3)
    assert unfinished() == []
    ledger.runs.resume(run_id, "lee")
    assert unfinished() == [run_id]
    assert (ledger.runs.record(run_id).ended_at, ledger.runs.record(run_id).verdict) == (None, None)
    ledger.runs.end(run_id, "complete", 0)
    assert ledger.runs.record(run_id).exit_code == 0


def test_a_run_ends_once_unless_resumed(ledger: Ledger) -> None:
    run_id = start(ledger)
    ledger.runs.end(run_id, "complete", 0)
    with pytest.raises(LedgerError, match=f"run {run_id} is closed already"):
        ledger.runs.end(run_id, "failed", 2)


def test_an_unknown_run_cannot_end_or_resume(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="there is no run 2026"):
        ledger.runs.end("2026", "complete", 0)
    with pytest.raises(LedgerError, match="there is no run 2026"):
        ledger.runs.resume("2026", "kim")


def test_an_outcome_is_final_in_its_run(ledger: Ledger) -> None:
    first = start(ledger, DOMAIN, OTHER)
    ledger.tenants.set_outcome(first, DOMAIN, OutcomeKind.MIGRATED)
    with pytest.raises(
        LedgerError, match=f"{DOMAIN}: run {first} recorded its outcome migrated at 2026-11-24"
    ):
        ledger.tenants.set_outcome(first, DOMAIN, OutcomeKind.FAILED, ReasonCode.API_REFUSED, "no")
    with pytest.raises(LedgerError, match=f"{DOMAIN}: run {first} recorded its outcome"):
        ledger.tenants.hold(first, [OTHER, DOMAIN], ReasonCode.PAUSED, "paused")
    assert [tenant.outcome for tenant in ledger.runs.record(first).tenants] == [OutcomeKind.MIGRATED, None]
    second = start(ledger, verb="rollback")
    ledger.tenants.set_outcome(second, DOMAIN, OutcomeKind.ROLLED_BACK)
    ledger.tenants.hold(second, [], ReasonCode.PAUSED, "paused")


def test_a_run_is_found_by_prefix_and_latest(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger)
    clock.advance(3600)
    second = start(ledger)
    assert ledger.runs.summary("latest").run_id == second
    assert ledger.runs.summary("20261124-08").run_id == first
    assert ledger.runs.record(second[:15]).run_id == second
    with pytest.raises(LedgerError, match=r"2 runs begin with '20261124': .*write more of it"):
        ledger.runs.summary("20261124")
    with pytest.raises(LedgerError, match=f"there is no run {first[:-4]}zzzz; near it: {first}"):
        ledger.runs.record(f"{first[:-4]}zzzz")
    with pytest.raises(LedgerError, match="near it: "):
        ledger.runs.summary("")


def test_an_empty_ledger_has_no_latest_run(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="there is no run latest: the ledger holds none yet"):
        ledger.runs.record("latest")


def test_a_plan_comes_back_as_it_was(ledger: Ledger) -> None:
    run_id, plan = start(ledger), make_plan()
    ledger.tenants.add_plan(run_id, DOMAIN, plan)
    ledger.tenants.add_plan(start(ledger), DOMAIN, plan)
    assert ledger.plans.get(plan.checksum) == plan
    with pytest.raises(LedgerError, match="plan 0000 is not in the ledger"):
        ledger.plans.get("0000")


def test_a_plan_with_another_checksum_is_refused(ledger: Ledger) -> None:
    start(ledger)
    plan = make_plan()
    with ledger._database.writing() as db:
        db.execute(
            text(
                "INSERT INTO plans (checksum, domain, plan, at) VALUES ('abc', :domain, :plan, '2026-11-24')"
            ),
            {"domain": DOMAIN, "plan": plan.model_dump_json()},
        )
    with pytest.raises(
        LedgerError, match=f"{DOMAIN}: the plan kept as abc has the checksum {plan.checksum[:12]}"
    ):
        ledger.plans.get("abc")


def test_a_reading_is_recorded_whole_or_not_at_all(ledger: Ledger) -> None:
    run_id, plan, before = start(ledger), make_plan(), make_snapshot(flag=False)
    ledger.tenants.add_reading(run_id, DOMAIN, before, make_assessment(), plan)
    (record,) = ledger.tenants.records(run_id, [DOMAIN])
    assert (record.assessment, record.plan) == (make_assessment(), plan)
    assert [(kept.moment, kept.snapshot) for kept in ledger.snapshots.of_tenant(DOMAIN)] == [
        ("before", before)
    ]
    other = start(ledger)
    with pytest.raises(NotRecorded, match=f"{DOMAIN}: plan .*: field 'auth_token' holds a value"):
        ledger.tenants.add_reading(other, DOMAIN, before, make_assessment(), leaky_plan(plan))
    (record,) = ledger.tenants.records(other, [DOMAIN])
    assert (record.assessment, record.plan) == (None, None)
    assert ledger.snapshots.of_tenant(DOMAIN, run_id=other) == []


def test_a_foreign_or_leaky_plan_is_refused(ledger: Ledger) -> None:
    run_id = start(ledger)
    with pytest.raises(LedgerError, match=f"{DOMAIN}: the plan .* is of {OTHER}"):
        ledger.tenants.add_plan(run_id, DOMAIN, make_plan(OTHER))
    leaky = leaky_plan(make_plan())
    with pytest.raises(NotRecorded, match=f"{DOMAIN}: plan .*: field 'auth_token' holds a value"):
        ledger.tenants.add_plan(run_id, DOMAIN, leaky)


def test_snapshots_are_kept_in_order(ledger: Ledger, clock: Clock) -> None:
    first, second = start(ledger), start(ledger, verb="rollback")
    before, after = make_snapshot(flag=False), make_snapshot(flag=True)
    ledger.snapshots.add(first, DOMAIN, "before", before)
    clock.advance(1)
    ledger.snapshots.add(first, DOMAIN, "after", after)
    ledger.snapshots.add(second, DOMAIN, "rolled_back", before)
    assert [kept.snapshot for kept in ledger.snapshots.of_tenant(DOMAIN)] == [before, after, before]
    assert [kept.moment for kept in ledger.snapshots.of_tenant(DOMAIN, run_id=first)] == ["before", "after"]
    assert [kept.run_id for kept in ledger.snapshots.of_tenant(DOMAIN, moment="rolled_back")] == [second]
    assert ledger.snapshots.of_tenant(OTHER) == []
    with pytest.raises(ValueError, match="'later' is not a valid SnapshotMoment"):
        ledger.snapshots.add(first, DOMAIN, "later", before)


def test_a_batch_started_again_after_a_resume_goes_on(ledger: Ledger, clock: Clock) -> None:
    run_id = start(ledger)
    named = WaveRecord(wave="main", batch=2, planned=9, failure_tolerance=1)
    ledger.waves.plan(run_id, [named])
    assert ledger.runs.record(run_id).waves == (named,)
    ledger.waves.start(run_id, "canary", 1, planned=3, failure_tolerance=0)
    clock.advance(1)
    ledger.waves.end(run_id, "canary", 1, verdict="stopped", reason="a failure")
    clock.advance(1)
    ledger.waves.start(run_id, "canary", 1, planned=2, failure_tolerance=1)
    going_on = WaveRecord(wave="canary", batch=1, planned=3, failure_tolerance=1, started_at=START)
    assert ledger.runs.record(run_id).waves == (named, going_on)
    ended = clock.advance(1)
    ledger.waves.end(run_id, "canary", 1, verdict="passed")
    over = going_on.model_copy(update={"ended_at": ended, "verdict": "passed"})
    assert ledger.runs.record(run_id).waves == (named, over)


def test_a_resumed_run_has_its_last_options(ledger: Ledger) -> None:
    run_id = start(ledger, options={"wave": "canary"})
    ledger.runs.resume(run_id, "kim")
    assert ledger.runs.summary(run_id).options == {"wave": "canary"}
    ledger.runs.resume(run_id, "lee", {"wave": "main"})
    ledger.runs.resume(run_id, "lee")
    assert ledger.runs.summary(run_id).options == {"wave": "main"}


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, SWITCH)
    with pytest.raises(Exception, match="has no time zone"):
        ledger.messages.add_evidence(number, "none", seen_at=START.replace(tzinfo=None))
