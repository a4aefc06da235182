"""What a wave has come to, and what of it a continued run still has to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import RunRecord, StepRecord, TenantRecord, WaveRecord
from phonefleet.rollout.wave_state import UnfinishedBatch, WaveState, states_of

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
) -> RunRecord:
    return RunRecord(
        run_id="r",
        verb="migrate",
        fleet="f",
        phonefleet="0",
        started_at=START,
        tenants=tenants,
        steps=steps,
        waves=waves,
    )


def batch(number: int, **more: Any) -> WaveRecord:
    return WaveRecord(wave="canary", batch=number, planned=1, failure_tolerance=0, **more)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(KIND.SKIPPED, Verdict.BLOCKED)], "none of its 1 tenants stands switched (1 blocked)"),
        ([(KIND.SKIPPED, Verdict.UNREACHABLE)], "(1 unreachable)"),
        ([(KIND.SKIPPED, Verdict.BROKEN)], "(1 broken)"),
        (
            [(KIND.HELD, Verdict.ELIGIBLE), (KIND.SKIPPED, Verdict.BLOCKED)],
            "2 tenants stands switched (1 blocked, 1 held)",
        ),
        (
            [(KIND.SKIPPED, Verdict.NOT_APPLICABLE), (KIND.HELD, Verdict.ELIGIBLE)],
            "2 tenants stands switched (1 held)",
        ),
        ([(KIND.MIGRATED, Verdict.ELIGIBLE), (KIND.HELD, Verdict.ELIGIBLE)], ""),
        ([(KIND.UNCHANGED, Verdict.ALREADY_MIGRATED), (KIND.SKIPPED, Verdict.BLOCKED)], ""),
        ([(KIND.UNCHANGED, Verdict.ALREADY_MIGRATED)], ""),
        ([(KIND.SKIPPED, Verdict.NOT_APPLICABLE), (KIND.SKIPPED, Verdict.CONTACT_SUPPORT)], ""),
        ([(KIND.FAILED, Verdict.ELIGIBLE)], ""),
        ([], ""),
    ],
)
def test_a_wave_shows_nothing_when_nobody_is_switched_and_somebody_waits(
    rows: list[tuple[OutcomeKind, Verdict]], why: str
) -> None:
    found = states_of(run(*(tenant(f"t{n}", kind, verdict) for n, (kind, verdict) in enumerate(rows))))
    told = found.get("canary", WaveState()).shows_nothing("canary")
    assert bool(told) is bool(why)
    assert why in told


def test_tenants_that_nobody_asked_for_hold_nobody_back() -> None:
    state = WaveState(tenants=1)
    state.count(Outcome(KIND.HELD, CODE.NOT_SELECTED))
    assert state.shows_nothing("canary") == ""
    state.count(Outcome(KIND.HELD, CODE.LEASED_ELSEWHERE))
    assert "(1 held)" in state.shows_nothing("canary")


def test_a_batch_that_was_not_concluded_is_judged_by_all_who_stand_switched() -> None:
    """Without verification too; each from its switch, and its soak from the moment when the last was through."""
    unverified = {"outcome_reason": CODE.NO_DELIVERY_EVIDENCE, "batch": 1}
    found = states_of(
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


def test_a_wave_that_was_stopped_stays_stopped() -> None:
    over = batch(1, started_at=minute(0), ended_at=minute(1), verdict="stopped", reason="too ill")
    assert states_of(run(waves=(over,)))["canary"].stopped == "too ill"


SECONDS = st.integers(0, 100_000).map(lambda n: timedelta(seconds=n))


@given(SECONDS, SECONDS)
def test_a_soak_ends_when_it_would_have_without_the_death(soak: timedelta, later: timedelta) -> None:
    rest = UnfinishedBatch(ended_at=START).rest(soak, START + later)
    assert rest == max(timedelta(), soak - later)


def test_a_batch_of_which_nobody_was_through_soaks_whole() -> None:
    assert UnfinishedBatch().rest(timedelta(hours=1), START) == timedelta(hours=1)
