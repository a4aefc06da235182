"""What reports take from the ledger: runs as points of a trend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import reports
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import ReasonCode, RunVerdict
from phonefleet.model.run_record import TenantRecord
from tests.reports.record_factory import make_record


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def begin(ledger: Ledger, verb: str, tenants: tuple[TenantRecord, ...]) -> str:
    return ledger.runs.start(verb, "acme", tenants, options={}, started_by="ops", version="0.1.0")


def test_a_trend_row_equals_that_of_the_record(ledger: Ledger) -> None:
    """Both ways to a trend count the same, including tenants without verdict or outcome."""
    made = make_record(40, seed=3, verb="compliance")
    bare = tuple(
        t.model_copy(update={"plan": None, "plan_checksum": "", "outcome": None}) for t in made.tenants
    )
    run_id = begin(ledger, "compliance", (*bare, TenantRecord(domain="new.eu.auth0.com")))
    for tenant in made.tenants[:30]:
        assert tenant.outcome
        ledger.tenants.set_outcome(run_id, tenant.domain, tenant.outcome, ReasonCode.UNREACHABLE, "no answer")
    ledger.runs.end(run_id, RunVerdict.COMPLETE, 0)
    short = reports.trend_row(ledger.runs.recent()[0], ledger.runs.verdicts_and_outcomes(run_id))
    assert short == reports.summary_row(ledger.runs.record(run_id))
    assert sum(short.verdicts.values()) == 40
    assert sum(short.outcomes.values()) == 30
    assert short.tenants == 41
