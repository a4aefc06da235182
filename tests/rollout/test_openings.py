"""When tenants may start, and that none starts which its opening does not let finish."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import FleetWindow, FrozenPeriod, Match, Rollout, SecretRef, TenantRef, Wave, Window
from phonefleet.model.enums import ReasonCode
from phonefleet.rollout.admission import admit, remaining_need
from phonefleet.rollout.openings import TenantTimes, next_opening, times_of
from phonefleet.rollout.windows import Period

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def night(match: Match | None = None, opens: str = "22:00", closes: str = "02:00") -> FleetWindow:
    keys = {"from": opens, "to": closes, "timezone": "UTC", "match": match or Match()}
    return FleetWindow.model_validate(keys)


def tenant(name: str, region: str = "", owner: str = "") -> TenantRef:
    return TenantRef(
        domain=f"{name}.auth0.com",
        client_id="abc",
        client_secret=SecretRef.parse("env:X"),
        region=region,
        owner=owner,
    )


def test_rules_of_wave_fleet_and_owner_are_combined() -> None:
    """A tenant needs a window of its wave and one of those that select it; a freeze closes both."""
    wave = Wave(
        name="eu", windows=(Window.model_validate({"from": "20:00", "to": "23:00", "timezone": "UTC"}),)
    )
    rollout = Rollout(windows=(night(Match(region=("eu",))), night(Match(owner=("ops",)), "00:00", "06:00")))
    freeze = FrozenPeriod(
        match=Match(region=("eu",)), start=at("2026-12-01T00:00"), end=at("2026-12-03T00:00")
    )
    found = next_opening(
        times_of(tenant("a", "eu"), wave, rollout, [freeze]), at("2026-12-01T12:00"), 10 * MINUTE
    )
    assert found
    assert (found.opens, found.closes) == (at("2026-12-03T22:00"), at("2026-12-03T23:00"))
    free = next_opening(times_of(tenant("b", "us"), wave, rollout, [freeze]), at("2026-12-01T12:00"), MINUTE)
    assert free
    assert free.opens == at("2026-12-01T20:00")


def test_without_rules_a_tenant_starts_at_once() -> None:
    now = at("2026-12-01T12:00")
    found = next_opening(times_of(tenant("a"), Wave(name="all"), Rollout(), []), now, MINUTE)
    assert found
    assert found.opens <= now
    assert found.closes is None


def test_a_deadline_differs_from_a_missing_window() -> None:
    """Which of the two keeps a tenant from starting decides what the operator corrects."""
    now = at("2026-12-01T12:00")
    window = night()
    late = TenantTimes(windows=((window.unselective,),), deadline=at("2026-12-01T22:05"))
    short = TenantTimes(windows=((night(None, "22:00", "22:05").unselective,),))
    found = admit(["a", "b"], {"a": late, "b": short}, now, need=10 * MINUTE, places=1)
    assert found.never == {"a": ReasonCode.DEADLINE_PASSED, "b": ReasonCode.OUTSIDE_WINDOW}
    assert not found.now
    assert not found.later


@pytest.mark.parametrize(("left", "started"), [(9, 0), (10, 2), (19, 2), (20, 4), (200, 5)])
def test_as_many_start_as_can_finish(left: int, started: int) -> None:
    """Two at once, ten minutes each: every ten minutes that are left let two more start."""
    now = at("2026-12-02T02:00") - left * MINUTE
    times = dict.fromkeys("abcde", TenantTimes(windows=((night().unselective,),)))
    found = admit("abcde", times, now, need=10 * MINUTE, places=2)
    assert found.now == tuple("abcde"[:started])
    if started == 0:
        assert found.next_at == at("2026-12-02T22:00")


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(1, 600)), min_size=1, max_size=12),
    st.integers(1, 90),
    st.integers(1, 5),
    st.data(),
)
def test_no_tenant_is_lost_or_unfinished(
    rules: list[tuple[int, int]], need_minutes: int, places: int, data: st.DataObject
) -> None:
    """However long each tenant takes, up to the limit: all start once, within a window, and end within it."""
    need = need_minutes * MINUTE
    times = {f"t{n}": TenantTimes(windows=((daily(*rule),),)) for n, rule in enumerate(rules)}
    now, left, done = at("2026-12-01T12:00"), list(times), list[str]()
    for _ in range(200):
        admission = admit(left, times, now, need=need, places=places)
        assert {*admission.now, *admission.later, *admission.never} == set(left)
        left = [domain for domain in left if domain not in admission.never]
        done += admission.never
        if admission.now:
            now = run_part(admission.now, times, now, need, places, data)
            done += admission.now
            left = [domain for domain in left if domain not in admission.now]
        elif admission.next_at is not None:
            assert admission.next_at > now
            now = admission.next_at
        else:
            break
    assert sorted(done) == sorted(times)


def run_part(
    domains: tuple[str, ...],
    times: dict[str, TenantTimes],
    now: datetime,
    need: timedelta,
    places: int,
    data: st.DataObject,
) -> datetime:
    """Work on tenants, some at once, each for any time up to the limit; return when the last is finished."""
    free = [now] * places
    for domain in domains:
        worker = free.index(min(free))
        opening = next_opening(times[domain], free[worker], timedelta())
        end = free[worker] + need * data.draw(st.floats(0.01, 1))
        assert opening is not None
        assert opening.opens <= free[worker]
        assert opening.closes is None or end <= opening.closes
        free[worker] = end
    return max(free)


def daily(hour: int, minutes: int) -> Window:
    closes = (hour * 60 + minutes) % (24 * 60) or 24 * 60
    return Window.model_validate({"from": hour * 60, "to": closes, "timezone": "UTC"})


def test_a_prepared_tenant_needs_the_rest_of_its_time() -> None:
    assert remaining_need(10 * MINUTE, 4 * MINUTE) == 6 * MINUTE
    assert remaining_need(10 * MINUTE, 12 * MINUTE) == 2.5 * MINUTE


def test_a_frozen_tenant_waits_for_the_end() -> None:
    times = TenantTimes(frozen=(Period(at("2026-12-20T00:00"), at("2027-01-04T00:00")),))
    found = next_opening(times, at("2026-12-24T12:00"), MINUTE)
    assert found
    assert (found.opens, found.closes) == (at("2027-01-04T00:00"), None)
    before = admit(["a"], {"a": times}, at("2026-12-19T23:58"), need=5 * MINUTE, places=1)
    assert before.later == {"a": at("2027-01-04T00:00")}
