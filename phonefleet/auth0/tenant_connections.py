"""One pool of connections per tenant, with a limit on how many tenants keep idle ones open."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from phonefleet.auth0.proxies import proxy_for

KEEPALIVE_SECONDS = 5.0


class TenantConnections:
    """Open connections to many tenants, each tenant's in a pool of its own.

    httpcore looks at every connection of a pool for each request. With one pool for the fleet, a request costs
    time proportional to the number of tenants at work.

    Args:
        tls: the TLS context of all connections.
        per_tenant: connections to one tenant at the same time.
        idle_tenants: tenants without a request in progress that may keep their connections. Beyond it, those of
            the tenant that has been idle for longest are closed.
        connect_to: the host that all connections are made to; empty for the tenants' own.
    """

    def __init__(self, tls: ssl.SSLContext, per_tenant: int, idle_tenants: int, connect_to: str = "") -> None:
        self._connect_to = connect_to
        self._tls = tls
        self._limits = httpx.Limits(
            max_connections=per_tenant,
            max_keepalive_connections=per_tenant,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
        self._idle_tenants = idle_tenants
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}
        self._in_use: dict[str, int] = {}
        self._idle: OrderedDict[str, None] = OrderedDict()

    @asynccontextmanager
    async def of(self, domain: str) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        """Give the tenant's pool for one request; it stays open until the block ends."""
        self._idle.pop(domain, None)
        if domain not in self._pools:
            proxy = proxy_for(self._connect_to or domain)
            self._pools[domain] = httpx.AsyncHTTPTransport(
                verify=self._tls, http2=False, limits=self._limits, proxy=proxy
            )
        self._in_use[domain] = self._in_use.get(domain, 0) + 1
        try:
            yield self._pools[domain]
        finally:
            self._in_use[domain] -= 1
            if not self._in_use[domain]:
                del self._in_use[domain]
                self._idle[domain] = None
            await self._close_surplus()

    async def _close_surplus(self) -> None:
        while len(self._idle) > self._idle_tenants:
            domain, _ = self._idle.popitem(last=False)
            await self._pools.pop(domain).aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        self._idle.clear()
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.aclose()
