"""Requests go through the proxy that the environment names, in a tunnel, and never to this machine through one."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.proxies import proxy_for
from phonefleet.errors import Unreachable
from phonefleet.secrets.known_values import KNOWN
from tests.auth0.http_peer import DOMAIN, QUICK, SECRET, TOKEN, Peer, Reply

VARIABLES = (
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "HTTP_PROXY",
    "http_proxy",
)
PASSWORD = "pr0xy-pass-word-4711"
SENT = ClientSecretPost(lambda: SecretStr(SECRET))


@pytest.fixture(autouse=True)
def _no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


class Tunnels:
    """A proxy that connects every tunnel to one server, and remembers what it saw in clear."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heads: list[str] = []
        self.bytes = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        there = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, there[1]))
                group.create_task(self._copy(there[0], writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            self.bytes += chunk
            writer.write(chunk)
            await writer.drain()
        writer.close()


@pytest.fixture
async def tunnels(tmp_path: Path, peer: Peer) -> AsyncIterator[tuple[Tunnels, Peer, str]]:
    """A proxy, the tenant's server behind it, and the proxy's host and port."""
    authority, server = trustme.CA(), Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    port = int((await server.start(context)).rpartition(":")[2])
    made = Tunnels(port)
    proxy = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    yield made, server, f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    proxy.close()
    await server.stop()


async def test_tenants_are_asked_through_the_proxy(
    tunnels: tuple[Tunnels, Peer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is the tenant's; the proxy sees its name, and neither the token nor the secret."""
    made, server, place = tunnels
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@{place}")
    server.rule = lambda _seen: Reply(json={"friendly_name": "Acme"})
    async with ClientPool(None, tmp_path / "ca.pem", retry_limits=QUICK) as pool:
        found = await pool.tenant(DOMAIN, "id", SENT, Tier.FREE).settings()
    assert found["friendly_name"] == "Acme"
    assert made.heads
    assert all(head.startswith(f"CONNECT {DOMAIN}:443 HTTP/1.1") for head in made.heads)
    login = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert all(f"Basic {login}" in head for head in made.heads)
    assert not [secret for secret in (SECRET, TOKEN) if secret.encode() in made.bytes]
    assert KNOWN.mask(PASSWORD) == "[redacted]"


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:9")
    async with ClientPool(None, retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable) as refused:
            await pool.tenant(DOMAIN, "id", SENT, Tier.FREE).settings()
    assert PASSWORD not in str(refused.value)


async def test_another_kind_of_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://me:{PASSWORD}@127.0.0.1:9")
    async with ClientPool(None, retry_limits=QUICK) as pool:
        with pytest.raises(Unreachable, match="names no http or https proxy") as refused:
            await pool.tenant(DOMAIN, "id", SENT, Tier.FREE).settings()
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "no_proxy", "host", "expected"),
    [
        ("HTTPS_PROXY", "", DOMAIN, True),
        ("https_proxy", "", DOMAIN, True),
        ("ALL_PROXY", "", DOMAIN, True),
        ("HTTPS_PROXY", ".auth0.com", DOMAIN, False),
        ("HTTPS_PROXY", DOMAIN, DOMAIN, False),
        ("HTTPS_PROXY", "example.com", DOMAIN, True),
        ("HTTPS_PROXY", "*", DOMAIN, False),
        ("HTTPS_PROXY", "", "127.0.0.1", False),
        ("HTTPS_PROXY", "", "localhost", False),
        ("HTTP_PROXY", "", DOMAIN, False),
    ],
)
def test_the_usual_variables_decide(
    monkeypatch: pytest.MonkeyPatch, variable: str, no_proxy: str, host: str, expected: bool
) -> None:
    monkeypatch.setenv(variable, "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    found = proxy_for(host)
    assert (found is not None and found.url.host == "proxy.example") is expected
