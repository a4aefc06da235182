from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from phonefleet.auth0 import ClientPool, ManagementApi
from phonefleet.auth0.transport import RequestSeen
from tests.auth0.http_peer import DOMAIN, QUICK, SECRET, FakeClock, Peer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.start()
    yield peer
    await peer.stop()


class Opened:
    """A door onto a peer, with what it reported."""

    def __init__(self, door: ClientPool, waits: list[tuple[str, float]], attempts: list[RequestSeen]) -> None:
        self.door = door
        self.waits = waits
        self.attempts = attempts

    def tenant(self, domain: str = DOMAIN, tier: str = "enterprise_production") -> ManagementApi:
        return self.door.tenant(domain, "client-of-" + domain, lambda: SecretStr(SECRET), tier)


@pytest.fixture
async def open_door(peer: Peer) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Opened:
            waits: list[tuple[str, float]] = []
            attempts: list[RequestSeen] = []
            options = {"connect_to": peer.address, "patience": QUICK, "timeout": 5.0} | options
            door = ClientPool(
                on_wait=lambda domain, seconds: waits.append((domain, seconds)),
                on_request=attempts.append,
                **options,
            )
            return Opened(await stack.enter_async_context(door), waits, attempts)

        yield make


@pytest.fixture
async def api(open_door: Callable[..., Any]) -> ManagementApi:
    tenant: ManagementApi = (await open_door()).tenant()
    return tenant
