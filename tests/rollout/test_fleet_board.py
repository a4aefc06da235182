"""The state of a whole fleet: totals, the order of waves, what changed, and the forecast."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.tenant_facts import BatchTimes, FleetFacts, MadeForecast, TenantFacts
from phonefleet.model.wave_forecast import WaveForecast
from phonefleet.rollout.completion_forecast import NotKnown
from phonefleet.rollout.fleet_board import Baseline, Direction, FleetBoard, direction, make_board
from phonefleet.rollout.tenant_state import NextCommand, TenantPlace, TenantState
from tests.rollout.fleet_facts import WAVES, at, ending, fleet, fleets, planned, reading

STATE, KIND = TenantState, OutcomeKind
SINCE = Baseline("r1", "migrate", ("canary",), at(400))


def facts_of(domain: str, verdict: Verdict, *reasons: ReasonCode) -> TenantFacts:
    return TenantFacts(domain=domain, read=reading(1, verdict, *reasons))


def board_of(states: dict[str, tuple[str, TenantFacts]]) -> FleetBoard:
    places = [TenantPlace(domain, wave) for domain, (wave, _) in states.items()]
    return make_board(
        "acme", "fleet.yaml", planned(), places, fleet(*(facts for _, facts in states.values()))
    )


@given(made=fleets())
def test_every_tenant_has_one_state_and_totals_add_up(made: tuple[list[TenantPlace], FleetFacts]) -> None:
    places, facts = made
    board = make_board("acme", "fleet.yaml", planned(), places, facts)
    assert [each.domain for each in board.tenants] == [place.domain for place in places]
    assert sum(board.counts.values()) == len(places) == sum(wave.tenants for wave in board.waves)
    for state in TenantState:
        assert board.counts[state] == sum(wave.counts[state] for wave in board.waves)
    assert board.to_migrate + board.counts[STATE.NOTHING_TO_DO] == len(places)
    asked = [each.domain for decision in board.decisions for each in decision.tenants]
    assert len(asked) == len(set(asked)) == board.counts[STATE.FAILING] + board.counts[STATE.WAITING_FOR_YOU]
    assert board.forecast.left == board.counts[STATE.READY] + board.counts[STATE.WAITING_FOR_WAVE]


@given(made=fleets())
def test_a_perfect_run_makes_nothing_worse(made: tuple[list[TenantPlace], FleetFacts]) -> None:
    """Every ready tenant is migrated: the number of done ones grows by them, and no tenant becomes worse."""
    places, facts = made
    before = make_board("acme", "fleet.yaml", planned(), places, facts)
    ready = {each.domain for each in before.tenants if each.state is STATE.READY}
    migrated = tuple(
        each.model_copy(update={"changed": ending(500, KIND.MIGRATED)}) if each.domain in ready else each
        for each in facts.tenants
    )
    later = facts.model_copy(update={"tenants": migrated, "at": at(1001)})
    after = make_board("acme", "fleet.yaml", planned(), places, later, (SINCE, facts))
    assert after.counts[STATE.DONE] == before.counts[STATE.DONE] + len(ready)
    assert after.moved(Direction.WORSE) == ()
    assert {each.domain for each in after.moved(Direction.BETTER)} >= ready


@given(made=fleets())
def test_the_same_facts_change_nothing(made: tuple[list[TenantPlace], FleetFacts]) -> None:
    places, facts = made
    assert make_board("acme", "fleet.yaml", planned(), places, facts, (SINCE, facts)).changes == ()


@given(made=fleets())
def test_only_later_waves_wait_for_their_turn(made: tuple[list[TenantPlace], FleetFacts]) -> None:
    """Before a wave whose tenants wait for their turn there is one with work left, and its own are never ready."""
    places, facts = made
    board = make_board("acme", "fleet.yaml", planned(), places, facts)
    for number, wave in enumerate(board.waves):
        if wave.counts[STATE.WAITING_FOR_WAVE]:
            open_states = (STATE.READY, STATE.NOT_READ, STATE.WAITING_FOR_YOU, STATE.FAILING)
            assert any(earlier.counts[state] for earlier in board.waves[:number] for state in open_states)
            ready = [t for t in board.tenants if t.wave == wave.wave.name and t.state is STATE.READY]
            assert all(each.in_progress for each in ready)


def test_waiting_for_a_wave_asks_nobody() -> None:
    board = board_of(
        {
            "a.example": ("canary", facts_of("a.example", Verdict.ELIGIBLE)),
            "b.example": ("early", facts_of("b.example", Verdict.ELIGIBLE)),
        }
    )
    assert [each.state for each in board.tenants] == [STATE.READY, STATE.WAITING_FOR_WAVE]
    assert board.decisions == ()
    assert board.next_wave
    assert board.next_wave.wave.name == "canary"


def test_a_wave_that_verifies_nothing_holds_the_next() -> None:
    """As in a run: later waves follow a wave with one switched tenant, or one that waits for Auth0 alone."""
    blocked = facts_of("a.example", Verdict.BLOCKED, ReasonCode.SENDER_MISSING)
    support = facts_of("a.example", Verdict.CONTACT_SUPPORT, ReasonCode.TOGGLE_MISSING_ON_LEGACY)
    done = facts_of("c.example", Verdict.ALREADY_MIGRATED)
    later = ("early", facts_of("b.example", Verdict.ELIGIBLE))
    held = board_of({"a.example": ("canary", blocked), "b.example": later})
    assert held.tenants[1].state is STATE.WAITING_FOR_WAVE
    verified = {"a.example": ("canary", blocked), "c.example": ("canary", done), "b.example": later}
    assert board_of(verified).tenants[2].state is STATE.READY
    assert board_of({"a.example": ("canary", support), "b.example": later}).tenants[1].state is STATE.READY


def test_decisions_group_by_reason_and_command() -> None:
    text = ReasonCode.TEXT_GIVEN_UP
    board = board_of(
        {
            "a.example": ("canary", facts_of("a.example", Verdict.BLOCKED, text)),
            "b.example": ("early", facts_of("b.example", Verdict.BLOCKED, text)),
            "c.example": ("early", facts_of("c.example", Verdict.BROKEN, ReasonCode.NOTHING_SENDS)),
        }
    )
    failing, approvals = board.decisions
    assert [each.domain for each in failing.tenants] == ["c.example"]
    assert approvals.command is NextCommand.APPROVE
    assert [each.domain for each in approvals.tenants] == ["a.example", "b.example"]


@pytest.mark.parametrize("before", TenantState)
@pytest.mark.parametrize("after", TenantState)
def test_no_change_is_better_both_ways(before: TenantState, after: TenantState) -> None:
    there, back = direction(before, after), direction(after, before)
    assert (there, back) not in [(Direction.BETTER, Direction.BETTER), (Direction.WORSE, Direction.WORSE)]
    assert (before is after) <= (there is Direction.NEITHER)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (STATE.READY, STATE.DONE, Direction.BETTER),
        (STATE.WAITING_FOR_WAVE, STATE.READY, Direction.BETTER),
        (STATE.WAITING_FOR_YOU, STATE.WAITING_FOR_WAVE, Direction.BETTER),
        (STATE.READY, STATE.WAITING_FOR_WAVE, Direction.NEITHER),
        (STATE.NOT_READ, STATE.WAITING_FOR_YOU, Direction.NEITHER),
        (STATE.NOT_READ, STATE.FAILING, Direction.NEITHER),
        (STATE.DONE, STATE.FAILING, Direction.WORSE),
        (STATE.DONE, STATE.WAITING_FOR_YOU, Direction.WORSE),
        (STATE.READY, STATE.WAITING_FOR_YOU, Direction.WORSE),
    ],
)
def test_only_worse_is_called_worse(before: TenantState, after: TenantState, expected: Direction) -> None:
    assert direction(before, after) is expected


def test_the_forecast_says_what_it_does_not_know() -> None:
    places = [TenantPlace(f"t{n}.example", wave) for n, wave in enumerate(WAVES)]
    tenants = (
        TenantFacts(domain="t0.example", changed=ending(10, KIND.MIGRATED)),
        facts_of("t1.example", Verdict.ELIGIBLE),
    )
    first = BatchTimes(run_id="r2", wave="canary", tenants=2, started_at=at(0), ended_at=at(20))
    known = fleet(*tenants, minutes=60).model_copy(update={"batches": (first,)})
    forecast = make_board("acme", "fleet.yaml", planned(), places, known).forecast
    assert (forecast.left, forecast.per_tenant) == (1, timedelta(minutes=10))
    assert forecast.earliest == at(70)
    assert forecast.not_known == (NotKnown.UNREAD, NotKnown.CALENDAR)
    without = make_board("acme", "fleet.yaml", planned(), places, fleet(*tenants)).forecast
    assert without.earliest is None
    assert without.not_known[0] is NotKnown.PACE


def foreseen(wave: str, start: int, early: int, late: int) -> WaveForecast:
    return WaveForecast(
        wave=wave,
        tenants=2,
        batches=1,
        requests=10,
        messages={},
        one_way=0,
        active=timedelta(minutes=early - start),
        soak=timedelta(),
        starts_at=at(start),
        earliest_end=at(early),
        latest_end=at(late),
        measured=True,
    )


def test_a_wave_keeps_what_was_foreseen_before_it() -> None:
    """A forecast that a later run made of its rest does not replace it; waves left are foreseen together."""
    places = [TenantPlace(f"t{n}.example", wave) for n, wave in enumerate(WAVES[:2])]
    tenants = (
        TenantFacts(domain="t0.example", changed=ending(60, KIND.MIGRATED)),
        facts_of("t1.example", Verdict.ELIGIBLE),
    )
    ran = BatchTimes(run_id="r2", wave="canary", tenants=1, started_at=at(50), ended_at=at(60))
    made = (
        MadeForecast(at=at(40), forecast=foreseen("canary", 40, 55, 70)),
        MadeForecast(at=at(40), forecast=foreseen("early", 55, 75, 130)),
        MadeForecast(at=at(90), forecast=foreseen("canary", 90, 91, 92)),
    )
    known = fleet(*tenants, minutes=100).model_copy(update={"batches": (ran,), "forecasts": made})
    board = make_board("acme", "fleet.yaml", planned(*WAVES[:2]), places, known)
    canary, early = board.waves
    assert canary.forecast == made[0].forecast
    assert canary.took == timedelta(minutes=10)
    assert early.forecast == made[1].forecast
    assert board.forecast.foreseen == (timedelta(minutes=20), timedelta(minutes=75))
