"""Which requests leave this machine, to whom and how; and how long they wait."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from configs import Connection, Tier
from configs.values import is_loopback
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.rate_limit_patience import limited_waiting
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.transport import FleetTransport
from phonefleet.errors import RateLimitTooLong, Unreachable
from tests.auth0.http_peer import DOMAIN, QUICK, SECRET, FakeClock, Peer, Reply, limit_headers, no

CENTURY = 100 * 365 * 86_400
SENT = ClientSecretPost(lambda: SecretStr(SECRET))


async def test_other_hosts_are_not_asked(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool()
    opened.tenant()
    for url in ("https://elsewhere.example/api/v2/clients", f"https://evil.{DOMAIN}/oauth/token"):
        with pytest.raises(httpx.TransportError, match="no host of the fleet file"):
            await opened.pool.plain.get(url)
    assert not peer.seen


async def test_twilios_host_is_allowed_by_the_fleet_file(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool()
    client = opened.pool.client_for("https://api.twilio.com")
    assert (await client.get("https://api.twilio.com/2010-04-01/x.json")).is_success
    assert [seen.headers["host"] for seen in peer.seen] == ["api.twilio.com"]


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1", "http://tenant.example:8080", "http://[2001:db8::1]"]
)
async def test_nothing_leaves_unencrypted(address: str) -> None:
    async with ClientPool(address, retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable, match=r"is not encrypted and not on this machine, after 1 attempt"):
            await asyncio.wait_for(pool.tenant(DOMAIN, "id", SENT, Tier.FREE).settings(), 5)


HOSTS = {
    "localhost": True,
    "LOCALHOST": True,
    "127.0.0.1": True,
    "127.9.9.9": True,
    "[::1]": True,
    "x.localhost": False,
    "localhost.": False,
    "localhost.example": False,
    "127.0.0.1.example": False,
    "127.1": False,
    "0.0.0.0": False,
    "[::]": False,
    "[::ffff:127.0.0.1]": False,
    "10.0.0.1": False,
    "[2001:db8::1]": False,
    "tenant.example": False,
}
"""Whether each is this machine."""
LABELS = st.sampled_from(["localhost", "127", "0", "1", "x", "com"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format)


def transport_sends(address: str) -> bool:
    """Whether the transport sends a request to this address."""
    transport = FleetTransport(connect_to=address)
    try:
        transport._redirected(httpx.Request("GET", f"https://{DOMAIN}/"))
    except httpx.TransportError:
        return False
    return True


def fleet_file_accepts(address: str) -> bool:
    try:
        Connection.model_validate({"connect_to": address})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("host", "is_here"), HOSTS.items())
def test_fleet_file_and_transport_agree_who_is_here(host: str, is_here: bool) -> None:
    """A name below `localhost` is not: a resolver may look it up elsewhere, whatever RFC 6761 says."""
    address = f"http://{host}:8765"
    assert (fleet_file_accepts(address), transport_sends(address)) == (is_here, is_here)
    assert is_loopback(host) is is_loopback(host.strip("[]")) is is_here


@settings(max_examples=300, deadline=None)
@given(NAMES | ADDRESSES)
def test_what_the_fleet_file_accepts_the_transport_sends(host: str) -> None:
    assert fleet_file_accepts(f"http://{host}:8765") is transport_sends(f"http://{host}:8765")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["token", "api"])
async def test_credentials_follow_no_redirect(open_pool: Any, peer: Peer, status: int, where: str) -> None:
    other = Peer()
    address = await other.start()
    moved = Reply(status, {}, headers={"location": f"{address}/oauth/token"})
    if where == "token":
        peer.token_rule = lambda _seen: moved
    else:
        peer.rule = lambda _seen: moved
    api = (await open_pool()).tenant()
    with pytest.raises(Unreachable, match="Redirects are not followed"):
        await api.settings()
    with pytest.raises(Unreachable, match="Redirects are not followed"):
        await api.set_factor("sms", True)
    assert not other.seen
    await other.stop()


async def test_cookies_are_not_kept(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool()).tenant()
    peer.rule = lambda _seen: Reply(json={}, headers={"set-cookie": "session=1; Path=/"})
    await api.settings()
    await api.settings()
    assert len(peer.calls) == 2
    assert all("cookie" not in seen.headers for seen in peer.seen)


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
async def test_tls_below_1_2_is_refused(tmp_path: Path) -> None:
    assert FleetTransport()._connections._tls.minimum_version is ssl.TLSVersion.TLSv1_2
    authority, peer = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
    authority.issue_cert(DOMAIN).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    address = await peer.start(context)
    async with ClientPool(address, tmp_path / "ca.pem", retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable, match="ConnectError"):
            await pool.tenant(DOMAIN, "id", SENT, Tier.FREE).settings()
    assert not peer.seen
    await peer.stop()


async def test_a_reset_years_away_ends_with_the_patience(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    opened = await open_pool(clock=clock, retry_limits=RetryLimits())
    api = opened.tenant()
    peer.rule = lambda _seen: no(429, "busy", **limit_headers(0, clock.now + CENTURY))
    began = clock.now
    with limited_waiting(200.0), pytest.raises(RateLimitTooLong) as caught:
        await api.settings()
    assert "rate_limit_patience is 200 s" in str(caught.value)
    assert clock.now - began <= 200.0
    assert sum(seconds for _, seconds in opened.waits) <= 200.0


async def test_the_patience_is_shared_by_a_phases_reads(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    opened = await open_pool(clock=clock)
    api = opened.tenant()
    peer.rule = lambda seen: Reply(
        json=[] if seen.path.endswith("factors") else {}, headers=limit_headers(0, clock.now + 50)
    )
    began = clock.now
    with limited_waiting(120.0), pytest.raises(RateLimitTooLong):
        await asyncio.gather(*(read() for read in (api.settings, api.factors) for _ in range(30)))
    assert clock.now - began <= 120.0
    with limited_waiting(120.0):
        await api.settings()


async def test_one_tenants_limit_does_not_hold_the_others(open_pool: Any, peer: Peer) -> None:
    opened = await open_pool(retry_limits=RetryLimits(base=0.001))
    slow, quick = opened.tenant(), [opened.tenant(f"quick{n}.eu.auth0.com") for n in range(20)]

    def rule(seen: Any) -> Reply:
        return (
            no(429, "busy", **{"retry-after": "9" * 300})
            if seen.headers["host"] == DOMAIN
            else Reply(json={})
        )

    peer.rule = rule

    async def stuck() -> None:
        with limited_waiting(0.5):
            await slow.settings()

    waiting = asyncio.create_task(stuck())
    await asyncio.wait_for(asyncio.gather(*(api.settings() for api in quick)), 10)
    with pytest.raises(Unreachable):
        await asyncio.wait_for(waiting, 10)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-limit": "9" * 400, "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"},
        {"x-ratelimit-limit": "-1", "x-ratelimit-remaining": "-9", "x-ratelimit-reset": "1e999"},
        {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"},
        {"date": "Mon, 01 Jan 99999 00:00:00 GMT", **limit_headers(5, 1)},
        {"date": "Mon, 01 Jan 0001 00:00:00 +2359", **limit_headers(5, 1)},
        {"retry-after": "-inf"},
        {"auth0-client-quota-limit": "b=x;q=1;r=0;t=" + "9" * 800},
    ],
)
async def test_absurd_limits_are_ignored(
    open_pool: Any, peer: Peer, clock: FakeClock, headers: dict[str, str]
) -> None:
    api = (await open_pool(clock=clock)).tenant()
    peer.rule = lambda _seen: Reply(json={"a": 1}, headers=headers)
    for _ in range(3):
        assert await api.settings() == {"a": 1}


def test_bombs_cost_little_memory() -> None:
    """Every bomb of this folder in one process, which stays below 400 MB."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.memory_probe"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["errors"] == found["bombs"]
    assert found["megabytes"] < 400
    assert found["cpu_seconds"] < 60
