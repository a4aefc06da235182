"""The `httpx` transport for all traffic to Auth0 and Twilio, around `httpx.AsyncHTTPTransport`.

It keeps each tenant within its rate limits (`tenant_throttle`), sets a time limit on every attempt, reads answers
completely, and retries what is safe to retry (`retry`):

* 429 once the limit has reset, and not before `Retry-After`, whatever the method: nothing was done. Not repeated:
  a 429 for a used-up quota of tokens, and one that asks for a longer wait than `RetryLimits.seconds`;
* failures before the request left (no connection), whatever the method;
* 5xx and lost answers of GET, PUT, PATCH, DELETE and token requests. Any other POST that may have arrived is
  never sent again.

Requests go only to the fleet's own hosts, encrypted unless they stay on this machine; redirects are not followed.
Answers are read within limits (`answer_body`), and only the headers that phonefleet reads are kept.

Answers carry two additional headers: `ATTEMPTS`, and `UNCERTAIN` for how many of them may have been carried out
although no answer confirms it. A DELETE answered with 404 and `UNCERTAIN` above 0 has succeeded.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from configs import Tier
from configs.values import is_loopback
from phonefleet.auth0.answer_body import ACCEPTED, AttemptBroken, kept_headers, read_body
from phonefleet.auth0.capacity import Capacity
from phonefleet.auth0.clock import Clock, SystemClock
from phonefleet.auth0.rate_limit_patience import PatienceExceeded
from phonefleet.auth0.rate_limits import API
from phonefleet.auth0.retry import (
    REPEATABLE,
    AttemptResult,
    HostNotAllowed,
    NoLongerPermitted,
    RetryAttempts,
    RetryLimits,
)
from phonefleet.auth0.tenant_connections import TenantConnections
from phonefleet.auth0.tenant_throttle import TenantThrottle
from phonefleet.auth0.write_permission import may_write
from phonefleet.model.endpoints import TOKEN_PATH

ATTEMPTS = "x-phonefleet-attempts"
UNCERTAIN = "x-phonefleet-uncertain"
_READS = frozenset({"GET", "HEAD"})
RENEW = "phonefleet_renew"
"""Request extension: a function that returns the request to send instead when it is repeated."""


@dataclass(frozen=True)
class RequestSeen:
    """One attempt, for counting: no query, no header, no body.

    Attributes:
        status: the HTTP status, or None when there was no usable answer.
        seconds: from asking for a connection to the answer's last byte.
    """

    domain: str
    method: str
    path: str
    status: int | None
    seconds: float


class NoUsableAnswer(httpx.TransportError):
    """No usable answer after all attempts that were safe.

    Attributes:
        attempts: number of attempts.
        maybe_arrived: True when at least one attempt may have been carried out.
        impatient: True when the next attempt would have waited too long for the rate limit.
        advice: what the operator can do next.
    """

    def __init__(
        self, message: str, request: httpx.Request, attempts: RetryAttempts, ended: AttemptResult
    ) -> None:
        super().__init__(message, request=request)
        self.attempts = attempts.made
        self.maybe_arrived = attempts.uncertain > 0
        self.impatient = isinstance(ended.error, PatienceExceeded)
        self.advice = ended.advice


class FleetTransport(httpx.AsyncBaseTransport):
    """Carries every tenant's requests, through a pool of connections per tenant.

    Args:
        connect_to: `scheme://host:port` to send everything to, Host and TLS name kept; or None.
        ca_file: PEM file of an additional authority; or None.
        timeout: seconds for one attempt, from connecting to the last byte.
        clock: where time comes from.
        retry_limits: when to stop retrying.
        capacity: connections and size of answers.
        on_wait: called with domain and seconds whenever a request waits for a rate limit.
        on_request: called after every attempt.
    """

    def __init__(
        self,
        *,
        connect_to: str | None = None,
        ca_file: Path | None = None,
        timeout: float = 30.0,
        clock: Clock | None = None,
        retry_limits: RetryLimits | None = None,
        capacity: Capacity | None = None,
        on_wait: Callable[[str, float], None] | None = None,
        on_request: Callable[[RequestSeen], None] | None = None,
    ) -> None:
        self._address = httpx.URL(connect_to) if connect_to else None
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._retry_limits = retry_limits or RetryLimits()
        self._capacity = capacity or Capacity()
        self._on_wait = on_wait or (lambda _domain, _seconds: None)
        self._on_request = on_request or (lambda _seen: None)
        self._shared = asyncio.Semaphore(self._capacity.total)
        self._throttles: dict[str, TenantThrottle] = {}
        self._connections = TenantConnections(
            create_ssl_context(ca_file),
            self._capacity.per_tenant,
            self._capacity.idle_tenants,
            self._address.host if self._address else "",
        )

    def set_tier(self, domain: str, tier: Tier) -> None:
        """Set a tenant's rate limits. A domain without any gets those of the smallest tier."""
        self._throttles[domain] = TenantThrottle(
            domain, tier, self._capacity.per_tenant, self._shared, self._clock, self._on_wait
        )

    def allow(self, host: str) -> None:
        """Let requests go to a host that is no tenant of the fleet: Twilio's API."""
        if host not in self._throttles:
            self.set_tier(host, Tier.FREE)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connections.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; wait and retry as described for the module.

        Raises:
            NoUsableAnswer: every attempt ended without an answer. 4xx and 5xx answers are returned, not raised.
        """
        label = f"{request.url.host}: {request.method} {request.url.path}"
        throttled = request.url.path.startswith(API)
        limits = self._retry_limits if throttled else self._retry_limits.brief()
        repeatable = request.method in REPEATABLE or request.url.path == TOKEN_PATH
        attempts = RetryAttempts(label, repeatable, limits, self._clock, throttled=throttled)

        async def attempt(request: httpx.Request) -> AttemptResult:
            renew = request.extensions.get(RENEW) if attempts.made else None
            return await self._attempt(renew() if renew else request)

        ended = await attempts.run(attempt, request)
        if ended.response is None:
            message = f"{ended.describe()}, after {attempts.made} attempt{'s' if attempts.made > 1 else ''}"
            raise NoUsableAnswer(message, request, attempts, ended)
        ended.response.headers[ATTEMPTS] = str(attempts.made)
        ended.response.headers[UNCERTAIN] = str(attempts.uncertain)
        return ended.response

    async def _attempt(self, request: httpx.Request) -> AttemptResult:
        domain = request.url.host
        if domain not in self._throttles:
            return AttemptResult(error=HostNotAllowed(f"{domain} is no host of the fleet file"))
        started = self._clock.monotonic()
        try:
            async with self._throttles[domain].admit(request.method, request.url.path) as permit:
                if self._is_write(request) and not await may_write():
                    return AttemptResult(error=NoLongerPermitted("the lease of the tenant is lost"))
                started = self._clock.monotonic()
                ended = await self._send(request)
                permit.response = ended.response
        except PatienceExceeded as error:
            return AttemptResult(error=error)
        status = ended.response.status_code if ended.response is not None else None
        seconds = self._clock.monotonic() - started
        self._on_request(RequestSeen(domain, request.method, request.url.path, status, seconds))
        return ended

    @staticmethod
    def _is_write(request: httpx.Request) -> bool:
        return request.method not in _READS and request.url.path.startswith(API)

    async def _send(self, request: httpx.Request) -> AttemptResult:
        try:
            async with self._connections.of(request.url.host) as pool, asyncio.timeout(self._timeout):
                return AttemptResult(
                    await self._read(await pool.handle_async_request(self._redirected(request)))
                )
        except TimeoutError:
            return AttemptResult(error=httpx.ReadTimeout(f"no complete answer within {self._timeout:g} s"))
        except httpx.RequestError as error:
            return AttemptResult(error=error)
        except Exception as error:
            # A hostile answer must not end as an untyped error: after a write its intent would stay open.
            return AttemptResult(error=AttemptBroken(error))

    async def _read(self, response: httpx.Response) -> httpx.Response:
        """Return the answer with its whole body in memory, decompressed, and the headers that are read."""
        try:
            body = await read_body(response, self._capacity.answer_bytes)
        finally:
            await response.aclose()
        return httpx.Response(response.status_code, headers=kept_headers(response), content=body)

    def _redirected(self, request: httpx.Request) -> httpx.Request:
        """Address the request to `connect_to` if that is set, under the tenant's own name.

        Raises:
            HostNotAllowed: it would leave this machine unencrypted.
        """
        request.headers["accept-encoding"] = ACCEPTED
        target = self._address or request.url
        if target.scheme != "https" and not is_loopback(target.host):
            raise HostNotAllowed(f"{target.scheme}://{target.host} is not encrypted and not on this machine")
        if self._address is None:
            return request
        host = request.url.host
        url = request.url.copy_with(
            scheme=self._address.scheme, host=self._address.host, port=self._address.port
        )
        extensions = {**request.extensions, "sni_hostname": host}
        return httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
        )


def create_ssl_context(ca_file: Path | None) -> ssl.SSLContext:
    """Create a context for TLS 1.2 and later that trusts the usual authorities and the one in `ca_file`.

    Raises:
        OSError: the file cannot be read, or holds no certificate (`ssl.SSLError`).
    """
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
