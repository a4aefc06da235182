"""What the last runs left tenants as, over whole fleets."""

from __future__ import annotations

from ledger_making import DOMAIN, OTHER, Clock, make_assessment, make_snapshot, start

from phonefleet.ledger import Ledger, SnapshotMoment
from phonefleet.vocabulary import OutcomeKind, Verdict

THIRD = "acme-jp-3.jp.auth0.com"


def test_the_last_change_of_each_tenant_counts_and_reads_do_not(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger, DOMAIN, OTHER, THIRD)
    ledger.snapshot(first, DOMAIN, "after", make_snapshot(DOMAIN, friendly_name="first"))
    ledger.snapshot(first, OTHER, "after", make_snapshot(OTHER, friendly_name="first"))
    ledger.snapshot(first, THIRD, "before", make_snapshot(THIRD, friendly_name="read"))
    clock.advance(1)
    second = start(ledger, DOMAIN, verb="rollback")
    ledger.snapshot(second, DOMAIN, "rolled_back", make_snapshot(DOMAIN, friendly_name="second"))
    third = start(ledger, DOMAIN, OTHER, verb="compliance")
    ledger.snapshot(third, DOMAIN, "before", make_snapshot(DOMAIN, friendly_name="third"))
    found = ledger.last_snapshots([DOMAIN, OTHER, THIRD, "nobody.eu.auth0.com"])
    assert {d: r.snapshot.friendly_name for d, r in found.items()} == {DOMAIN: "second", OTHER: "first"}
    read = ledger.last_snapshots([DOMAIN, THIRD], (SnapshotMoment.BEFORE,), run_id=third)
    assert {d: r.snapshot.friendly_name for d, r in read.items()} == {DOMAIN: "third"}
    assert ledger.last_snapshots([]) == {}


def test_the_last_verdict_is_the_last_that_was_found_out(ledger: Ledger) -> None:
    first = start(ledger, DOMAIN, OTHER, verb="assess")
    ledger.assessed(first, DOMAIN, make_assessment(DOMAIN, Verdict.BLOCKED))
    ledger.assessed(first, OTHER, make_assessment(OTHER, Verdict.UNREACHABLE))
    second = start(ledger, DOMAIN, verb="plan")
    ledger.assessed(second, DOMAIN, make_assessment(DOMAIN, Verdict.ELIGIBLE))
    ledger.assessed(second, DOMAIN, make_assessment(DOMAIN, Verdict.UNREACHABLE))
    third = start(ledger, DOMAIN, OTHER, verb="compliance")
    ledger.assessed(third, DOMAIN, make_assessment(DOMAIN, Verdict.BROKEN))
    ledger.assessed(third, OTHER, make_assessment(OTHER, Verdict.BROKEN))
    assert ledger.last_verdicts([DOMAIN, OTHER], besides=("compliance",)) == {DOMAIN: Verdict.ELIGIBLE}
    assert ledger.last_verdicts([DOMAIN, OTHER]) == {DOMAIN: Verdict.BROKEN, OTHER: Verdict.BROKEN}


def test_many_tenants_get_the_same_outcome_at_once_or_none_of_them(ledger: Ledger) -> None:
    run_id = start(ledger, DOMAIN, OTHER)
    ledger.outcomes(run_id, [DOMAIN, OTHER], OutcomeKind.UNCHANGED)
    assert {t.domain: t.outcome for t in ledger.run(run_id).tenants} == dict.fromkeys(
        (DOMAIN, OTHER), OutcomeKind.UNCHANGED
    )
