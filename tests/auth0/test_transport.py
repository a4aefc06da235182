"""The transport against a peer that misbehaves."""

from __future__ import annotations

import gzip
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from configs import Tier
from phonefleet.auth0.capacity import Capacity
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.transport import FleetTransport
from phonefleet.errors import ApiRefused, Unreachable
from tests.auth0.http_peer import DOMAIN, QUICK, Drip, Drop, FakeClock, Peer, Reply, first, no

PROVIDER = {"name": "twilio", "credentials": {"auth_token": "a-twilio-auth-token"}, "configuration": {}}


async def test_connect_to_changes_the_address_and_not_the_host(api: ManagementApi, peer: Peer) -> None:
    await api.settings()
    assert {seen.headers["host"] for seen in peer.seen} == {DOMAIN}


async def test_tls_goes_out_under_the_tenants_own_name_and_trusts_the_given_authority(tmp_path: Path) -> None:
    authority, peer = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    address = await peer.start(context)
    async with ClientPool(address, tmp_path / "ca.pem", retry_limits=QUICK) as pool:
        await pool.tenant(DOMAIN, "id", ClientSecretPost(_secret), Tier.FREE).settings()
    assert set(peer.names) == {DOMAIN}
    await peer.stop()


async def test_an_unknown_authority_is_refused_at_once_with_the_setting_to_change() -> None:
    authority, peer = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    address = await peer.start(context)
    async with ClientPool(address, retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable, match=r"after 1 attempt\. Name the authority .* connection\.ca_file"):
            await pool.tenant(DOMAIN, "id", ClientSecretPost(_secret), Tier.FREE).settings()
    await peer.stop()


def test_a_ca_file_that_is_missing_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        FleetTransport(ca_file=tmp_path / "none.pem")


async def test_a_name_that_does_not_exist_is_not_tried_again() -> None:
    async with ClientPool(retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable, match=r"after 1 attempt\. Check the domain"):
            await pool.tenant("no-such-tenant.invalid", "id", ClientSecretPost(_secret), Tier.FREE).settings()


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


async def test_a_post_without_a_connection_is_tried_again_and_certainly_not_applied(
    open_pool: Any, peer: Peer
) -> None:
    opened = await open_pool()
    api = opened.tenant()
    await api.settings()
    await opened.pool.plain._transport.aclose()
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


async def test_total_time_is_capped(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    api = (
        await open_pool(clock=clock, retry_limits=RetryLimits(attempts=1000, seconds=60, base=1, longest=20))
    ).tenant()
    peer.rule = lambda _seen: no(503, "busy")
    with pytest.raises(Unreachable, match="503"):
        await api.settings()
    assert sum(clock.slept) <= 60
    assert max(clock.slept) <= 20
    assert 4 < len(peer.calls) < 200


async def test_a_slow_answer_ends_at_the_timelimit_headers(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool(timeout=0.1, retry_limits=RetryLimits(attempts=2, base=0.001))).tenant()
    peer.rule = lambda _seen: Reply(json={}, after=5)
    with pytest.raises(
        Unreachable,
        match=r"no complete answer within 0\.1 s, after 2 attempts\. Run again, or raise connection\.timeout",
    ):
        await api.settings()


async def test_an_answer_that_drips_ends_at_the_time_limit_too(open_pool: Any, peer: Peer) -> None:
    """httpx's own limit is between two chunks; ours is for the whole answer."""
    api = (await open_pool(timeout=0.2, retry_limits=RetryLimits(attempts=1))).tenant()
    peer.rule = lambda _seen: Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    with pytest.raises(Unreachable, match="no complete answer within"):
        await api.settings()


async def test_a_huge_answer_is_refused_and_not_asked_for_again(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool(capacity=Capacity(answer_bytes=1000))).tenant()
    peer.rule = lambda _seen: Reply(json={"picture_url": "x" * 2000})
    with pytest.raises(Unreachable, match="more than 1000 bytes, after 1 attempt"):
        await api.settings()
    assert len(peer.calls) == 1


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool(capacity=Capacity(answer_bytes=1000))).tenant()
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


async def test_retries_are_logged_without_query_body_or_token(
    api: ManagementApi, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.rule = first(no(500, "oops"), then=Reply(json={"logs": []}))
    with caplog.at_level(logging.INFO, logger="phonefleet"):
        await api.logs('type:"sapi"')
    assert [
        r.getMessage().split("; again")[0] for r in caplog.records if r.name.startswith("phonefleet")
    ] == [f"{DOMAIN}: GET /api/v2/logs: attempt 1 ended in status 500"]


def _secret() -> Any:
    from pydantic import SecretStr

    return SecretStr("a-secret")
