"""The outline of a run: what the process that decides reads of it, without assessments and plans."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phonefleet.ledger.database import chunks
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.tenant_store import PAGE
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict, WaveVerdict
from phonefleet.model.run_outline import outline_of
from phonefleet.model.run_record import StepResult, WaveRecord
from tests.ledger.factories import MINUTE, SWITCH, TEST, make_assessment, make_plan, start
from tests.reports.record_factory import make_record

DOMAINS = [f"t{number}.eu.auth0.com" for number in range(4)]
MB = 1_000_000


def test_an_outline_is_the_record_without_its_content(ledger: Ledger) -> None:
    """Whatever the process that decides goes by is in both, and the same."""
    run_id = start(ledger, *DOMAINS)
    ledger.tenants.assign(run_id, dict.fromkeys(DOMAINS, ("first", 1)))
    ledger.tenants.assign(run_id, {DOMAINS[3]: ("rest", 2)})
    for domain in DOMAINS[:3]:
        ledger.tenants.add_assessment(run_id, domain, make_assessment(domain))
        ledger.tenants.add_plan(run_id, domain, make_plan(domain, "before"))
        ledger.tenants.add_plan(run_id, domain, make_plan(domain))
    ledger.tenants.add_assessment(run_id, DOMAINS[2], make_assessment(DOMAINS[2], Verdict.BLOCKED))
    ledger.waves.plan(run_id, [WaveRecord(wave="first", batch=1, planned=3, failure_tolerance=1)])
    ledger.waves.end(run_id, "first", 1, verdict=WaveVerdict.STOPPED, reason="why")
    lease = ledger.leases.acquire(DOMAINS[0], Holder("kim"), run_id, MINUTE)
    for step in (TEST, SWITCH):
        ledger.tenants.mark_started(run_id, DOMAINS[0])
        intent = ledger.steps.intend(lease, run_id, DOMAINS[0], make_plan(DOMAINS[0]).checksum, step)
        ledger.steps.settle(intent, StepResult.DONE)
    ledger.tenants.set_outcome(run_id, DOMAINS[0], OutcomeKind.MIGRATED)
    ledger.tenants.set_outcome(run_id, DOMAINS[2], OutcomeKind.SKIPPED, ReasonCode.KEY_IN_CODE)
    outline = ledger.runs.outline(run_id)
    assert outline == outline_of(ledger.runs.record(run_id))
    assert outline.begun == {DOMAINS[0]}
    assert [step.kind for step in outline.switches] == [SWITCH.kind]
    assert [tenant.has_plan_now for tenant in outline.tenants] == [True, True, False, False]
    assert outline.tenants[1].plan_checksum == make_plan(DOMAINS[1]).checksum
    ledger.runs.end(run_id, "failed", 2)
    assert ledger.runs.outline("latest") == outline_of(ledger.runs.record("latest"))


def test_pages_are_the_record_of_their_tenants(ledger: Ledger) -> None:
    made = make_record(30)
    run_id = start_as(ledger, made)
    whole = {tenant.domain: tenant for tenant in ledger.runs.record(run_id).tenants}
    wanted = list(whole)[3:20]
    assert ledger.tenants.records(run_id, wanted) == [whole[domain] for domain in wanted]
    assert ledger.tenants.records(run_id, reversed(wanted[:2])) == [whole[domain] for domain in wanted[:2]]
    assert ledger.tenants.records(run_id, ()) == []
    assert ledger.tenants.records("another", wanted) == []


def start_as(ledger: Ledger, made: Any) -> str:
    return ledger.runs.start(
        "migrate", made.fleet, made.tenants, options={}, started_by="kim", version="0.1.0"
    )


def peak(read: Callable[[], object]) -> float:
    """The largest amount of memory that was allocated at once while something was read, in MB."""
    gc.collect()
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    """Outline and pages of 2,000 tenants take a fraction of what their whole record takes."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        run_id = start_as(ledger, make_record(2_000))

        def by_pages() -> int:
            tenants = ledger.runs.outline(run_id).tenants
            pages = chunks((tenant.domain for tenant in tenants), PAGE)
            return sum(len(ledger.tenants.records(run_id, page)) for page in pages)

        whole, paged = peak(lambda: ledger.runs.record(run_id)), peak(by_pages)
    print(f"whole record {whole:.0f} MB, outline and pages {paged:.0f} MB")
    assert paged < whole / 4


DECIDES_BY_OUTLINE = (
    *("migrate", "run_waves", "parts", "batch", "batch_gate", "wave_approval", "rollout_forecast"),
    *("compliance", "notify", "migration_request", "migration_forecast"),
)
"""Modules that are at work while tenants are changed."""


@pytest.mark.parametrize("module", DECIDES_BY_OUTLINE)
def test_no_whole_record_is_read_during_a_run(module: str) -> None:
    source = (Path(__file__).parents[2] / "flows" / f"{module}.py").read_text()
    assert "runs.record" not in source
