"""What reports take from the ledger: runs as points of a trend, and drift field by field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import reports
from phonefleet.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.ledger_entries import SnapshotMoment
from phonefleet.model.run_record import RunRecord, TenantRecord
from phonefleet.model.snapshot import PhoneProvider, Snapshot
from tests.reports.record_factory import make_record

DOMAIN, OTHER = "a1.eu.auth0.com", "b1.eu.auth0.com"
AT = datetime(2026, 11, 20, tzinfo=UTC)
LEFT = Snapshot(
    domain=DOMAIN,
    taken_at=AT,
    flag=True,
    providers=(PhoneProvider(id="pro_1", name="twilio", delivery_methods=("text", "voice")),),
)
CHANGED = LEFT.model_copy(
    update={
        "flag": False,
        "providers": (LEFT.providers[0].model_copy(update={"delivery_methods": ("text",)}),),
    }
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def begin(ledger: Ledger, verb: str, tenants: tuple[TenantRecord, ...]) -> str:
    return ledger.runs.start(verb, "acme", tenants, options={}, started_by="ops", version="0.1.0")


def test_a_point_of_the_trend_is_the_same_from_the_ledger_as_from_the_whole_record(ledger: Ledger) -> None:
    """The short way to a trend counts what the long way counts, tenants without verdict or outcome included."""
    made = make_record(40, seed=3, verb="compliance")
    bare = tuple(
        t.model_copy(update={"plan": None, "plan_checksum": "", "outcome": None}) for t in made.tenants
    )
    run_id = begin(ledger, "compliance", (*bare, TenantRecord(domain="new.eu.auth0.com")))
    for tenant in made.tenants[:30]:
        assert tenant.outcome
        ledger.tenants.set_outcome(run_id, tenant.domain, tenant.outcome, ReasonCode.UNREACHABLE, "told")
    ledger.runs.end(run_id, "complete", 0)
    short = reports.trend_row(ledger.runs.recent()[0], ledger.runs.verdicts_and_outcomes(run_id))
    assert short == reports.summary_row(ledger.runs.record(run_id))
    assert sum(short.verdicts.values()) == 40
    assert sum(short.outcomes.values()) == 30
    assert short.tenants == 41


def compliance(ledger: Ledger, now: Snapshot, outcome: OutcomeKind = OutcomeKind.DRIFTED) -> RunRecord:
    """A run of compliance that saw this and said so."""
    run_id = begin(ledger, "compliance", (TenantRecord(domain=DOMAIN), TenantRecord(domain=OTHER)))
    ledger.snapshots.add(run_id, DOMAIN, SnapshotMoment.BEFORE, now)
    reason = ReasonCode.DRIFT_FOUND if now is CHANGED else None
    ledger.tenants.set_outcome(run_id, DOMAIN, outcome, reason, "told")
    ledger.tenants.set_outcome(run_id, OTHER, OutcomeKind.UNCHANGED)
    ledger.runs.end(run_id, "complete", 0)
    return ledger.runs.record(run_id)


def test_drift_tells_expected_found_and_since_when(ledger: Ledger) -> None:
    """Held against what the last change left, however often compliance looked since; the first finding counts."""
    migration = begin(ledger, "migrate", (TenantRecord(domain=DOMAIN),))
    ledger.snapshots.add(migration, DOMAIN, SnapshotMoment.AFTER, LEFT)
    ledger.runs.end(migration, "complete", 0)
    left_at = ledger.snapshots.of_tenant(DOMAIN)[0].at
    assert compliance(ledger, LEFT, OutcomeKind.UNCHANGED).drift == ()
    first, second = compliance(ledger, CHANGED), compliance(ledger, CHANGED)
    found = {one.field: one for one in second.drift}
    assert {name: (one.expected, one.found) for name, one in found.items()} == {
        "flag": ("true", "false"),
        "provider.delivery_methods": ("text, voice", "text"),
    }
    for one in found.values():
        assert (one.domain, one.expected_at) == (DOMAIN, left_at)
        assert one.first_found_at == next(t.ended_at for t in first.tenants if t.domain == DOMAIN)


def test_a_mended_drift_that_comes_back_is_a_new_one(ledger: Ledger) -> None:
    """Since when counts from the last time that the tenant was in order."""
    migration = begin(ledger, "migrate", (TenantRecord(domain=DOMAIN),))
    ledger.snapshots.add(migration, DOMAIN, SnapshotMoment.AFTER, LEFT)
    compliance(ledger, CHANGED)
    compliance(ledger, LEFT, OutcomeKind.UNCHANGED)
    again = compliance(ledger, CHANGED)
    ended = next(t.ended_at for t in again.tenants if t.domain == DOMAIN)
    assert {one.first_found_at for one in again.drift} == {ended}
