"""Facts about tenants as Hypothesis draws them, and a fleet of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.tenant_facts import BatchTimes, Ending, FleetFacts, Reading, TenantFacts
from phonefleet.rollout.fleet_board import PlannedWave
from phonefleet.rollout.tenant_state import TenantPlace

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WAVES = ("canary", "early", "rest")
VERDICTS = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNREACHABLE)
ENDINGS = tuple(
    kind
    for kind in OutcomeKind
    if kind not in (OutcomeKind.HELD, OutcomeKind.SKIPPED, OutcomeKind.UNCHANGED, OutcomeKind.DRIFTED)
)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def reading(minutes: int, verdict: Verdict, *reasons: ReasonCode) -> Reading:
    return Reading(run_id="r1", at=at(minutes), verdict=verdict, reasons=reasons)


def ending(
    minutes: int, kind: OutcomeKind, reason: ReasonCode | None = None, verb: str = "migrate"
) -> Ending:
    return Ending(run_id="r2", verb=verb, at=at(minutes), kind=kind, reason=reason)


def planned(*names: str) -> list[PlannedWave]:
    return [PlannedWave(name) for name in names or WAVES]


def fleet(*facts: TenantFacts, minutes: int = 1000) -> FleetFacts:
    return FleetFacts(at=at(minutes), tenants=facts)


codes = st.lists(st.sampled_from(sorted(ReasonCode)), max_size=3).map(tuple)
minutes = st.integers(0, 100)


def readings(verdicts: Any) -> Any:
    return st.builds(reading, minutes, verdicts).flatmap(
        lambda made: codes.map(lambda found: made.model_copy(update={"reasons": found}))
    )


def endings(kinds: Any, verbs: Any) -> Any:
    reasons = st.none() | st.sampled_from(sorted(ReasonCode))
    return st.builds(ending, minutes, kinds, reasons, verbs)


FAILED_TESTS = st.builds(
    ending,
    minutes,
    st.just(OutcomeKind.FAILED),
    st.just(ReasonCode.TEST_MESSAGE_FAILED),
    st.just("compliance"),
)


@st.composite
def tenant_facts(draw: Any, domain: str = "a.example") -> TenantFacts:
    read = draw(st.none() | readings(st.sampled_from(VERDICTS)))
    unread = draw(st.none() | readings(st.just(Verdict.UNREACHABLE)))
    changing = st.sampled_from(("migrate", "rollback", "finalize"))
    return TenantFacts(
        domain=domain,
        read=read,
        unread=unread if unread and (read is None or unread.at > read.at) else None,
        changed=draw(st.none() | endings(st.sampled_from(ENDINGS), changing)),
        held=draw(st.none() | endings(st.just(OutcomeKind.HELD), st.just("migrate"))),
        checked=draw(st.none() | endings(st.sampled_from(OutcomeKind), st.just("compliance"))),
        tested=draw(
            st.none() | endings(st.just(OutcomeKind.UNCHANGED), st.just("compliance")) | FAILED_TESTS
        ),
        approved=frozenset(draw(codes)),
        interrupted=draw(st.sampled_from(("", "", "r9"))),
        switched=draw(st.booleans()),
        held_by=draw(st.sampled_from(("", "", "r9"))),
    )


@st.composite
def fleets(draw: Any) -> tuple[list[TenantPlace], FleetFacts]:
    """A fleet of up to eight tenants in three waves, some of them without any fact."""
    size = draw(st.integers(0, 8))
    places = [TenantPlace(f"t{n}.example", draw(st.sampled_from(WAVES)), f"o{n % 2}") for n in range(size)]
    facts = [draw(tenant_facts(place.domain)) for place in places if draw(st.booleans())]
    batches = draw(
        st.lists(st.builds(_batch, st.sampled_from(WAVES), minutes, st.integers(1, 9)), max_size=3)
    )
    return places, FleetFacts(at=at(1000), tenants=tuple(facts), batches=tuple(batches))


def _batch(wave: str, start: int, tenants: int) -> BatchTimes:
    return BatchTimes(
        run_id="r2", wave=wave, tenants=tenants, started_at=at(start), ended_at=at(start + 10 * tenants)
    )
