"""The transport against a peer that misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from door_peer import DOMAIN, QUICK, Drip, Drop, FakeClock, Peer, Reply, Seen, no

from phonefleet.auth0 import Door, ManagementApi
from phonefleet.auth0.retry import Patience
from phonefleet.auth0.transport import Capacity, FleetTransport
from phonefleet.errors import ApiRefused, Unreachable

PROVIDER = {"name": "twilio", "credentials": {"auth_token": "a-twilio-auth-token"}, "configuration": {}}


def first(*answers: Reply | Drop, then: Reply) -> Callable[[Seen], Reply | Drop]:
    """A rule: these answers one after the other, then always the last."""
    left = list(answers)
    return lambda _seen: left.pop(0) if left else then


async def test_connect_to_changes_the_address_and_not_the_host(api: ManagementApi, peer: Peer) -> None:
    await api.settings()
    assert {seen.headers["host"] for seen in peer.seen} == {DOMAIN}


async def test_tls_goes_out_under_the_tenants_own_name_and_trusts_the_given_authority(tmp_path: Path) -> None:
    authority, peer = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    address = await peer.start(context)
    async with Door(address, tmp_path / "ca.pem", patience=QUICK) as door:
        await door.tenant(DOMAIN, "id", _secret, "free").settings()
    assert set(peer.names) == {DOMAIN}
    await peer.stop()


async def test_an_unknown_authority_is_refused_at_once_with_the_setting_to_change() -> None:
    authority, peer = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    address = await peer.start(context)
    async with Door(address, patience=QUICK) as door:
        with pytest.raises(Unreachable, match=r"after 1 attempt\. Name the authority .* connection\.ca_file"):
            await door.tenant(DOMAIN, "id", _secret, "free").settings()
    await peer.stop()


def test_a_ca_file_that_is_missing_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        FleetTransport(ca_file=tmp_path / "none.pem")


async def test_a_name_that_does_not_exist_is_not_tried_again() -> None:
    async with Door(patience=QUICK) as door:
        with pytest.raises(Unreachable, match=r"after 1 attempt\. Check the domain"):
            await door.tenant("no-such-tenant.invalid", "id", _secret, "free").settings()


@pytest.mark.parametrize(
    "fault",
    [Drop(), no(500, "oops"), no(503, "busy"), Drop(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")],
)
async def test_reads_and_idempotent_writes_are_repeated_after_a_fault(
    api: ManagementApi, peer: Peer, fault: Reply | Drop
) -> None:
    for call in (
        api.settings,
        lambda: api.set_factor("sms", True),
        lambda: api.set_phone_consolidated_experience(True),
    ):
        peer.rule = first(fault, fault, then=Reply(json={"enabled": True}))
        before = len(peer.calls)
        await call()
        assert len(peer.calls) - before == 3


@pytest.mark.parametrize(
    "fault", [Drop(), no(500, "oops"), Drop(b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{")]
)
async def test_a_post_that_may_have_arrived_is_not_sent_again(
    api: ManagementApi, peer: Peer, fault: Reply | Drop
) -> None:
    peer.rule = lambda _seen: fault
    for call in (
        lambda: api.create_phone_provider(PROVIDER),
        lambda: api.try_phone_provider("pro_1", "+15005550006", "text"),
        lambda: api.deploy_action("act_1"),
    ):
        before = len(peer.calls)
        with pytest.raises(Unreachable) as caught:
            await call()
        assert caught.value.maybe_applied
        assert len(peer.calls) - before == 1


async def test_a_post_refused_for_the_rate_limit_is_sent_again(api: ManagementApi, peer: Peer) -> None:
    peer.rule = first(
        no(429, "Global limit has been reached", **_limit(0)),
        then=Reply(
            201, {"id": "pro_1", **PROVIDER, "configuration": {"sid": "AC", "delivery_methods": ["text"]}}
        ),
    )
    assert (await api.create_phone_provider(PROVIDER))["id"] == "pro_1"
    assert len(peer.calls) == 2


async def test_a_post_without_a_connection_is_tried_again_and_certainly_not_applied(
    open_door: Any, peer: Peer
) -> None:
    opened = await open_door()
    api = opened.tenant()
    await api.settings()
    await opened.door._plain._transport._wire.aclose()
    await peer.stop()
    with pytest.raises(Unreachable, match="after 6 attempts") as caught:
        await api.create_phone_provider(PROVIDER)
    assert not caught.value.maybe_applied


async def test_a_delete_whose_answer_was_lost_takes_404_for_done(api: ManagementApi, peer: Peer) -> None:
    gone = no(404, "Notification Resource not found")
    peer.rule = first(Drop(), then=gone)
    await api.delete_phone_provider("pro_1")
    peer.rule = first(no(502, "bad gateway"), then=gone)
    await api.delete_phone_template("tem_1")
    peer.rule = lambda _seen: gone
    with pytest.raises(ApiRefused) as caught:
        await api.delete_action("act_1")
    assert caught.value.status == 404


async def test_a_delete_refused_for_the_rate_limit_first_does_not_take_404_for_done(
    api: ManagementApi, peer: Peer
) -> None:
    peer.rule = first(no(429, "slow down", **_limit(0)), then=no(404, "gone"))
    with pytest.raises(ApiRefused):
        await api.delete_phone_provider("pro_1")


async def test_attempts_are_capped_and_counted_in_the_message(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Drop()
    with pytest.raises(
        Unreachable, match=r"settings: GET /api/v2/tenants/settings .*after 6 attempts"
    ) as caught:
        await api.settings()
    assert len(peer.calls) == 6
    assert not caught.value.maybe_applied


async def test_an_idempotent_write_that_never_got_an_answer_may_be_applied(
    api: ManagementApi, peer: Peer
) -> None:
    peer.rule = lambda _seen: Drop()
    with pytest.raises(Unreachable) as caught:
        await api.set_factor("sms", True)
    assert caught.value.maybe_applied


async def test_total_time_is_capped(open_door: Any, peer: Peer, clock: FakeClock) -> None:
    api = (
        await open_door(clock=clock, patience=Patience(attempts=1000, seconds=60, base=1, longest=20))
    ).tenant()
    peer.rule = lambda _seen: no(503, "busy")
    with pytest.raises(Unreachable, match="503"):
        await api.settings()
    assert sum(clock.slept) <= 60
    assert max(clock.slept) <= 20
    assert 4 < len(peer.calls) < 200


async def test_a_limit_that_never_lifts_is_given_up_with_its_reason(
    open_door: Any, peer: Peer, clock: FakeClock
) -> None:
    api = (await open_door(clock=clock)).tenant()
    peer.rule = lambda _seen: no(
        429, "Global limit has been reached", "too_many_requests", **_limit(0, clock.now + 2)
    )
    with pytest.raises(Unreachable, match=r"429 .*rate limit") as caught:
        await api.set_factor("sms", True)
    assert not caught.value.maybe_applied
    assert len(peer.calls) <= 30


async def test_a_429_is_repeated_at_its_reset_and_not_before(
    open_door: Any, peer: Peer, clock: FakeClock
) -> None:
    opened = await open_door(clock=clock)
    sent: list[float] = []

    def rule(seen: Seen) -> Reply:
        sent.append(clock.now)
        return no(429, "limit", **_limit(0, clock.now + 7)) if len(sent) == 1 else Reply(json={})

    peer.rule = rule
    await opened.tenant().settings()
    assert 7 <= sent[1] - sent[0] < 8
    assert sum(seconds for _domain, seconds in opened.waits) == pytest.approx(7, abs=1)
    assert {domain for domain, _seconds in opened.waits} == {DOMAIN}


async def test_a_429_without_headers_pauses_the_tenant(open_door: Any, peer: Peer, clock: FakeClock) -> None:
    opened = await open_door(clock=clock)
    peer.rule = first(no(429, "limit"), then=Reply(json={}))
    await opened.tenant().settings()
    assert opened.waits


async def test_a_slow_answer_ends_at_the_time_limit(open_door: Any, peer: Peer) -> None:
    api = (await open_door(timeout=0.1, patience=Patience(attempts=2, base=0.001))).tenant()
    peer.rule = lambda _seen: Reply(json={}, after=5)
    with pytest.raises(
        Unreachable,
        match=r"no whole answer within 0\.1 s, after 2 attempts\. Run again, or raise connection\.timeout",
    ):
        await api.settings()


async def test_an_answer_that_drips_ends_at_the_time_limit_too(open_door: Any, peer: Peer) -> None:
    """httpx's own limit is between two chunks; ours is for the whole answer."""
    api = (await open_door(timeout=0.2, patience=Patience(attempts=1))).tenant()
    peer.rule = lambda _seen: Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    with pytest.raises(Unreachable, match="no whole answer within"):
        await api.settings()


