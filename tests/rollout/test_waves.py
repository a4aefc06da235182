"""Which wave and batch a tenant is in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Amount, Match, SecretRef, TenantRef, Wave
from phonefleet.rollout.waves import assign, batch_sizes, reschedule, schedule

SIZES = st.integers(1, 20_000).map(lambda count: Amount.parse(str(count))) | st.integers(1, 100).map(
    lambda percent: Amount.parse(f"{percent}%")
)


def amount(text: str) -> Amount:
    return Amount.parse(text)


def tenant(name: str, ring: str = "") -> TenantRef:
    return TenantRef(
        domain=f"{name}.auth0.com",
        client_id="abc",
        client_secret=SecretRef.parse("env:X"),
        labels={"ring": ring},
    )


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
def test_batch_sizes_follow_the_configured_ones(count, sizes, expected):
    assert batch_sizes(count, [amount(size) for size in sizes]) == expected


@given(st.integers(0, 2000), st.lists(SIZES, max_size=4))
def test_batches_add_up_and_none_is_empty(count, sizes):
    result = batch_sizes(count, sizes)
    assert sum(result) == count
    assert all(size > 0 for size in result)
    assert all(size <= max(1, wanted.of(count)) for size, wanted in zip(result, sizes, strict=False))


@given(st.integers(1, 2000), SIZES)
def test_only_the_last_batch_may_be_smaller(count, size):
    *others, last = batch_sizes(count, [size])
    assert len(set(others)) <= 1
    assert all(last <= other for other in others)


def test_the_first_wave_that_selects_a_tenant_has_it():
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


def test_a_tenant_in_no_wave_is_named():
    with pytest.raises(ValueError, match=r"a\.auth0\.com: none of the 1 waves selects it"):
        assign([tenant("a")], [Wave(name="x", match=Match(region=("mars",)))])


@given(st.lists(st.sampled_from("xyz"), max_size=30), st.lists(SIZES, max_size=3))
def test_every_tenant_is_in_exactly_one_batch(rings, sizes):
    tenants = [tenant(f"t{index}", ring) for index, ring in enumerate(rings)]
    waves = [Wave(name="x", match=Match(labels={"ring": ("x",)}), size=tuple(sizes)), Wave(name="rest")]
    scheduled = [domain for batch in schedule(tenants, waves) for domain in batch.domains]
    assert sorted(scheduled) == sorted(t.domain for t in tenants)


@given(st.lists(st.sampled_from("xyz"), max_size=30), st.lists(SIZES, max_size=3), st.data())
def test_a_continued_run_keeps_every_batch(rings, sizes, data):
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
