"""The order of a wave, one tenant of an owner first, and tenants that a wave leaves to later ones."""

from hypothesis import given
from hypothesis import strategies as st

from configs import Amount, Match, Order, SecretRef, TenantRef, Wave
from phonefleet.model.assessment import Assessment, Dependent, DependentKind
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.run_record import TenantOutline
from phonefleet.rollout.ordering import ordered, owners_to_hold, size_of_use
from phonefleet.rollout.waves import assign, reschedule, schedule


def tenant(name: str, owner: str = "", **labels: str) -> TenantRef:
    return TenantRef(
        domain=f"{name}.auth0.com",
        client_id="abc",
        client_secret=SecretRef.parse("env:X"),
        owner=owner,
        labels=labels,
    )


def names(domains: tuple[str, ...]) -> str:
    return " ".join(domain.split(".")[0] for domain in domains)


def test_a_label_orders_a_wave() -> None:
    """Numbers by size, then texts, then tenants without the label, each as listed."""
    values = {"a": "10", "b": "9", "c": "big", "e": "9.5", "f": "-1"}
    tenants = [tenant(name, users=value) for name, value in values.items()]
    tenants.insert(3, tenant("d"))
    wave = Wave(name="all", order=Order(by="label", label="users"))
    assert names(tuple(t.domain for t in ordered(tenants, wave))) == "f b e a c d"
    wave = Wave(name="all", order=Order(by="label", label="users", descending=True))
    assert names(tuple(t.domain for t in ordered(tenants, wave))) == "c a e b f d"


def test_the_size_of_use_orders_a_wave() -> None:
    """The smallest first; what is not known comes last, in either direction."""
    tenants = [tenant(name) for name in "abcd"]
    uses = {"a.auth0.com": 3, "b.auth0.com": 1, "d.auth0.com": 2}
    wave = Wave(name="all", order=Order(by="use"))
    assert names(tuple(t.domain for t in ordered(tenants, wave, uses))) == "b d a c"
    assert names(schedule(tenants, [wave], uses)[0].domains) == "b d a c"
    wave = Wave(name="all", order=Order(by="use", descending=True))
    assert names(tuple(t.domain for t in ordered(tenants, wave, uses))) == "a d b c"


def test_the_size_of_use_counts_what_sends() -> None:
    kinds = [*DependentKind, DependentKind.PHONE_IDENTIFIER]
    dependents = tuple(Dependent(kind=kind, id=str(number)) for number, kind in enumerate(kinds))
    assert size_of_use(Assessment(domain="a.com", verdict=Verdict.ELIGIBLE, dependents=dependents)) == 4


def test_an_owners_first_tenant_has_a_batch_before() -> None:
    tenants = [tenant(*each) for each in (("a", "x"), ("b", "x"), ("c", "y"), ("d"), ("e", "y"), ("f", "x"))]
    wave = Wave(name="all", owner_first=True, size=(Amount.parse("2"),))
    batches = schedule(tenants, [wave])
    assert [names(batch.domains) for batch in batches] == ["a c", "d", "b e", "f"]
    assert [batch.number for batch in batches] == [1, 2, 3, 4]


def test_excluded_tenants_come_in_a_later_wave() -> None:
    first = Wave(name="first", match=Match(), exclude=Match(labels={"vip": ("yes",)}))
    tenants = [tenant("a"), tenant("b", vip="yes")]
    assert list(assign(tenants, [first, Wave(name="rest")]).values()) == ["first", "rest"]


def test_owners_whose_first_failed_are_held() -> None:
    """Only a tenant of the wave that had a batch and was not migrated holds its owner's others."""

    def record(owner: str, outcome: OutcomeKind | None, **more: object) -> TenantOutline:
        values = {
            "domain": f"{owner}.com",
            "wave": "w",
            "batch": 1,
            "owner": owner,
            "outcome": outcome,
        } | more
        return TenantOutline.model_validate(values)

    tenants = [
        record("a", OutcomeKind.MIGRATED),
        record("b", OutcomeKind.FAILED),
        record("c", None),
        record("d", OutcomeKind.ROLLED_BACK, wave="other"),
        record("e", OutcomeKind.INCONCLUSIVE),
        record("f", OutcomeKind.HELD, outcome_reason=ReasonCode.NOT_SELECTED),
        record("", OutcomeKind.FAILED),
    ]
    assert owners_to_hold(tenants, "w") == {"b", "e"}


OWNERS = st.lists(st.sampled_from(["", "x", "y", "z"]), max_size=30)


@given(OWNERS, st.booleans(), st.booleans(), st.lists(st.integers(1, 5), max_size=3), st.data())
def test_no_tenant_is_lost_or_twice(
    owners: list[str], owner_first: bool, descending: bool, sizes: list[int], data: st.DataObject
) -> None:
    """In any order, also when the run is continued; every owner's first is in a batch before its others."""
    order = Order(by="label", label="n", descending=descending)
    amounts = tuple(Amount.parse(str(size)) for size in sizes)
    excluded = Match(owner=("z",))
    waves = [
        Wave(name="a", exclude=excluded, order=order, owner_first=owner_first, size=amounts),
        Wave(name="b", owner_first=owner_first),
    ]
    tenants = [
        tenant(f"t{n:02}", owner, n=str(data.draw(st.integers(0, 9)))) for n, owner in enumerate(owners)
    ]
    batches = schedule(tenants, waves)
    listed = [domain for batch in batches for domain in batch.domains]
    assert sorted(listed) == sorted(t.domain for t in tenants)
    places = {domain: (b.wave.name, b.number) for b in batches for domain in b.domains}
    assert all((places[t.domain][0] == "b") == (t.owner == "z") for t in tenants)
    for owner in {*owners} - {""} if owner_first else ():
        numbers = sorted(places[t.domain] for t in tenants if t.owner == owner)
        assert numbers.count(numbers[0]) == 1
    assert reschedule(tenants, waves, places) == batches