async def test_a_huge_answer_is_refused_and_not_asked_for_again(open_door: Any, peer: Peer) -> None:
    api = (await open_door(capacity=Capacity(answer_bytes=1000))).tenant()
    peer.rule = lambda _seen: Reply(json={"picture_url": "x" * 2000})
    with pytest.raises(Unreachable, match="more than 1000 bytes, after 1 attempt"):
        await api.settings()
    assert len(peer.calls) == 1


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(open_door: Any, peer: Peer) -> None:
    api = (await open_door(capacity=Capacity(answer_bytes=1000))).tenant()
    peer.rule = lambda _seen: Reply(
        content=gzip.compress(b" " * 100_000), headers={"content-encoding": "gzip"}
    )
    with pytest.raises(Unreachable, match="more than 1000 bytes"):
        await api.settings()


async def test_compressed_answers_are_read(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(
        content=gzip.compress(b'{"friendly_name": "Acme"}'), headers={"content-encoding": "gzip"}
    )
    assert await api.settings() == {"friendly_name": "Acme"}


async def test_broken_compression_is_a_lost_answer(api: ManagementApi, peer: Peer) -> None:
    peer.rule = first(
        Reply(content=b"not gzip", headers={"content-encoding": "gzip"}), then=Reply(json={"a": 1})
    )
    assert await api.settings() == {"a": 1}


async def test_redirects_are_not_followed(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(302, {}, headers={"location": "https://elsewhere.example/"})
    with pytest.raises(Unreachable, match=r"302 .*canonical domain"):
        await api.settings()
    assert len(peer.calls) == 1


async def test_no_tenant_gets_more_connections_than_its_share(open_door: Any, peer: Peer) -> None:
    opened = await open_door()
    peer.rule = lambda _seen: Reply(json={}, after=0.02)
    await asyncio.gather(*(opened.tenant().settings() for _ in range(30)))
    assert 2 <= peer.most_open <= 6


async def test_all_tenants_together_stay_within_the_pool(open_door: Any, peer: Peer) -> None:
    opened = await open_door(capacity=Capacity(per_tenant=6, total=8))
    peer.rule = lambda _seen: Reply(json={}, after=0.01)
    tenants = [opened.tenant(f"t{n}.auth0.com") for n in range(10)]
    await asyncio.gather(*(tenant.settings() for tenant in tenants for _ in range(5)))
    assert 6 < peer.most_open <= 8


async def test_a_request_that_waited_for_a_connection_heeds_a_limit_learned_meanwhile(
    open_door: Any, peer: Peer
) -> None:
    sent: list[float] = []

    def rule(_seen: Seen) -> Reply:
        sent.append(time.time())
        if len(sent) > 1:
            return Reply(json={})
        return Reply(429, no(429, "limit").json, headers=_limit(0, sent[0] + 0.4), after=0.1)

    peer.rule = rule
    api = (await open_door(capacity=Capacity(total=1))).tenant()
    await api.granted_scopes()
    await asyncio.gather(api.settings(), api.settings())
    assert len(sent) == 3
    assert sent[1] - sent[0] >= 0.39


async def test_a_tenant_waiting_for_its_limit_holds_up_nobody(open_door: Any, peer: Peer) -> None:
    opened = await open_door(capacity=Capacity(per_tenant=6, total=6))
    slow, fast = opened.tenant("slow.auth0.com", "free"), opened.tenant("fast.auth0.com")
    waiting = [asyncio.create_task(slow.settings()) for _ in range(12)]
    await asyncio.sleep(0.2)
    async with asyncio.timeout(1):
        await asyncio.gather(*(fast.settings() for _ in range(20)))
    assert not all(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_domain_without_a_lane_is_treated_as_the_smallest_tier(peer: Peer, clock: FakeClock) -> None:
    waits: list[float] = []
    transport = FleetTransport(connect_to=peer.address, clock=clock, on_wait=lambda _d, s: waits.append(s))
    async with httpx.AsyncClient(transport=transport) as client:
        for _ in range(3):
            await client.get("https://unknown.auth0.com/api/v2/tenants/settings")
    assert waits == [0.5, 0.5]


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
        headers = _limit(int(self.tokens), reset, self.burst)
        return (
            Reply(json={}, headers=headers)
            if allowed
            else no(429, "Global limit has been reached", **headers)
        )


@pytest.mark.parametrize("tier", ["enterprise_nonproduction", "enterprise_production", "free"])
async def test_fifty_reads_at_once_of_a_tenant_with_burst_ten_cause_no_storm_of_429s(
    open_door: Any, peer: Peer, tier: str
) -> None:
    """Whatever tier the operator wrote down, the headers steer."""
    peer.rule = server = LimitedPeer(burst=10, per_second=50)
    api = (await open_door()).tenant(tier=tier)
    await asyncio.gather(*(api.settings() for _ in range(50)))
    assert len(peer.calls) == 50 + server.refused
    assert server.refused <= 2


async def test_retries_are_logged_without_query_body_or_token(
    api: ManagementApi, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.rule = first(no(500, "oops"), then=Reply(json={"logs": []}))
    with caplog.at_level(logging.INFO, logger="phonefleet"):
        await api.logs('type:"sapi"')
    assert [
        r.getMessage().split("; again")[0] for r in caplog.records if r.name.startswith("phonefleet")
    ] == [f"{DOMAIN}: GET /api/v2/logs: attempt 1 ended in status 500"]


def _limit(remaining: int, reset: float = 0, limit: int = 10) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": f"{reset:.3f}",
    }


def _secret() -> Any:
    from pydantic import SecretStr

    return SecretStr("a-secret")
