"""The wave board: each batch with the outcomes of its tenants so far."""

from __future__ import annotations

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_record import TenantRecord, WaveRecord

DOMAINS = [f"{letter}.eu.auth0.com" for letter in "abcd"]


def test_the_board_counts_each_batch(ledger: Ledger) -> None:
    """A tenant that is placed again counts where it is now, and one without a batch nowhere."""
    tenants = [TenantRecord(domain=domain) for domain in DOMAINS]
    run_id = ledger.runs.start("migrate", "acme", tenants, options={}, started_by="kim", version="0.1.0")
    assert ledger.waves.board(run_id) == []
    planned = [
        WaveRecord(wave="canary", batch=1, planned=1, failure_tolerance=0),
        WaveRecord(wave="rest", batch=1, planned=2, failure_tolerance=1),
    ]
    ledger.waves.plan(run_id, planned)
    ledger.tenants.assign(run_id, {DOMAINS[0]: ("rest", 1), DOMAINS[1]: ("rest", 1)})
    ledger.tenants.assign(run_id, {DOMAINS[0]: ("canary", 1), DOMAINS[2]: ("rest", 1)})
    ledger.waves.start(run_id, "canary", 1, planned=1, failure_tolerance=0)
    ledger.tenants.set_outcome(run_id, DOMAINS[0], OutcomeKind.MIGRATED, None, "")
    ledger.tenants.set_outcome(run_id, DOMAINS[1], OutcomeKind.FAILED, ReasonCode.API_REFUSED, "no")
    ledger.tenants.hold(run_id, [DOMAINS[3]], ReasonCode.NOT_SELECTED, "not selected")

    canary, rest = ledger.waves.board(run_id)
    assert canary.outcomes == {OutcomeKind.MIGRATED: 1}
    assert rest.outcomes == {OutcomeKind.FAILED: 1}
    assert (canary.ended, rest.ended, rest.batch.planned) == (1, 1, 2)
    assert [each.batch for each in (canary, rest)] == list(ledger.runs.record(run_id).waves)
