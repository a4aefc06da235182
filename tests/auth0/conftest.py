from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
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
    """A pool onto a peer, with what it reported."""

    def __init__(self, pool: ClientPool, waits: list[tuple[str, float]], attempts: list[RequestSeen]) -> None:
        self.pool = pool
        self.waits = waits
        self.attempts = attempts

    def tenant(self, domain: str = DOMAIN, tier: Tier = Tier.ENTERPRISE_PRODUCTION) -> ManagementApi:
        return self.pool.tenant(
            domain, "client-of-" + domain, ClientSecretPost(lambda: SecretStr(SECRET)), tier
        )


@pytest.fixture
async def open_pool(peer: Peer) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Opened:
            waits: list[tuple[str, float]] = []
            attempts: list[RequestSeen] = []
            options = {"connect_to": peer.address, "retry_limits": QUICK, "timeout": 5.0} | options
            pool = ClientPool(
                on_wait=lambda domain, seconds: waits.append((domain, seconds)),
                on_request=attempts.append,
                **options,
            )
            return Opened(await stack.enter_async_context(pool), waits, attempts)

        yield make


@pytest.fixture
async def api(open_pool: Callable[..., Any]) -> ManagementApi:
    tenant: ManagementApi = (await open_pool()).tenant()
    return tenant
