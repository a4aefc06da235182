"""The state of a wave, and what a continued run still has to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import DecisionKind, Operation, OutcomeKind, ReasonCode, Verdict, WaveVerdict
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_outline import RunOutline, outline_of
from phonefleet.model.run_record import RunRecord, StepRecord, TenantRecord, WaveDecision, WaveRecord
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, half_switched, wave_states

START = datetime(2026, 11, 1, tzinfo=UTC)
KIND, CODE = OutcomeKind, ReasonCode


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def tenant(
    name: str, outcome: OutcomeKind | None, verdict: Verdict = Verdict.ELIGIBLE, **more: Any
) -> TenantRecord:
    domain = f"{name}.eu.auth0.com"
    found = Assessment(domain=domain, verdict=verdict)
    return TenantRecord(domain=domain, wave="canary", outcome=outcome, assessment=found, **more)


def switched(name: str, at: float, result: str | None = "done", kind: str = "switch_tenant") -> StepRecord:
    return StepRecord(
        domain=f"{name}.eu.auth0.com",
        intent_id=1,
        plan_checksum="0",
        index=0,
        kind=kind,
        key=kind,
        title=kind,
        intended_at=minute(at),
        result=result,
    )


def run(
    *tenants: TenantRecord, steps: tuple[StepRecord, ...] = (), waves: tuple[WaveRecord, ...] = ()
) -> RunOutline:
    record = RunRecord(
        run_id="r",
        verb="migrate",
        fleet="f",
        phonefleet="0",
        started_at=START,
        tenants=tenants,
        steps=steps,
        waves=waves,
    )
    return outline_of(record)


def batch(number: int, **more: Any) -> WaveRecord:
    return WaveRecord(wave="canary", batch=number, planned=1, failure_tolerance=0, **more)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(KIND.SKIPPED, Verdict.BLOCKED)], "none of its 1 tenants is switched (1 blocked)"),
        ([(KIND.SKIPPED, Verdict.UNREACHABLE)], "(1 unreachable)"),
        ([(KIND.SKIPPED, Verdict.BROKEN)], "(1 broken)"),
        (
            [(KIND.HELD, Verdict.ELIGIBLE), (KIND.SKIPPED, Verdict.BLOCKED)],
            "2 tenants is switched (1 blocked, 1 held)",
        ),
        (
            [(KIND.SKIPPED, Verdict.NOT_APPLICABLE), (KIND.HELD, Verdict.ELIGIBLE)],
            "2 tenants is switched (1 held)",
        ),
        ([(KIND.MIGRATED, Verdict.ELIGIBLE), (KIND.HELD, Verdict.ELIGIBLE)], ""),
        ([(KIND.UNCHANGED, Verdict.ALREADY_MIGRATED), (KIND.SKIPPED, Verdict.BLOCKED)], ""),
        ([(KIND.UNCHANGED, Verdict.ALREADY_MIGRATED)], ""),
        ([(KIND.SKIPPED, Verdict.NOT_APPLICABLE), (KIND.SKIPPED, Verdict.CONTACT_SUPPORT)], ""),
        ([(KIND.SKIPPED, Verdict.NOT_APPLICABLE), (KIND.SKIPPED, Verdict.NOT_AVAILABLE)], ""),
        ([(KIND.FAILED, Verdict.ELIGIBLE)], ""),
        ([], ""),
    ],
)
def test_later_waves_wait_for_a_wave_without_switches(
    rows: list[tuple[OutcomeKind, Verdict]], why: str
) -> None:
    found = wave_states(run(*(tenant(f"t{n}", kind, verdict) for n, (kind, verdict) in enumerate(rows))))
    reason = found.get("canary", WaveState()).why_later_waves_wait("canary")
    assert bool(reason) is bool(why)
    assert why in reason


def test_unselected_tenants_hold_no_later_wave() -> None:
    state = WaveState(tenants=1)
    state.add_outcome(Outcome(KIND.HELD, CODE.NOT_SELECTED))
    assert state.why_later_waves_wait("canary") == ""
    state.add_outcome(Outcome(KIND.HELD, CODE.LEASED_ELSEWHERE))
    assert "(1 held)" in state.why_later_waves_wait("canary")


def test_an_unfinished_batch_keeps_switched_tenants() -> None:
    """Also unverified tenants; its soak begins when the last tenant is finished."""
    unverified = {"outcome_reason": CODE.NO_DELIVERY_EVIDENCE, "batch": 1}
    found = wave_states(
        run(
            tenant("a", KIND.MIGRATED, batch=1, started_at=minute(0), ended_at=minute(9)),
            tenant("b", KIND.INCONCLUSIVE, started_at=minute(0), ended_at=minute(8), **unverified),
            tenant("c", KIND.INCONCLUSIVE, started_at=minute(0), ended_at=minute(7), **unverified),
            tenant("d", None, batch=1),
            tenant("e", KIND.MIGRATED, batch=2),
            steps=(switched("a", 5), switched("b", 6), switched("c", 6, "not_applied"), switched("a", 7)),
            waves=(
                batch(1, started_at=minute(0)),
                batch(2, started_at=minute(0), ended_at=minute(1)),
                batch(3),
            ),
        )
    )
    state = found["canary"]
    assert state.unfinished == {
        1: UnfinishedBatch({"a.eu.auth0.com": minute(5), "b.eu.auth0.com": minute(6)}, minute(9))
    }
    assert (state.tenants, state.size, state.switched, state.inconclusive) == (5, 5, 3, 2)


def test_a_stopped_wave_stays_stopped() -> None:
    over = batch(1, started_at=minute(0), ended_at=minute(1), verdict="stopped", reason="too ill")
    assert wave_states(run(waves=(over,)))["canary"].stopped == "too ill"


SECONDS = st.integers(0, 100_000).map(lambda n: timedelta(seconds=n))


@given(SECONDS, SECONDS)
def test_a_soak_ends_as_if_the_run_had_not_died(soak: timedelta, later: timedelta) -> None:
    rest = UnfinishedBatch(ended_at=START).remaining_soak(soak, START + later)
    assert rest == max(timedelta(), soak - later)


def test_a_batch_without_finished_tenants_soaks_all() -> None:
    assert UnfinishedBatch().remaining_soak(timedelta(hours=1), START) == timedelta(hours=1)


def test_a_continued_run_knows_why_its_wave_stopped() -> None:
    """Only of a wave that was stopped; its switched tenants are known with the time of their switch."""
    stopped = WaveRecord(
        wave="canary", batch=1, planned=2, failure_tolerance=0, verdict="stopped", reason="why"
    )
    failed = WaveDecision(at=START, wave="canary", batch=1, kind=DecisionKind.GATE_FAILED, message="numbers")
    record = run(
        tenant("a", KIND.MIGRATED, batch=1),
        tenant("b", KIND.FAILED, batch=1),
        steps=(switched("a", 3),),
        waves=(stopped,),
    ).model_copy(update={"decisions": (failed,)})
    state = wave_states(record)["canary"]
    assert (state.stopped, state.failed_gate) == ("why", "numbers")
    assert state.switched_at == {"a.eu.auth0.com": minute(3)}
    passed = stopped.model_copy(update={"verdict": WaveVerdict.PASSED})
    went_on = record.model_copy(update={"waves": (passed,)})
    assert wave_states(went_on)["canary"].failed_gate == ""
    assert wave_states(went_on, {"canary"})["canary"].failed_gate == "numbers"
    assert state.halted == ""
    missed = failed.model_copy(update={"kind": DecisionKind.MISSED})
    assert (
        wave_states(record.model_copy(update={"decisions": (failed, missed)}))["canary"].halted == "numbers"
    )


@pytest.mark.parametrize("ended_at", [None, minute(9)])
def test_a_begun_rollback_of_a_wave_goes_on_until_its_batch_has_ended(ended_at: datetime | None) -> None:
    """Whatever the gate would say now. What ended before is as it was recorded."""
    verdict = {"ended_at": ended_at, "verdict": "stopped", "reason": "why"} if ended_at else {}
    decided = {"at": START, "wave": "canary", "batch": 1}
    decisions = (
        WaveDecision(kind=DecisionKind.GATE_PASSED, message="before", **decided),
        WaveDecision(kind=DecisionKind.GATE_FAILED, message="numbers", **decided),
        WaveDecision(kind=DecisionKind.ROLLED_BACK, message="2 of 2", **decided),
    )
    waves = (batch(1, started_at=START, **verdict),)
    record = run(tenant("a", KIND.ROLLED_BACK, batch=1), tenant("b", None, batch=1), waves=waves)
    state = wave_states(record.model_copy(update={"decisions": decisions}))["canary"]
    assert state.rolls_back == (ended_at is None)
    assert (state.stopped, state.failed_gate) == (("why" if ended_at else "numbers"), "numbers")


@pytest.mark.parametrize(
    ("results", "known", "possible"),
    [
        ([("apply", "done")], True, True),
        ([("apply", "already")], True, True),
        ([("apply", "not_effective")], True, True),
        ([("apply", "unknown")], True, True),
        ([("apply", None)], False, True),
        ([("apply", "not_applied")], False, False),
        ([("apply", "failed")], False, False),
        ([("apply", "done"), ("revert", "done")], False, False),
        ([("apply", "done"), ("revert", None)], True, True),
        ([("apply", "done"), ("revert", "done"), ("apply", "done")], True, True),
        ([], False, False),
    ],
)
def test_a_begun_switch_is_known(results: list[tuple[str, str | None]], known: bool, possible: bool) -> None:
    """What reached the tenant counts, as long as it is not reverted; a switch that never arrived does not."""
    steps = tuple(
        switched("a", n, result).model_copy(update={"operation": Operation(operation)})
        for n, (operation, result) in enumerate(results)
    )
    record = run(tenant("a", None), steps=steps)
    assert bool(half_switched(record)) is known
    assert bool(half_switched(record, may_be=True)) is possible
    ended = run(tenant("a", KIND.MIGRATED), steps=steps)
    assert half_switched(ended, may_be=True) == set()
