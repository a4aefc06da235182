"""Opens the one door to Auth0 for a process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from phonefleet.auth0.clock import Clock, SystemClock
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.rate_limits import Tier
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.token import TokenKeeper
from phonefleet.auth0.transport import Capacity, FleetTransport, RequestSeen


class ClientPool:
    """One pool of connections, one retry policy and one access token a tenant, for as long as it is open.

    Use it as an async context manager, within one event loop.

    Args:
        connect_to: `scheme://host:port` to send all requests to, their Host kept; None for the tenants' own.
        ca_file: PEM file of an authority trusted besides the usual ones.
        timeout: seconds for one attempt of a request.
        on_wait: called with domain and seconds whenever a request waits for a tenant's rate limit.
        on_request: called after every attempt.
        clock: where time comes from.
        patience: how long to keep trying.
        capacity: connections and size of answers.
    """

    def __init__(
        self,
        connect_to: str | None = None,
        ca_file: Path | None = None,
        timeout: float = 30.0,
        *,
        on_wait: Callable[[str, float], None] | None = None,
        on_request: Callable[[RequestSeen], None] | None = None,
        clock: Clock | None = None,
        patience: RetryLimits | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._transport = FleetTransport(
            connect_to=connect_to,
            ca_file=ca_file,
            timeout=timeout,
            clock=self._clock,
            patience=patience,
            capacity=capacity,
            on_wait=on_wait,
            on_request=on_request,
        )
        self._plain = httpx.AsyncClient(
            transport=self._transport, timeout=httpx.Timeout(timeout, pool=None), trust_env=False
        )
        self._tenants: dict[str, ManagementApi] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._plain.aclose()

    def tenant(
        self, domain: str, client_id: str, client_secret: Callable[[], SecretStr], tier: str
    ) -> ManagementApi:
        """The Management API of one tenant; the same object every time for the same domain.

        Args:
            domain: canonical domain, for example `acme.eu.auth0.com`.
            client_id: the application to act as.
            client_secret: gives the secret whenever a token is asked for.
            tier: a value of `limits.Tier`.

        Raises:
            ValueError: an unknown tier.
        """
        if domain not in self._tenants:
            self._transport.open_lane(domain, Tier(tier))
            keeper = TokenKeeper(domain, client_id, client_secret, self._plain, self._clock)
            self._tenants[domain] = ManagementApi(domain, client_id, keeper, self._transport, self._timeout)
        return self._tenants[domain]
