"""Drift: recorded field by field, and read with the time since when a tenant has drifted."""

from __future__ import annotations

import pytest

from phonefleet.errors import LedgerError
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_record import ChangedField
from tests.ledger.factories import DOMAIN, OTHER, START, Clock, start


def make_change(domain: str = DOMAIN, field: str = "flag") -> ChangedField:
    return ChangedField(domain=domain, field=field, expected="true", found="false", expected_at=START)


def compliance(ledger: Ledger, clock: Clock, outcome: OutcomeKind, *, accepted: bool = False) -> str:
    """Record a run of compliance that ended so for the tenant."""
    clock.advance(60)
    run_id = start(ledger, verb="compliance")
    drifted = accepted or outcome is OutcomeKind.DRIFTED
    ledger.drift.add(run_id, [make_change()] if drifted else [])
    ledger.tenants.set_outcome(run_id, DOMAIN, outcome, ReasonCode.DRIFT_FOUND if drifted else None)
    return run_id


def since(ledger: Ledger, run_id: str) -> float:
    """Return the minutes from START at which the tenant was first found drifted."""
    (found,) = ledger.runs.record(run_id).drift
    return (found.first_found_at - START).total_seconds() / 60


def test_changed_fields_are_read_by_tenant_and_field(ledger: Ledger, clock: Clock) -> None:
    run_id = start(ledger, DOMAIN, OTHER, verb="compliance")
    changed = [make_change(OTHER), make_change(field="provider.name"), make_change()]
    ledger.drift.add(run_id, changed)
    ledger.drift.add(run_id, [make_change().model_copy(update={"found": "absent"})])
    ledger.drift.add(run_id, [])
    found = ledger.drift.of_run(run_id)
    assert [(one.domain, one.field, one.found) for one in found] == [
        (DOMAIN, "flag", "false"),
        (DOMAIN, "provider.name", "false"),
        (OTHER, "flag", "false"),
    ]
    assert {(one.expected, one.expected_at, one.first_found_at) for one in found} == {
        ("true", START, clock.now)
    }
    assert ledger.drift.of_run(start(ledger, verb="compliance")) == []


def test_drift_is_of_tenants_of_the_run(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="refers to something that is not"):
        ledger.drift.add(start(ledger, verb="compliance"), [make_change(OTHER)])


def test_drift_counts_from_the_first_finding(ledger: Ledger, clock: Clock) -> None:
    compliance(ledger, clock, OutcomeKind.DRIFTED)
    compliance(ledger, clock, OutcomeKind.UNCHANGED)
    first = compliance(ledger, clock, OutcomeKind.DRIFTED)
    compliance(ledger, clock, OutcomeKind.INCONCLUSIVE)
    last = compliance(ledger, clock, OutcomeKind.DRIFTED)
    assert (since(ledger, first), since(ledger, last)) == (3, 3)


def test_accepted_drift_ends(ledger: Ledger, clock: Clock) -> None:
    compliance(ledger, clock, OutcomeKind.DRIFTED)
    accepted = compliance(ledger, clock, OutcomeKind.UNCHANGED, accepted=True)
    again = compliance(ledger, clock, OutcomeKind.DRIFTED)
    assert (since(ledger, accepted), since(ledger, again)) == (1, 3)
