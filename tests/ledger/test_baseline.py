"""The last recorded states and verdicts of tenants, over whole fleets."""

from __future__ import annotations

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.run_record import SnapshotMoment, VerdictRecord
from tests.ledger.factories import DOMAIN, OTHER, Clock, make_assessment, make_snapshot, start

THIRD = "acme-jp-3.jp.auth0.com"


def test_the_last_change_of_each_tenant_counts(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger, DOMAIN, OTHER, THIRD)
    ledger.snapshots.add(first, DOMAIN, "after", make_snapshot(DOMAIN, friendly_name="first"))
    ledger.snapshots.add(first, OTHER, "after", make_snapshot(OTHER, friendly_name="first"))
    ledger.snapshots.add(first, THIRD, "before", make_snapshot(THIRD, friendly_name="read"))
    clock.advance(1)
    second = start(ledger, DOMAIN, verb="rollback")
    ledger.snapshots.add(second, DOMAIN, "rolled_back", make_snapshot(DOMAIN, friendly_name="second"))
    third = start(ledger, DOMAIN, OTHER, verb="compliance")
    ledger.snapshots.add(third, DOMAIN, "before", make_snapshot(DOMAIN, friendly_name="third"))
    found = ledger.snapshots.latest([DOMAIN, OTHER, THIRD, "unknown.eu.auth0.com"])
    assert {d: r.snapshot.friendly_name for d, r in found.items()} == {DOMAIN: "second", OTHER: "first"}
    read = ledger.snapshots.latest([DOMAIN, THIRD], (SnapshotMoment.BEFORE,), run_id=third)
    assert {d: r.snapshot.friendly_name for d, r in read.items()} == {DOMAIN: "third"}
    assert ledger.snapshots.latest([]) == {}


def test_an_unreachable_tenant_keeps_its_last_verdict(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger, DOMAIN, OTHER, verb="assess")
    ledger.tenants.add_assessment(first, DOMAIN, make_assessment(DOMAIN, Verdict.BLOCKED))
    ledger.tenants.add_assessment(first, OTHER, make_assessment(OTHER, Verdict.UNREACHABLE))
    second = start(ledger, DOMAIN, verb="plan")
    at = clock.advance(1)
    ledger.tenants.add_assessment(second, DOMAIN, make_assessment(DOMAIN, Verdict.ELIGIBLE))
    clock.advance(1)
    ledger.tenants.add_assessment(second, DOMAIN, make_assessment(DOMAIN, Verdict.UNREACHABLE))
    third = start(ledger, DOMAIN, OTHER, verb="compliance")
    ledger.tenants.add_assessment(third, DOMAIN, make_assessment(DOMAIN, Verdict.BROKEN))
    ledger.tenants.add_assessment(third, OTHER, make_assessment(OTHER, Verdict.BROKEN))
    eligible = VerdictRecord(domain=DOMAIN, verdict=Verdict.ELIGIBLE, at=at)
    assert ledger.tenants.last_verdicts([DOMAIN, OTHER], besides=("compliance",)) == {DOMAIN: eligible}
    last = ledger.tenants.last_verdicts([DOMAIN, OTHER])
    assert {d: found.verdict for d, found in last.items()} == dict.fromkeys((DOMAIN, OTHER), Verdict.BROKEN)


def test_many_tenants_get_one_outcome_at_once(ledger: Ledger) -> None:
    run_id = start(ledger, DOMAIN, OTHER)
    ledger.tenants.set_outcomes(run_id, [DOMAIN, OTHER], OutcomeKind.UNCHANGED)
    assert {t.domain: t.outcome for t in ledger.runs.record(run_id).tenants} == dict.fromkeys(
        (DOMAIN, OTHER), OutcomeKind.UNCHANGED
    )
