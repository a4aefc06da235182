"""The token bucket: its arithmetic, its headers, its tiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ratelimit import Bucket, Group, Limiter, Rate, Tier, rate_for

RATES = st.builds(Rate, st.integers(1, 60), st.floats(0.1, 20))
GAPS = st.lists(st.floats(0, 5), min_size=1, max_size=80)


@given(RATES, GAPS)
def test_a_bucket_never_exceeds_burst_and_refill(rate, gaps):
    bucket, now, passed = Bucket(rate, rate.burst, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now).allowed:
            passed.append(now)
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = rate.burst + rate.per_second * (passed[last] - start)
            assert last - first + 1 <= allowed + 1e-6


@given(RATES, GAPS)
def test_headers_stay_within_the_limit(rate, gaps):
    bucket, now = Bucket(rate, rate.burst, 0.0), 1_000_000.0
    for gap in gaps:
        now += gap
        grant = bucket.take(now)
        assert 0 <= grant.remaining <= grant.limit == rate.burst
        assert grant.reset >= now
        assert grant.allowed or grant.remaining == 0


@given(RATES, st.integers(0, 200))
def test_waiting_until_the_reset_is_enough(rate, asked):
    bucket = Bucket(rate, rate.burst, 0.0)
    last = [bucket.take(0.0) for _ in range(asked + 1)][-1]
    assert (last.retry_after is None) is last.allowed
    assert last.allowed or last.retry_after >= 1 / rate.per_second - 1e-6
    wait = last.retry_after if last.retry_after is not None else last.reset
    assert bucket.take(float(wait)).allowed or last.allowed


def test_the_reset_is_the_next_request():
    bucket = Bucket(Rate(50, 0.2), 50, 0.0)
    grants = [bucket.take(1000.0) for _ in range(51)]
    assert grants[0].reset == 1005
    assert grants[-1].headers() == {
        "x-ratelimit-limit": "50",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1005",
        "retry-after": "5",
    }


@given(RATES, GAPS)
def test_time_that_runs_backwards_adds_nothing(rate, gaps):
    bucket = Bucket(rate, rate.burst, 100.0)
    allowed = sum(bucket.take(100.0 - gap).allowed for gap in gaps)
    assert allowed <= rate.burst


@pytest.mark.parametrize(
    ("tier", "group", "burst", "per_minute"),
    [
        (Tier.ENTERPRISE_PRODUCTION, Group.OTHER, 50, 960),
        (Tier.ENTERPRISE_NONPRODUCTION, Group.LOGS, 10, 120),
        (Tier.FREE, Group.CLIENTS, 2, 120),
        (Tier.PROFESSIONAL, Group.CONNECTIONS, 5, 50),
        (Tier.PROFESSIONAL, Group.CLIENTS, 5, 100),
        (Tier.PROFESSIONAL, Group.LOGS, 10, 100),
        (Tier.PROFESSIONAL, Group.OTHER, 10, 150),
    ],
)
def test_each_tier_has_the_figures_auth0_publishes(tier, group, burst, per_minute):
    rate = rate_for(tier, group)
    assert (rate.burst, rate.per_second * 60) == (burst, pytest.approx(per_minute))


def test_professional_tenants_have_bucket_groups():
    apart, shared = Limiter(Tier.PROFESSIONAL), Limiter(Tier.FREE)
    for limiter in (apart, shared):
        for _ in range(10):
            limiter.take(Group.CONNECTIONS, 0.0)
    assert apart.take(Group.LOGS, 0.0).allowed
    assert not shared.take(Group.LOGS, 0.0).allowed
    assert shared.take(Group.TOKEN, 0.0).allowed


def test_the_groups_are_of_reads(make):
    """A write draws on the bucket of all other endpoints."""
    tenant = make(kind="passwordless_twilio", tier="professional")
    (connection,) = (c for c in tenant.state()["connections"] if c["strategy"] == "sms")
    path = f"/connections/{connection['id']}"
    read, written = tenant("GET", path), tenant("PATCH", path, {"is_domain_connection": False})
    assert (read.headers["x-ratelimit-limit"], written.headers["x-ratelimit-limit"]) == ("5", "10")


def test_every_answer_has_the_headers(make):
    tenant = make(tier="free")
    answers = [
        tenant("GET", path) for path in ("/tenants/settings", "/nowhere-at-all", "/clients/unknown", "/logs")
    ]
    named = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    for answer in (answers[0], *answers[2:]):
        assert all(answer.headers[name].isdecimal() for name in named)
    assert answers[-1].status_code == 429
    assert answers[-1].json() == {
        "statusCode": 429,
        "error": "Too Many Requests",
        "message": "Global limit has been reached",
        "errorCode": "too_many_requests",
    }
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    assert tenant.requests()[-1] | {"at": "", "seq": 0} == {
        "seq": 0,
        "at": "",
        "method": "GET",
        "path": "/api/v2/logs",
        "query": "",
        "status": 429,
        "write": False,
        "client_id": None,
        "applied": False,
        "body": None,
    }


def test_an_added_tenant_has_the_largest_plan(http):
    for number in range(8):
        http.put(f"/_simulator/tenants/plan-{number}.eu.auth0.com", json={"kind": "twilio_sms"})
        state = http.get(f"/_simulator/tenants/plan-{number}.eu.auth0.com").json()
        assert state["tier"] == "enterprise_production"


def test_tenants_do_not_share_a_bucket(make):
    first, second = make(tier="free"), make(tier="free")
    assert [first("GET", "/logs").status_code for _ in range(3)] == [200, 200, 429]
    assert second("GET", "/logs").status_code == 200


def test_a_tight_limit_can_be_put_over_every_tenant(make, faults):
    faults(rate_limit={"burst": 1, "per_second": 0.1})
    tenant = make(tier="professional")
    assert [tenant("GET", path).status_code for path in ("/logs", "/connections")] == [200, 429]
