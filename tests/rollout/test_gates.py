"""What stops a wave: tolerances, concurrency and limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Amount
from phonefleet.rollout.gates import (
    WaveCounts,
    WaveLimit,
    WaveLimits,
    concurrent_switches,
    max_change,
    measure_limits,
    tolerance,
)
from phonefleet.rollout.wave_gate import GateDecision

TOTALS = st.integers(0, 20_000)
PERCENT = st.integers(0, 100).map(lambda percent: Amount.parse(f"{percent}%"))
AMOUNTS = st.integers(0, 20_000).map(lambda count: Amount.parse(str(count))) | PERCENT


def amount(text: str) -> Amount:
    return Amount.parse(text)


@given(AMOUNTS, TOTALS)
def test_a_tolerance_is_never_rounded_up(configured, total):
    tolerated = tolerance(configured, total)
    assert 0 <= tolerated <= total
    if configured.percent:
        assert tolerated * 100 <= configured.value * total


@given(AMOUNTS, TOTALS)
def test_a_larger_total_never_has_a_smaller_tolerance(configured, total):
    assert tolerance(configured, total) <= tolerance(configured, total + 1)


@given(TOTALS)
def test_zero_and_all_are_exact_tolerances(total):
    assert tolerance(amount("0"), total) == tolerance(amount("0%"), total) == 0
    assert tolerance(amount("100%"), total) == total


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_strict_concurrency_limits_failures(limit, tolerated, failed):
    at_once = concurrent_switches(limit, tolerated, strict=True, failed=failed)
    assert 0 <= at_once <= limit
    assert failed + at_once <= max(failed, tolerated + 1)
    assert concurrent_switches(limit, tolerated, strict=False, failed=failed) == limit


@given(st.integers(1, 50), st.integers(0, 20), st.data())
def test_a_failing_strict_wave_ends_one_beyond(limit, tolerated, data):
    failed, left = 0, 100
    while at_once := min(left, concurrent_switches(limit, tolerated, strict=True, failed=failed)):
        fails = data.draw(st.integers(1, at_once))
        failed, left = failed + fails, left - at_once
    assert failed <= tolerated + 1


def test_one_switch_at_a_time_when_nothing_is_tolerated():
    assert concurrent_switches(10, 0, strict=True) == 1
    assert concurrent_switches(10, 0, strict=True, failed=1) == 0


@pytest.mark.parametrize(
    ("configured", "fleet", "expected"),
    [("30%", 10, 3), ("30%", 9, 2), ("30%", 1, 1), ("30%", 0, 0), ("100%", 7, 7), ("5", 3, 3), ("0%", 4, 1)],
)
def test_the_limit_on_change_allows_one_tenant(configured, fleet, expected):
    assert max_change(amount(configured), fleet) == expected


def wave_limits(failures: str = "0", inconclusive: str = "0", healthy: str = "100%") -> WaveLimits:
    return WaveLimits(amount(failures), amount(inconclusive), amount(healthy))


def decided(limits: WaveLimits, counts: WaveCounts) -> GateDecision:
    """What the gate after a batch decides."""
    return GateDecision("gate", tuple(measure_limits(limits, counts)))


def broken_limits(limits: WaveLimits, counts: WaveCounts) -> set[WaveLimit]:
    return {each.limit for each in measure_limits(limits, counts) if not each.passed}


@pytest.mark.parametrize(
    ("limits", "counts", "reason"),
    [
        (wave_limits(), WaveCounts(1), None),
        (wave_limits(), WaveCounts(1, switched=1, healthy=1), None),
        (wave_limits(), WaveCounts(1, failed=1), "1 of 1 tenants failed, 0 tolerated (failure_tolerance 0)"),
        (wave_limits("10%"), WaveCounts(19, failed=1), None),
        (
            wave_limits("10%"),
            WaveCounts(19, failed=2),
            "2 of 19 tenants failed, 1 tolerated (failure_tolerance 10%)",
        ),
        (wave_limits("100%"), WaveCounts(3, failed=3), None),
        (
            wave_limits(inconclusive="1"),
            WaveCounts(9, inconclusive=2),
            "2 of 9 tenants are inconclusive, 1 allowed (inconclusive_limit 1)",
        ),
        (wave_limits(healthy="90%"), WaveCounts(10, switched=10, healthy=9), None),
        (
            wave_limits(healthy="90%"),
            WaveCounts(10, switched=5, healthy=4),
            "4 of 5 switched tenants are healthy, 5 needed (min_healthy 90%)",
        ),
        (wave_limits(healthy="4"), WaveCounts(10, switched=3, healthy=3), None),
        (wave_limits("1"), WaveCounts(10, failed=1, switched=9, healthy=9), None),
        (
            wave_limits(),
            WaveCounts(4, failed=1, inconclusive=1, switched=2, healthy=1),
            "1 of 4 tenants failed, 0 tolerated (failure_tolerance 0); "
            "1 of 4 tenants are inconclusive, 0 allowed (inconclusive_limit 0); "
            "1 of 2 switched tenants are healthy, 2 needed (min_healthy 100%)",
        ),
    ],
)
def test_every_broken_limit_is_reported_with_numbers(limits, counts, reason):
    assert decided(limits, counts).why == (reason or "")


@st.composite
def counted_waves(draw: st.DrawFn) -> WaveCounts:
    tenants = draw(st.integers(0, 200))
    failed = draw(st.integers(0, tenants))
    inconclusive = draw(st.integers(0, tenants - failed))
    switched = draw(st.integers(0, tenants - failed - inconclusive))
    return WaveCounts(tenants, failed, inconclusive, switched, draw(st.integers(0, switched)))


LIMITS = st.builds(WaveLimits, AMOUNTS, AMOUNTS, AMOUNTS)


@given(LIMITS, counted_waves())
def test_a_wave_proceeds_only_within_all_limits(limits, counts):
    within = (
        counts.failed <= tolerance(limits.failure_tolerance, counts.tenants)
        and counts.inconclusive <= tolerance(limits.inconclusive_limit, counts.tenants)
        and (
            counts.healthy == counts.switched
            or counts.healthy >= limits.min_healthy._exactly(counts.switched)
        )
    )
    assert decided(limits, counts).passed is within


@given(LIMITS, counted_waves())
def test_more_failures_break_no_fewer_limits(limits, counts):
    before = broken_limits(limits, counts)
    if counts.failed < counts.tenants:
        assert before <= broken_limits(limits, replace(counts, failed=counts.failed + 1))


def test_limits_are_named_as_in_the_fleet_file():
    assert {limit.value for limit in WaveLimit} == set(WaveLimits.__dataclass_fields__)
