"""The forecast of a rollout: its arithmetic, its rules of time, and its counts against what the simulator sees."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Rollout, SecretRef, TenantRef, Wave
from phonefleet.execution.phases import prepare, switch
from phonefleet.rollout.caps import CapCounts, groups_of
from phonefleet.rollout.forecast import RolloutOutlook, forecast_waves, makespan
from phonefleet.rollout.openings import times_of
from phonefleet.rollout.tenant_cost import (
    READ_ROUNDS,
    Allowance,
    ApiPace,
    WorkCost,
    cost_of,
    duration,
    work_of,
)
from phonefleet.rollout.waves import assign, schedule
from tests.ledger.factories import make_plan
from tests.tenant_bench import TenantBench, policy

NOON = datetime(2027, 3, 27, 12, tzinfo=UTC)
SECONDS = st.integers(0, 1000).map(lambda s: timedelta(seconds=s))


def outlook(
    size: int, *, pace: ApiPace | None = None, tier_burst: int = 50, **rollout: Any
) -> RolloutOutlook:
    """A canary of one tenant and the rest, in batches of ten."""
    tenants = [
        TenantRef(
            domain=f"t{n:03}.eu.auth0.com",
            client_id="c",
            client_secret=SecretRef.parse("env:S"),
            owner="acme",
        )
        for n in range(size)
    ]
    domains = [tenant.domain for tenant in tenants]
    waves = [
        Wave.model_validate({"name": "canary", "match": {"domain": ["t000.*"]}, "soak": "1h"}),
        Wave.model_validate({"name": "rest", "size": [10], "soak": "30m", "failure_tolerance": 4}),
    ]
    rules = Rollout.model_validate(rollout)
    places, by_name = assign(tenants, waves), {wave.name: wave for wave in waves}
    return RolloutOutlook(
        batches=schedule(tenants, waves),
        works={d: work_of(make_plan(d), pace or ApiPace(measured=True)) for d in domains},
        allowances=dict.fromkeys(domains, Allowance(tier_burst, 16)),
        times={t.domain: times_of(t, by_name[places[t.domain]], rules, ()) for t in tenants},
        caps=CapCounts({t.domain: groups_of(t, rules.caps) for t in tenants}),
        rollout=rules,
        pace=pace or ApiPace(measured=True),
    )


@given(st.lists(SECONDS, max_size=30), st.integers(1, 12))
def test_a_makespan_is_between_its_bounds(each: list[timedelta], places: int) -> None:
    taken = makespan(each, places)
    whole, longest = sum(each, timedelta()), max(each, default=timedelta())
    assert max(whole / places, longest) <= taken <= whole / places + longest
    assert makespan(each, 1) == whole


@given(st.integers(0, 60), st.integers(1, 40))
def test_every_tenant_is_foreseen_once(size: int, concurrency: int) -> None:
    found = forecast_waves(outlook(size, concurrency=concurrency), NOON)
    assert sum(wave.tenants for wave in found) == size
    assert [wave.wave for wave in found] == ["canary", "rest"][: min(size, 2)]
    for wave in found:
        assert wave.starts_at + wave.active + wave.soak == wave.earliest_end <= wave.latest_end
    for before, after in itertools.pairwise(found):
        assert before.earliest_end == after.starts_at


def test_the_last_batch_does_not_soak() -> None:
    canary, rest = forecast_waves(outlook(21), NOON)
    assert (canary.batches, canary.soak) == (1, timedelta(hours=1))
    assert (rest.batches, rest.soak) == (2, timedelta(minutes=30))


def test_strict_mode_is_slower() -> None:
    (_, strict), (_, loose) = (
        forecast_waves(outlook(40, strict=strict, concurrency=40), NOON) for strict in (True, False)
    )
    assert strict.active > loose.active


def test_a_slow_tier_holds_a_tenant_back() -> None:
    pace = ApiPace(latency=timedelta(seconds=0.25))
    free, slow, enterprise = Allowance(1, 2), Allowance(8, 2), Allowance(40, 16)
    reading = WorkCost(18, READ_ROUNDS)
    assert duration(reading, pace, free) == 17 * timedelta(seconds=0.75)
    assert duration(reading, pace, slow) == timedelta(seconds=5)
    assert duration(reading, pace, enterprise) == READ_ROUNDS * pace.latency


def test_a_tenant_that_took_long_to_read_takes_long_again() -> None:
    readings = {f"t{n:03}.eu.auth0.com": timedelta(seconds=2) for n in range(4)}
    slow = readings | {"t001.eu.auth0.com": timedelta(seconds=62)}
    quick, slower = (
        forecast_waves(outlook(4, pace=ApiPace(readings=each, measured=True)), NOON)[1]
        for each in (readings, slow)
    )
    assert slower.active - quick.active == timedelta(minutes=2)


def test_a_tenant_that_was_not_read_takes_the_mean() -> None:
    pace = ApiPace(readings={"a": timedelta(seconds=2), "b": timedelta(seconds=4)})
    assert [pace.reading(name) for name in "abc"] == [timedelta(seconds=s) for s in (2, 4, 3)]


def test_the_cpu_is_a_bound() -> None:
    quick, slow = (
        forecast_waves(outlook(101, pace=ApiPace(cpu=timedelta(seconds=s)), concurrency=100), NOON)[1]
        for s in (0, 1)
    )
    assert slow.active >= timedelta(seconds=slow.requests) > quick.active
    assert quick.requests == slow.requests


def test_a_window_moves_the_end() -> None:
    """Berlin's clocks go forward in the night after noon: 22:00 is 21:00 UTC, then 20:00 UTC."""
    window = {"days": ["sat", "sun"], "from": "22:00", "to": "23:00", "timezone": "Europe/Berlin"}
    canary, rest = forecast_waves(outlook(3, windows=[window]), NOON)
    assert canary.starts_at == NOON
    assert NOON.replace(hour=21) < canary.earliest_end - canary.soak < NOON.replace(hour=21, minute=5)
    day = NOON + timedelta(days=1)
    assert day.replace(hour=20) < rest.earliest_end < day.replace(hour=20, minute=10)
    assert rest.active < timedelta(minutes=5)


def test_a_cap_a_day_moves_the_end() -> None:
    _, rest = forecast_waves(outlook(7, caps={"owner": {"per_day": 2}}), NOON)
    assert timedelta(days=2) < rest.earliest_end - NOON < timedelta(days=4)
    assert rest.tenants == 6


def test_a_deadline_leaves_tenants_out() -> None:
    canary, rest = forecast_waves(outlook(3, deadline="2027-03-27T12:10:00Z"), NOON)
    assert (canary.no_opening, rest.no_opening) == (0, 2)


KINDS = (
    "twilio_sms",
    "twilio_both",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
    "half_migrated",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_foreseen_requests_are_made(bench: TenantBench, kind: str) -> None:
    """The simulator counts at most a fifth more or less; polls for builds and logs vary."""
    tenant = await bench.tenant(kind)

    async def seen() -> int:
        return len([r for r in (await tenant._get("/requests"))["requests"] if r["path"] != "/oauth/token"])

    before = await tenant.assess()
    assert before.plan is not None
    reads = await seen()
    cost = cost_of(before.plan, ApiPace(reads=reads))
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    prepared = await seen()
    await switch(executor, tenant.ref)
    switched = await seen()
    assert prepared - reads == pytest.approx(cost.prepare.requests - reads, rel=0.2, abs=2)
    assert switched - prepared == pytest.approx(cost.switch.requests, rel=0.2, abs=2)
