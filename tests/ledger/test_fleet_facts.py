"""What was last recorded about each tenant of a fleet, now and at an earlier moment."""

from __future__ import annotations

from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict, Verdict, WaveVerdict
from phonefleet.model.run_record import StepResult
from phonefleet.model.tenant_facts import FleetFacts, TenantFacts
from tests.ledger.factories import (
    DOMAIN,
    MINUTE,
    OTHER,
    SWITCH,
    Clock,
    make_assessment,
    make_plan,
    start,
)


def assess(ledger: Ledger, clock: Clock, verdict: Verdict = Verdict.ELIGIBLE, fleet: str = "acme") -> str:
    clock.advance(60)
    run_id = start(ledger, DOMAIN, verb="assess", fleet=fleet)
    ledger.tenants.add_assessment(run_id, DOMAIN, make_assessment(verdict=verdict))
    ledger.runs.end(run_id, RunVerdict.COMPLETE, 0)
    return run_id


def finish(
    ledger: Ledger, clock: Clock, verb: str, kind: OutcomeKind, reason: ReasonCode | None = None
) -> str:
    clock.advance(60)
    run_id = start(ledger, DOMAIN, verb=verb)
    ledger.tenants.set_outcome(run_id, DOMAIN, kind, reason)
    ledger.runs.end(run_id, RunVerdict.COMPLETE, 0)
    return run_id


def of(facts: FleetFacts, domain: str = DOMAIN) -> TenantFacts:
    return {each.domain: each for each in facts.tenants}[domain]


def test_the_last_facts_are_of_all_runs(ledger: Ledger, clock: Clock) -> None:
    assess(ledger, clock, Verdict.BLOCKED)
    read = assess(ledger, clock)
    assess(ledger, clock, Verdict.BROKEN, fleet="another")
    migrated = finish(ledger, clock, "migrate", OutcomeKind.MIGRATED)
    assess(ledger, clock, Verdict.UNREACHABLE)
    found = of(ledger.fleets.facts("acme"))
    assert found.read
    assert found.changed
    assert found.unread
    assert (found.read.run_id, found.read.verdict) == (read, Verdict.ELIGIBLE)
    assert found.read.reasons == (ReasonCode.MFA_TWILIO,)
    assert (found.changed.run_id, found.changed.kind) == (migrated, OutcomeKind.MIGRATED)


def test_a_tenant_that_is_not_selected_has_no_fact(ledger: Ledger, clock: Clock) -> None:
    """Nor do runs that left it alone say anything about it."""
    finish(ledger, clock, "migrate", OutcomeKind.MIGRATED)
    finish(ledger, clock, "migrate", OutcomeKind.UNCHANGED)
    finish(ledger, clock, "rollback", OutcomeKind.HELD, ReasonCode.ROLLBACK_BREAKS)
    finish(ledger, clock, "migrate", OutcomeKind.HELD, ReasonCode.NOT_SELECTED)
    found = of(ledger.fleets.facts("acme"))
    assert found.changed
    assert found.changed.kind is OutcomeKind.MIGRATED
    assert found.held is None


def test_a_check_that_did_not_judge_a_tenant_leaves_what_was_found(ledger: Ledger, clock: Clock) -> None:
    """Of a tenant that was not selected, that another run held, or that could not be read nothing was found out."""
    kind, code = OutcomeKind, ReasonCode
    finish(ledger, clock, "migrate", kind.MIGRATED)
    failed = finish(ledger, clock, "compliance", kind.FAILED, code.TEST_MESSAGE_FAILED)
    finish(ledger, clock, "compliance", kind.HELD, code.NOT_SELECTED)
    for reason in (code.LEASED_ELSEWHERE, code.INTERRUPTED, code.WRITE_NOT_SETTLED, code.UNREACHABLE):
        finish(ledger, clock, "compliance", kind.INCONCLUSIVE, reason)
    found = of(ledger.fleets.facts("acme"))
    assert found.checked
    assert found.tested
    assert (found.checked.run_id, found.tested.run_id) == (failed, failed)
    drifted = finish(ledger, clock, "compliance", kind.DRIFTED, code.CREDENTIALS_UNCERTAIN)
    later = of(ledger.fleets.facts("acme"))
    assert later.checked
    assert later.tested
    assert (later.checked.run_id, later.tested.run_id) == (drifted, failed)
    tested = finish(ledger, clock, "compliance", kind.UNCHANGED, code.CREDENTIALS_TESTED)
    last = of(ledger.fleets.facts("acme")).tested
    assert last
    assert last.run_id == tested


def test_facts_of_an_earlier_moment(ledger: Ledger, clock: Clock) -> None:
    assess(ledger, clock)
    then = clock.now
    finish(ledger, clock, "migrate", OutcomeKind.FAILED, ReasonCode.TEST_MESSAGE_FAILED)
    assert of(ledger.fleets.facts("acme", then)).changed is None
    found = of(ledger.fleets.facts("acme")).changed
    assert found
    assert found.reason is ReasonCode.TEST_MESSAGE_FAILED


def test_a_switch_counts_until_it_is_undone(ledger: Ledger, clock: Clock) -> None:
    plan = make_plan()
    run_id = start(ledger, DOMAIN)
    ledger.tenants.add_plan(run_id, DOMAIN, plan)
    lease = ledger.leases.acquire(DOMAIN, Holder("worker-1"), run_id, MINUTE)
    intent = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, SWITCH)
    found = of(ledger.fleets.facts("acme"))
    assert found.switched
    assert (found.held_by, found.interrupted, found.interrupted_verb) == (run_id, run_id, "migrate")
    ledger.steps.settle(intent, StepResult.FAILED)
    assert not of(ledger.fleets.facts("acme")).switched


def test_an_approval_counts_until_a_run_meets_it(ledger: Ledger, clock: Clock) -> None:
    """A run that meets a valid approval finds the tenant eligible: if it is blocked after that, it lapsed."""
    assess(ledger, clock, Verdict.BLOCKED)
    clock.advance(60)
    ledger.approvals.approve_plans([(make_plan(), [ReasonCode.TEXT_GIVEN_UP])], "ann")
    approved = ledger.fleets.approvals()
    assert of(ledger.fleets.facts("acme", approvals=approved)).approved == {ReasonCode.TEXT_GIVEN_UP}
    assert of(ledger.fleets.facts("acme")).approved == frozenset()
    assess(ledger, clock, Verdict.BLOCKED)
    assert of(ledger.fleets.facts("acme", approvals=approved)).approved == frozenset()


def test_batches_are_timed_over_resumes(ledger: Ledger, clock: Clock) -> None:
    run_id = start(ledger, DOMAIN, OTHER)
    began = clock.now
    ledger.waves.start(run_id, "canary", 1, planned=2, failure_tolerance=0)
    clock.advance(60)
    ledger.waves.start(run_id, "canary", 1, planned=1, failure_tolerance=0)
    (going,) = ledger.fleets.facts("acme").batches
    assert (going.tenants, going.started_at, going.ended_at) == (2, began, None)
    ledger.waves.end(run_id, "canary", 1, verdict=WaveVerdict.PASSED)
    assert ledger.fleets.facts("acme").batches[0].ended_at == clock.now
