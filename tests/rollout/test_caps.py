"""The caps of owners and regions hold, in any order of events."""

from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from configs import Caps, GroupCap, SecretRef, TenantRef
from phonefleet.rollout.admission import admit
from phonefleet.rollout.caps import DAY, CapCounts, groups_of
from phonefleet.rollout.openings import TenantTimes

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = st.none() | st.integers(1, 3)


def tenant(name: str, owner: str, region: str) -> TenantRef:
    return TenantRef(
        domain=name + ".auth0.com",
        client_id="abc",
        client_secret=SecretRef.parse("env:X"),
        owner=owner,
        region=region,
    )


def counts(tenants: list[TenantRef], caps: Caps) -> CapCounts:
    return CapCounts({t.domain: groups_of(t, caps) for t in tenants})


def test_the_cap_of_a_day_waits_for_the_oldest() -> None:
    """With two a day, the third may start a day after the first; a tenant without owner is not capped."""
    tenants = [tenant(name, "x" if name != "d" else "", "eu") for name in "abcd"]
    caps = counts(tenants, Caps(owner=GroupCap(per_day=2)))
    domains = [t.domain for t in tenants]
    times = dict.fromkeys(domains, TenantTimes())
    first = admit(domains, times, NOW, need=HOUR, places=9, caps=caps)
    assert first.now == (domains[0], domains[1], domains[3])
    assert first.later == {domains[2]: NOW}
    caps.switched |= {domains[0]: NOW - 3 * HOUR, domains[1]: NOW - HOUR}
    second = admit(domains[2:], times, NOW, need=HOUR, places=9, caps=caps)
    assert second.now == (domains[3],)
    assert second.later == {domains[2]: NOW - 3 * HOUR + DAY}


@given(
    st.lists(st.tuples(st.sampled_from(["", "x", "y"]), st.sampled_from(["", "eu", "us"])), max_size=12),
    st.tuples(LIMITS, LIMITS, LIMITS, LIMITS),
    st.data(),
)
def test_caps_are_never_exceeded(
    groups: list[tuple[str, str]], limits: tuple[int | None, ...], data: st.DataObject
) -> None:
    """Whatever each switch takes and whichever tenants fail before it: none is lost, no cap exceeded."""
    owner, region = (
        GroupCap(at_once=limits[0], per_day=limits[1]),
        GroupCap(at_once=limits[2], per_day=limits[3]),
    )
    tenants = [tenant(f"t{n}", *each) for n, each in enumerate(groups)]
    caps = counts(tenants, Caps(owner=owner, region=region))
    times = {t.domain: TenantTimes() for t in tenants}
    left, now, spans = [t.domain for t in tenants], NOW, dict[str, tuple[datetime, datetime]]()
    done: list[str] = []
    while left:
        admission = admit(left, times, now, need=HOUR, places=3, caps=caps)
        if not admission.now:
            assert admission.next_at is not None
            assert admission.next_at > now
            now = admission.next_at
            continue
        unprepared = {d for d in admission.now if data.draw(st.integers(0, 4)) == 0}
        now = run_part([d for d in admission.now if d not in unprepared], caps, now, spans, data)
        done += admission.now
        left = [d for d in left if d not in admission.now]
    assert sorted(done) == sorted(times)
    for group in {group for each in caps.groups.values() for group in each}:
        of_group = sorted(span for domain, span in spans.items() if group in caps.groups[domain])
        for start, _ in of_group:
            at_once = sum(begin <= start < end for begin, end in of_group)
            in_a_day = sum(start - DAY < begin <= start for begin, _ in of_group)
            assert group.at_once is None or at_once <= group.at_once
            assert group.per_day is None or in_a_day <= group.per_day


def run_part(
    domains: list[str],
    caps: CapCounts,
    now: datetime,
    spans: dict[str, tuple[datetime, datetime]],
    data: st.DataObject,
) -> datetime:
    """Switch tenants, three at once, each as soon as its groups have a place; return when the last is done."""
    waiting, running = list(domains), list[tuple[datetime, str]]()
    while waiting or running:
        free = next((d for d in waiting if caps.has_place(d)), None) if len(running) < 3 else None
        if free is None:
            now, ended = heappop(running)
            caps.end(ended)
            continue
        waiting.remove(free)
        caps.begin(free)
        caps.switched[free] = now
        end = now + HOUR * data.draw(st.floats(0.1, 1))
        spans[free] = (now, end)
        heappush(running, (end, free))
    return now
