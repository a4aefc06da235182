"""Who is changed when, and when to stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Amount, Match, SecretRef, TenantRef, Wave
from phonefleet.rollout.waves import (
    Gate,
    Proceed,
    Stop,
    Tally,
    WaveLimit,
    assign,
    batches,
    concurrent_switches,
    max_change,
    reschedule,
    schedule,
    tolerance,
    verdict,
)

TOTALS = st.integers(0, 20_000)
PERCENT = st.integers(0, 100).map(lambda percent: Amount.parse(f"{percent}%"))
AMOUNTS = st.integers(0, 20_000).map(lambda count: Amount.parse(str(count))) | PERCENT
SIZES = AMOUNTS.filter(lambda amount: amount.value > 0)


def amount(text: str) -> Amount:
    return Amount.parse(text)


def tenant(name: str, ring: str = "") -> TenantRef:
    return TenantRef(
        domain=f"{name}.auth0.com",
        client_id="abc",
        client_secret=SecretRef.parse("env:X"),
        labels={"ring": ring},
    )


# batches


@pytest.mark.parametrize(
    ("count", "sizes", "expected"),
    [
        (0, [], []),
        (0, ["5"], []),
        (1, [], [1]),
        (7, [], [7]),
        (7, ["3"], [3, 3, 1]),
        (10, ["1", "5", "20%"], [1, 5, 2, 2]),
        (30, ["1", "5", "10"], [1, 5, 10, 10, 4]),
        (10, ["100%"], [10]),
        (3, ["10%"], [1, 1, 1]),
        (5, ["9"], [5]),
        (1, ["1%"], [1]),
    ],
)
def test_the_last_size_repeats_and_a_percentage_is_of_the_wave_and_at_least_one(count, sizes, expected):
    assert batches(count, [amount(size) for size in sizes]) == expected


@given(st.integers(0, 2000), st.lists(SIZES, max_size=4))
def test_batches_add_up_to_the_wave_and_none_is_empty(count, sizes):
    result = batches(count, sizes)
    assert sum(result) == count
    assert all(size > 0 for size in result)
    assert all(size <= max(1, wanted.of(count)) for size, wanted in zip(result, sizes, strict=False))


@given(st.integers(1, 2000), SIZES)
def test_all_batches_of_one_size_are_equal_but_the_last_which_is_not_larger(count, size):
    *others, last = batches(count, [size])
    assert len(set(others)) <= 1
    assert all(last <= other for other in others)


# tolerance, concurrency, limit on change


@given(AMOUNTS, TOTALS)
def test_a_tolerance_is_within_the_total_and_never_rounded_up(configured, total):
    tolerated = tolerance(configured, total)
    assert 0 <= tolerated <= total
    if configured.percent:
        assert tolerated * 100 <= configured.value * total


@given(AMOUNTS, TOTALS)
def test_a_larger_total_never_has_a_smaller_tolerance(configured, total):
    assert tolerance(configured, total) <= tolerance(configured, total + 1)


@given(TOTALS)
def test_nothing_and_all_are_exact_tolerances(total):
    assert tolerance(amount("0"), total) == tolerance(amount("0%"), total) == 0
    assert tolerance(amount("100%"), total) == total


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_strict_concurrency_can_never_lead_to_more_than_one_failure_beyond_the_tolerance(
    limit, tolerated, failed
):
    at_once = concurrent_switches(limit, tolerated, strict=True, failed=failed)
    assert 0 <= at_once <= limit
    assert failed + at_once <= max(failed, tolerated + 1)
    assert concurrent_switches(limit, tolerated, strict=False, failed=failed) == limit


@given(st.integers(1, 50), st.integers(0, 20), st.data())
def test_a_strict_wave_in_which_everything_fails_ends_one_beyond_its_tolerance(limit, tolerated, data):
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
def test_the_limit_on_change_is_rounded_down_but_lets_one_tenant_through(configured, fleet, expected):
    assert max_change(amount(configured), fleet) == expected


# who is when


def test_a_tenant_belongs_to_the_first_wave_that_selects_it_in_the_fleets_order():
    waves = [
        Wave(name="canary", match=Match(labels={"ring": ("canary",)}), size=(amount("1"),)),
        Wave(name="none", match=Match(region=("mars",))),
        Wave(name="rest", size=(amount("50%"),)),
    ]
    tenants = [tenant("a"), tenant("b", "canary"), tenant("c"), tenant("d", "canary"), tenant("e")]
    assert list(assign(tenants, waves).items()) == [
        ("a.auth0.com", "rest"),
        ("b.auth0.com", "canary"),
        ("c.auth0.com", "rest"),
        ("d.auth0.com", "canary"),
        ("e.auth0.com", "rest"),
    ]
    found = [(batch.wave.name, batch.number, batch.domains) for batch in schedule(tenants, waves)]
    assert found == [
        ("canary", 1, ("b.auth0.com",)),
        ("canary", 2, ("d.auth0.com",)),
        ("rest", 1, ("a.auth0.com",)),
        ("rest", 2, ("c.auth0.com",)),
        ("rest", 3, ("e.auth0.com",)),
    ]


def test_a_tenant_in_no_wave_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"a\.auth0\.com: none of the 1 waves selects it"):
        assign([tenant("a")], [Wave(name="x", match=Match(region=("mars",)))])


@given(st.lists(st.sampled_from("xyz"), max_size=30), st.lists(SIZES, max_size=3))
def test_every_tenant_is_in_exactly_one_batch(rings, sizes):
    tenants = [tenant(f"t{index}", ring) for index, ring in enumerate(rings)]
    waves = [Wave(name="x", match=Match(labels={"ring": ("x",)}), size=tuple(sizes)), Wave(name="rest")]
    scheduled = [domain for batch in schedule(tenants, waves) for domain in batch.domains]
    assert sorted(scheduled) == sorted(t.domain for t in tenants)


# gates


@given(st.lists(st.sampled_from("xyz"), max_size=30), st.lists(SIZES, max_size=3), st.data())
def test_a_continued_run_keeps_every_tenants_place_and_numbers_newcomers_after_them(rings, sizes, data):
    """Whatever was done before the run died, and whoever became eligible since."""
    waves = [
        Wave(name="x", match=Match(labels={"ring": ("x",)}), size=tuple(sizes)),
        Wave(name="rest", size=tuple(sizes)),
    ]
    tenants = [tenant(f"t{n:03}", ring) for n, ring in enumerate(rings)]
    late = {t.domain for t in tenants if data.draw(st.integers(0, 9)) == 0}
    first = schedule([t for t in tenants if t.domain not in late], waves)
    places = {domain: (b.wave.name, b.number) for b in first for domain in b.domains}
    done = {domain for domain in places if data.draw(st.booleans())}
    left = [t for t in tenants if t.domain not in done]
    again = reschedule(left, waves, places)
    assert sorted(d for b in again for d in b.domains) == sorted(t.domain for t in left)
    assert reschedule(tenants, waves, {}) == schedule(tenants, waves)
    for batch in again:
        for domain in batch.domains:
            if domain in places:
                assert (batch.wave.name, batch.number) == places[domain]
            else:
                assert batch.number > max(
                    [n for name, n in places.values() if name == batch.wave.name], default=0
                )


def gate(failures: str = "0", inconclusive: str = "0", healthy: str = "100%") -> Gate:
    return Gate(amount(failures), amount(inconclusive), amount(healthy))


@pytest.mark.parametrize(
    ("limits", "tally", "reason"),
    [
        (gate(), Tally(1), None),
        (gate(), Tally(1, switched=1, healthy=1), None),
        (gate(), Tally(1, failed=1), "1 of 1 tenants failed, 0 tolerated (failure_tolerance 0)"),
        (gate("10%"), Tally(19, failed=1), None),
        (gate("10%"), Tally(19, failed=2), "2 of 19 tenants failed, 1 tolerated (failure_tolerance 10%)"),
        (gate("100%"), Tally(3, failed=3), None),
        (
            gate(inconclusive="1"),
            Tally(9, inconclusive=2),
            "2 of 9 tenants are inconclusive, 1 allowed (inconclusive_limit 1)",
        ),
        (gate(healthy="90%"), Tally(10, switched=10, healthy=9), None),
        (
            gate(healthy="90%"),
            Tally(10, switched=5, healthy=4),
            "4 of 5 switched tenants are healthy, 5 needed (min_healthy 90%)",
        ),
        (gate(healthy="4"), Tally(10, switched=3, healthy=3), None),
        (gate("1"), Tally(10, failed=1, switched=9, healthy=9), None),
        (
            gate(),
            Tally(4, failed=1, inconclusive=1, switched=2, healthy=1),
            "1 of 4 tenants failed, 0 tolerated (failure_tolerance 0); "
            "1 of 4 tenants are inconclusive, 0 allowed (inconclusive_limit 0); "
            "1 of 2 switched tenants are healthy, 2 needed (min_healthy 100%)",
        ),
    ],
)
def test_a_wave_stops_with_every_limit_it_broke_and_the_numbers(limits, tally, reason):
    match verdict(limits, tally):
        case Proceed():
            assert reason is None
        case Stop() as stop:
            assert stop.reason == reason


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    tenants = draw(st.integers(0, 200))
    failed = draw(st.integers(0, tenants))
    inconclusive = draw(st.integers(0, tenants - failed))
    switched = draw(st.integers(0, tenants - failed - inconclusive))
    return Tally(tenants, failed, inconclusive, switched, draw(st.integers(0, switched)))


GATES = st.builds(Gate, AMOUNTS, AMOUNTS, AMOUNTS)


@given(GATES, tallies())
def test_a_wave_proceeds_only_within_all_its_limits(limits, tally):
    proceeds = isinstance(verdict(limits, tally), Proceed)
    within = (
        tally.failed <= tolerance(limits.failure_tolerance, tally.tenants)
        and tally.inconclusive <= tolerance(limits.inconclusive_limit, tally.tenants)
        and (tally.healthy == tally.switched or tally.healthy >= limits.min_healthy._exactly(tally.switched))
    )
    assert proceeds is within


@given(GATES, tallies())
def test_a_wave_that_stops_would_not_go_on_with_more_failures(limits, tally):
    before = verdict(limits, tally)
    if isinstance(before, Stop) and tally.failed < tally.tenants:
        worse = verdict(
            limits, Tally(tally.tenants, tally.failed + 1, tally.inconclusive, tally.switched, tally.healthy)
        )
        assert isinstance(worse, Stop)
        assert {breach.limit for breach in before.breaches} <= {breach.limit for breach in worse.breaches}


def test_limits_are_named_as_in_the_fleet_file():
    assert {limit.value for limit in WaveLimit} == set(Gate.__dataclass_fields__)
