"""Rate limits and connection caps, against a peer that enforces its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from configs import Tier
from phonefleet.auth0.capacity import Capacity
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused, Unreachable
from tests.auth0.http_peer import DOMAIN, FakeClock, Peer, Reply, Seen, first, limit_headers, no

PROVIDER = {"name": "twilio", "credentials": {"auth_token": "a-twilio-auth-token"}, "configuration": {}}


async def test_a_post_refused_for_the_rate_limit_is_sent_again(api: ManagementApi, peer: Peer) -> None:
    peer.rule = first(
        no(429, "Global limit has been reached", **limit_headers(0)),
        then=Reply(
            201, {"id": "pro_1", **PROVIDER, "configuration": {"sid": "AC", "delivery_methods": ["text"]}}
        ),
    )
    assert (await api.create_phone_provider(PROVIDER))["id"] == "pro_1"
    assert len(peer.calls) == 2


async def test_a_delete_refused_for_the_rate_limit_first_does_not_take_404_for_done(
    api: ManagementApi, peer: Peer
) -> None:
    peer.rule = first(no(429, "slow down", **limit_headers(0)), then=no(404, "gone"))
    with pytest.raises(ApiRefused):
        await api.delete_phone_provider("pro_1")


async def test_a_limit_that_never_lifts_is_given_up_with_its_reason(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    api = (await open_pool(clock=clock)).tenant()
    peer.rule = lambda _seen: no(
        429, "Global limit has been reached", "too_many_requests", **limit_headers(0, clock.now + 2)
    )
    with pytest.raises(Unreachable, match=r"429 .*rate limit") as caught:
        await api.set_factor("sms", True)
    assert not caught.value.maybe_applied
    assert len(peer.calls) <= 30


async def test_a_429_is_repeated_at_its_reset_and_not_before(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    opened = await open_pool(clock=clock)
    sent: list[float] = []

    def rule(seen: Seen) -> Reply:
        sent.append(clock.now)
        return no(429, "limit", **limit_headers(0, clock.now + 7)) if len(sent) == 1 else Reply(json={})

    peer.rule = rule
    await opened.tenant().settings()
    assert 7 <= sent[1] - sent[0] < 8
    assert sum(seconds for _domain, seconds in opened.waits) == pytest.approx(7, abs=1)
    assert {domain for domain, _seconds in opened.waits} == {DOMAIN}


async def test_a_429_is_not_repeated_before_its_retry_after(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    """Although its reset, the time of the next single request, is sooner."""
    opened = await open_pool(clock=clock)
    sent: list[float] = []

    def rule(_seen: Seen) -> Reply:
        sent.append(clock.now)
        headers = limit_headers(0, clock.now + 1) | {"retry-after": "5"}
        return no(429, "limit", **headers) if len(sent) == 1 else Reply(json={})

    peer.rule = rule
    await opened.tenant().settings()
    assert 5 <= sent[1] - sent[0] < 6
    assert opened.waits == [(DOMAIN, pytest.approx(5, abs=1))]


async def test_a_429_that_asks_for_an_hour_is_given_up(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    headers = limit_headers(0, clock.now + 1) | {"retry-after": "3600"}
    peer.rule = lambda _seen: no(429, "limit", **headers)
    with pytest.raises(Unreachable, match="rate limit"):
        await (await open_pool(clock=clock)).tenant().settings()
    assert len(peer.calls) == 1


async def test_a_429_without_headers_pauses_the_tenant(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    opened = await open_pool(clock=clock)
    peer.rule = first(no(429, "limit"), then=Reply(json={}))
    await opened.tenant().settings()
    assert opened.waits


async def test_no_tenant_gets_more_connections_than_its_share(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool()
    peer.rule = lambda _seen: Reply(json={}, after=0.02)
    await asyncio.gather(*(opened.tenant().settings() for _ in range(30)))
    assert 2 <= peer.most_open <= 6


async def test_all_tenants_together_stay_within_the_pool(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(capacity=Capacity(per_tenant=6, total=8))
    peer.rule = lambda _seen: Reply(json={}, after=0.01)
    tenants = [opened.tenant(f"t{n}.auth0.com") for n in range(10)]
    await asyncio.gather(*(tenant.settings() for tenant in tenants for _ in range(5)))
    assert 6 < peer.most_open <= 8


async def test_idle_tenants_lose_their_connections(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(capacity=Capacity(idle_tenants=5))
    for n in range(30):
        await opened.tenant(f"t{n}.auth0.com").settings()
    await asyncio.sleep(0.05)
    assert 1 <= peer.connections <= 5
    await opened.tenant("t0.auth0.com").settings()
    assert len(peer.calls) == 31


async def test_a_tenant_at_work_keeps_its_connections(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(capacity=Capacity(idle_tenants=0))
    peer.rule = lambda seen: Reply(json={}, after=0.3 if "slow" in seen.headers["host"] else 0.0)
    slow = asyncio.create_task(opened.tenant("slow.auth0.com").settings())
    await asyncio.sleep(0.1)
    await asyncio.gather(*(opened.tenant(f"t{n}.auth0.com").settings() for n in range(5)))
    assert await slow == {}
    await asyncio.sleep(0.05)
    assert peer.connections == 0


async def test_cancelled_requests_leave_no_connection(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(capacity=Capacity(idle_tenants=0))
    await opened.tenant().settings()
    peer.rule = lambda _seen: Reply(json={}, after=5.0)
    tasks = [asyncio.create_task(opened.tenant().settings()) for _ in range(4)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.1)
    peer.rule = lambda _seen: Reply(json={"alive": True})
    assert await opened.tenant().settings() == {"alive": True}


async def test_a_request_that_waited_for_a_connection_heeds_a_limit_learned_meanwhile(
    open_pool: Any, peer: Peer
) -> None:
    sent: list[float] = []

    def rule(_seen: Seen) -> Reply:
        sent.append(time.time())
        if len(sent) > 1:
            return Reply(json={})
        return Reply(429, no(429, "limit").json, headers=limit_headers(0, sent[0] + 0.4), after=0.1)

    peer.rule = rule
    api = (await open_pool(capacity=Capacity(total=1))).tenant()
    await api.granted_scopes()
    await asyncio.gather(api.settings(), api.settings())
    assert len(sent) == 3
    assert sent[1] - sent[0] >= 0.39


async def test_a_tenant_waiting_for_its_limit_holds_up_nobody(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(capacity=Capacity(per_tenant=6, total=6))
    slow, fast = opened.tenant("slow.auth0.com", Tier.FREE), opened.tenant("fast.auth0.com")
    waiting = [asyncio.create_task(slow.settings()) for _ in range(12)]
    await asyncio.sleep(0.2)
    async with asyncio.timeout(1):
        await asyncio.gather(*(fast.settings() for _ in range(20)))
    assert not all(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


class LimitedPeer:
    """A rule that is a token bucket, as Auth0 describes it."""

    def __init__(self, burst: int, per_second: float) -> None:
        self.burst, self.per_second = burst, per_second
        self.tokens, self.at = float(burst), asyncio.get_running_loop().time()
        self.refused = 0

    def __call__(self, _seen: Seen) -> Reply:
        now = asyncio.get_running_loop().time()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        allowed = self.tokens >= 1
        self.tokens -= allowed
        self.refused += not allowed
        reset = time.time() + (self.burst - self.tokens) / self.per_second
        headers = limit_headers(int(self.tokens), reset, self.burst)
        return (
            Reply(json={}, headers=headers)
            if allowed
            else no(429, "Global limit has been reached", **headers)
        )


@pytest.mark.parametrize(
    "tier", [Tier.ENTERPRISE_NONPRODUCTION, Tier.ENTERPRISE_PRODUCTION, Tier.UNKNOWN, Tier.PRIVATE_CLOUD_500]
)
async def test_fifty_reads_at_once_of_a_tenant_with_burst_ten_cause_no_storm_of_429s(
    open_pool: Any, peer: Peer, tier: Tier
) -> None:
    """Whatever tier the operator wrote down, the headers steer."""
    peer.rule = server = LimitedPeer(burst=10, per_second=50)
    api = (await open_pool()).tenant(tier=tier)
    await asyncio.gather(*(api.settings() for _ in range(50)))
    assert len(peer.calls) == 50 + server.refused
    assert server.refused <= 2
