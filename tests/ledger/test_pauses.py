"""Pauses of a run and decisions about its batches, as the ledger keeps them."""

from __future__ import annotations

import pytest

from phonefleet.errors import LedgerError
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import DecisionKind, OutcomeKind
from tests.ledger.factories import DOMAIN, Clock, start


def test_a_pause_lasts_until_it_is_ended(ledger: Ledger, clock: Clock) -> None:
    """It is of one run, and says by whom and since when; a run that has ended takes none."""
    run_id, other = start(ledger), start(ledger)
    assert ledger.runs.pause_of(run_id) is None
    at = clock.advance(1)
    ledger.runs.pause(run_id, "ana")
    paused = ledger.runs.pause_of(run_id)
    assert paused
    assert (paused.by, paused.at) == ("ana", at)
    assert ledger.runs.pause_of(other) is None
    ledger.runs.unpause(run_id, "bo")
    assert ledger.runs.pause_of(run_id) is None
    ledger.runs.pause(run_id, "ana")
    ledger.runs.end(run_id, "stopped", 3)
    assert ledger.runs.record(run_id).ended_at
    with pytest.raises(LedgerError, match="has ended"):
        ledger.runs.pause(run_id, "ana")


def test_decisions_are_no_batches(ledger: Ledger, clock: Clock) -> None:
    """They are read in order, and change nothing of the batch that they are about."""
    run_id = start(ledger)
    ledger.waves.start(run_id, "canary", 1, planned=1, failure_tolerance=0)
    before = ledger.runs.record(run_id).waves
    at = clock.advance(1)
    ledger.waves.decide(run_id, "canary", 1, DecisionKind.WAITS, "waits until 22:00 UTC")
    ledger.waves.decide(run_id, "canary", 2, DecisionKind.OPENED, "goes on")
    record = ledger.runs.record(run_id)
    assert record.waves == before
    assert [(d.at, d.batch, d.kind) for d in record.decisions] == [
        (at, 1, DecisionKind.WAITS),
        (at, 2, DecisionKind.OPENED),
    ]


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        ((), True),
        ((OutcomeKind.HELD,), True),
        ((OutcomeKind.SKIPPED,), True),
        ((OutcomeKind.FAILED,), False),
        ((OutcomeKind.ROLLED_BACK, OutcomeKind.HELD), False),
    ],
)
def test_a_preparation_counts_until_something_is_done(
    ledger: Ledger, clock: Clock, later: tuple[OutcomeKind, ...], counts: bool
) -> None:
    assert ledger.tenants.prepared_by(DOMAIN) is None
    run_id = start(ledger)
    ledger.tenants.set_outcome(run_id, DOMAIN, OutcomeKind.PREPARED)
    for outcome in later:
        clock.advance(1)
        ledger.tenants.set_outcome(start(ledger), DOMAIN, outcome)
    assert ledger.tenants.prepared_by(DOMAIN) == (run_id if counts else None)
