"""The clients of the Management API that a process uses, one per tenant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from configs import Tier
from phonefleet.auth0.capacity import Capacity
from phonefleet.auth0.client_authentication import ClientAuthentication
from phonefleet.auth0.clock import Clock, SystemClock
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.sdk_caller import SdkCaller
from phonefleet.auth0.token import TokenKeeper
from phonefleet.auth0.transport import FleetTransport, RequestSeen
from phonefleet.secrets.known_values import KNOWN


class ClientPool:
    """One pool of connections, one retry policy and one access token per tenant, while it is open.

    Use it as an async context manager, within one event loop.

    Attributes:
        plain: requests tokens through the same connections and retries.

    Args:
        connect_to: `scheme://host:port` to send all requests to, with their own Host; None for the tenants themselves.
        ca_file: PEM file of an additional authority.
        timeout: seconds for one attempt of a request.
        on_wait: called with domain and seconds whenever a request waits for a tenant's rate limit.
        on_request: called after every attempt.
        clock: where time comes from.
        retry_limits: when to stop retrying.
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
        retry_limits: RetryLimits | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._transport = FleetTransport(
            connect_to=connect_to,
            ca_file=ca_file,
            timeout=timeout,
            clock=self._clock,
            retry_limits=retry_limits,
            capacity=capacity,
            on_wait=on_wait,
            on_request=on_request,
        )
        self.plain = httpx.AsyncClient(
            transport=self._transport, timeout=httpx.Timeout(timeout, pool=None), trust_env=False
        )
        self._tenants: dict[str, ManagementApi] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.plain.aclose()

    def client_for(self, url: str) -> httpx.AsyncClient:
        """Return a client without authentication for requests to an API that is not Auth0's, such as Twilio's."""
        self._transport.allow(httpx.URL(url).host)
        return self.plain

    def tenant(
        self,
        domain: str,
        client_id: str,
        authentication: ClientAuthentication,
        tier: Tier,
        audience: str = "",
    ) -> ManagementApi:
        """Return the Management API of one tenant; always the same object for a domain.

        Args:
            domain: canonical domain, for example `acme.eu.auth0.com`.
            client_id: the application to act as.
            authentication: how the application authenticates.
            tier: its class of rate limit.
            audience: the identifier of its Management API; empty for `https://DOMAIN/api/v2/`.
        """
        if domain not in self._tenants:
            KNOWN.reserve([domain])
            self._transport.set_tier(domain, tier)
            audience = audience or f"https://{domain}/api/v2/"
            keeper = TokenKeeper(domain, client_id, authentication, self.plain, self._clock, audience)
            caller = SdkCaller(domain, client_id, keeper, self._transport, self._timeout, audience)
            self._tenants[domain] = ManagementApi(caller)
        return self._tenants[domain]
