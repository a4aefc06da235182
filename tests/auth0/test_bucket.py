"""The token bucket, as arithmetic: no sockets, no sleeping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Tier
from phonefleet.auth0.rate_limits import LIMITS, BucketState, RateLimit
from phonefleet.auth0.token_bucket import Bucket

LIMIT = RateLimit(burst=10, per_second=2)


def drain(bucket: Bucket, now: float) -> list[int]:
    tickets = []
    while (ticket := bucket.take(now)) is not None:
        tickets.append(ticket)
    return tickets


def spend(bucket: Bucket, now: float) -> int:
    """Send what may be sent, with answers that say nothing; return how many requests that were."""
    tickets = drain(bucket, now)
    for ticket in tickets:
        bucket.record_answer(ticket, now, None)
    return len(tickets)


@pytest.mark.parametrize(
    ("burst", "left"), [(1, 0), (2, 1), (5, 1), (9, 1), (10, 2), (20, 4), (50, 10), (250, 50)]
)
def test_a_fifth_of_the_burst_is_left_to_others(burst: int, left: int) -> None:
    assert len(drain(Bucket(RateLimit(burst, 2), 0), 0)) == burst - left


def test_starts_from_the_figures_of_the_tier() -> None:
    for families in LIMITS.values():
        for limit in families.values():
            assert len(drain(Bucket(limit, 0), 0)) == limit.burst - max(1, limit.burst // 5)


def test_a_bucket_of_one_can_be_used() -> None:
    bucket = Bucket(RateLimit(1, 1), 0)
    assert len(drain(bucket, 0)) == 1
    assert bucket.wait(0) == 1


def test_published_figures_are_those_of_the_documentation() -> None:
    assert LIMITS[Tier.ENTERPRISE_PRODUCTION][""] == RateLimit(50, 16)
    assert LIMITS[Tier.ENTERPRISE_NONPRODUCTION][""] == RateLimit(10, 2)
    assert LIMITS[Tier.FREE][""] == RateLimit(2, 2)
    assert LIMITS[Tier.PROFESSIONAL]["connections"].per_second * 60 == 50
    assert LIMITS[Tier.PROFESSIONAL]["logs"].per_second * 60 == 100
    assert LIMITS[Tier.PRIVATE_CLOUD_DEVELOPMENT][""] == RateLimit(20, 20)
    assert LIMITS[Tier.PRIVATE_CLOUD_BASIC][""] == RateLimit(50, 50)
    assert LIMITS[Tier.PRIVATE_CLOUD_500][""] == RateLimit(250, 250)


@pytest.mark.parametrize(
    ("reported", "rate"),
    [(10, 2.0), (20, 20.0), (50, 16.0), (250, 250.0), (2, 2.0), (100, 100.0), (1500, 1500.0)],
)
def test_an_unknown_tier_is_learned_from_the_headers(reported: int, rate: float) -> None:
    """By the slowest published rate of that burst: too fast would refuse the tenant's own programs too."""
    bucket = Bucket(LIMITS[Tier.UNKNOWN][""], 0)
    ticket = bucket.take(0)
    assert ticket is not None
    bucket.record_answer(ticket, 0, BucketState(limit=reported, remaining=reported - 1, reset_in=0))
    assert bucket.limit == RateLimit(reported, rate)
    assert len(drain(bucket, 0)) == max(0, reported - 1 - max(1, reported // 5))


def test_refills_at_its_rate_and_never_above_its_burst() -> None:
    bucket = Bucket(LIMIT, 0)
    assert spend(bucket, 0) == 8
    assert bucket.wait(0) == 0.5
    assert spend(bucket, 1.5) == 3
    assert spend(bucket, 10_000) == 8


def test_what_is_in_flight_may_arrive_at_a_full_bucket() -> None:
    bucket = Bucket(LIMIT, 0)
    first, *_ = drain(bucket, 0)
    assert drain(bucket, 10_000) == []
    bucket.record_answer(first, 10_000, None)
    assert len(drain(bucket, 10_000.5)) == 1


def test_a_server_with_less_than_expected_is_believed() -> None:
    bucket = Bucket(LIMIT, 0)
    ticket = bucket.take(0)
    assert ticket is not None
    bucket.record_answer(ticket, 0, BucketState(limit=10, remaining=3, reset_in=5))
    assert len(drain(bucket, 0)) == 1


def test_a_server_with_more_than_expected_is_believed() -> None:
    bucket = Bucket(LIMIT, 0)
    for ticket in drain(bucket, 0):
        bucket.record_answer(ticket, 0, None)
    later = bucket.take(0.5)
    assert later is not None
    bucket.record_answer(later, 0.5, BucketState(limit=10, remaining=7, reset_in=2))
    assert len(drain(bucket, 0.5)) == 7 - 2


def test_an_answer_of_the_first_of_a_batch_grants_nothing() -> None:
    """The server may count a later request first: what it then has left is not what is left after the batch."""
    bucket = Bucket(LIMIT, 0)
    batch = drain(bucket, 0)
    for ticket in batch[:-1]:
        bucket.record_answer(ticket, 0, None)
    bucket.record_answer(batch[-1], 0, BucketState(limit=10, remaining=9, reset_in=0))
    assert drain(bucket, 0) == []


def test_requests_on_their_way_are_not_counted_as_left() -> None:
    bucket = Bucket(LIMIT, 0)
    first, *_three_others = (bucket.take(0) for _ in range(4))
    assert first is not None
    bucket.record_answer(first, 0, BucketState(limit=10, remaining=9, reset_in=1))
    assert len(drain(bucket, 0)) == 9 - 3 - 2


def test_an_older_answer_that_arrives_late_changes_nothing() -> None:
    bucket = Bucket(LIMIT, 0)
    older, newer = bucket.take(0), bucket.take(0)
    assert older is not None
    assert newer is not None
    bucket.record_answer(newer, 0, BucketState(limit=10, remaining=0, reset_in=5))
    bucket.record_answer(older, 0, BucketState(limit=10, remaining=9, reset_in=1))
    assert bucket.take(0) is None
    assert bucket.wait(0) == 5


def test_a_smaller_limit_than_that_of_the_tier_is_adopted_with_a_rate_in_step() -> None:
    bucket = Bucket(RateLimit(50, 16), 0)
    ticket = bucket.take(0)
    assert ticket is not None
    bucket.record_answer(ticket, 0, BucketState(limit=25, remaining=24, reset_in=1))
    assert bucket.limit == RateLimit(25, 8)


def test_a_refusal_without_headers_blocks_for_a_while() -> None:
    bucket = Bucket(LIMIT, 0)
    bucket.block(0, 3)
    assert bucket.wait(1) == 2
    assert bucket.take(2.9) is None
    assert bucket.take(3) is not None


steps = st.lists(
    st.one_of(
        st.floats(0, 3).map(lambda seconds: ("pass", seconds)),
        st.just(("take", 0)),
        st.tuples(st.integers(0, 10), st.floats(0, 8)).map(lambda said: ("answer", said)),
    ),
    max_size=60,
)


@given(steps)
def test_nothing_is_sent_between_an_answer_with_nothing_left_and_its_reset(
    steps: list[tuple[str, object]],
) -> None:
    bucket, now, blocked_until, flying, newest = Bucket(LIMIT, 0), 0.0, 0.0, list[int](), 0
    for kind, value in steps:
        match kind, value:
            case "pass", float() as seconds:
                now += seconds
            case "take", _:
                ticket = bucket.take(now)
                assert ticket is None or now >= blocked_until
                flying += [ticket] if ticket is not None else []
            case "answer", (int() as remaining, float() as reset_in) if flying:
                ticket = flying.pop(len(flying) // 2)
                bucket.record_answer(ticket, now, BucketState(10, remaining, reset_in))
                if ticket > newest:
                    newest, blocked_until = ticket, now + reset_in if remaining == 0 else now


@given(st.lists(st.floats(0, 2), max_size=80))
def test_a_silent_server_never_gets_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    bucket, now, sent = Bucket(LIMIT, 0), 0.0, 0
    for pause in pauses:
        now += pause
        sent += spend(bucket, now)
        assert sent <= LIMIT.burst + LIMIT.per_second * now + 1e-6


@given(st.lists(st.floats(0, 2), max_size=40))
def test_after_the_wait_it_names_a_request_may_be_sent(pauses: list[float]) -> None:
    bucket, now = Bucket(LIMIT, 0), 0.0
    for pause in pauses:
        now += pause
        now += bucket.wait(now)
        assert bucket.wait(now) < 1e-6
        bucket.record_answer(bucket.take(now) or 0, now, None)


def test_waiting_ends_where_a_clock_is_coarse() -> None:
    """A machine that runs for decades, or a clock of seconds since 1970: a wait never rounds to nothing."""
    now = 1_800_000_000.0
    bucket = Bucket(LIMITS[Tier.PRIVATE_CLOUD_500][""], now)
    for _ in range(2_000):
        for _ in range(5):
            if (seconds := bucket.wait(now)) <= 0:
                break
            assert now + seconds > now
            now += seconds
        ticket = bucket.take(now)
        assert ticket is not None
        bucket.record_answer(ticket, now, None)
