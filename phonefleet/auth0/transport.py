"""Every byte to and from Auth0 passes here: an `httpx` transport around `httpx.AsyncHTTPTransport`.

It keeps each tenant within its rate limits (`lane`), sets a time limit on every attempt, takes answers in
whole, and repeats what is safe to repeat (`retry`):

* 429 once the limit has reset, whatever the method: nothing was done;
* failures before the request left (no connection), whatever the method;
* 5xx and lost answers of GET, PUT, PATCH and DELETE, and of asking for a token. Any other POST that may have
  arrived is never sent again.

Answers carry two headers of our own: `ATTEMPTS`, and `UNCERTAIN` for how many of them may have been carried
out though no answer said so. A DELETE answered 404 with `UNCERTAIN` above 0 has done its work.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from phonefleet.auth0.clock import Clock, SystemClock
from phonefleet.auth0.rate_limits import Tier
from phonefleet.auth0.retry import (
    REPEATABLE,
    AnswerTooLarge,
    RetryAttempts,
    RetryLimits,
    Try,
    bad_certificate,
    unknown_name,
)
from phonefleet.auth0.tenant_throttle import TenantThrottle

ATTEMPTS = "x-phonefleet-attempts"
UNCERTAIN = "x-phonefleet-uncertain"
TOKEN_PATH = "/oauth/token"  # noqa: S105 -- a path, not a password


@dataclass(frozen=True)
class Capacity:
    """What the door may hold open and take in.

    Attributes:
        per_tenant: open connections to one tenant.
        total: open connections in all.
        answer_bytes: the largest answer taken in, after decompression.
    """

    per_tenant: int = 6
    total: int = 100
    answer_bytes: int = 32 * 1024 * 1024


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


class GaveUp(httpx.TransportError):
    """No usable answer after everything that was safe to try.

    Attributes:
        attempts: how many times the request was made.
        maybe_arrived: True when at least one attempt may have been carried out.
        advice: what the operator can do next.
    """

    def __init__(self, message: str, request: httpx.Request, attempts: RetryAttempts, advice: str) -> None:
        super().__init__(message, request=request)
        self.attempts = attempts.made
        self.maybe_arrived = attempts.uncertain > 0
        self.advice = advice


class FleetTransport(httpx.AsyncBaseTransport):
    """Carries every tenant's requests through one pool of connections.

    Args:
        connect_to: `scheme://host:port` to send everything to, Host and TLS name kept; or None.
        ca_file: PEM file of an authority trusted besides the usual ones; or None.
        timeout: seconds for one attempt, from connecting to the last byte.
        clock: where time comes from.
        patience: how long to keep trying.
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
        patience: RetryLimits | None = None,
        capacity: Capacity | None = None,
        on_wait: Callable[[str, float], None] | None = None,
        on_request: Callable[[RequestSeen], None] | None = None,
    ) -> None:
        self._address = httpx.URL(connect_to) if connect_to else None
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._patience = patience or RetryLimits()
        self._capacity = capacity or Capacity()
        self._on_wait = on_wait or _ignore_wait
        self._on_request = on_request or _ignore_request
        self._shared = asyncio.Semaphore(self._capacity.total)
        self._lanes: dict[str, TenantThrottle] = {}
        self._wire = _wire(ca_file, self._capacity)

    def open_lane(self, domain: str, tier: Tier) -> None:
        """Say which rate limits a tenant has. A domain never named here gets those of the smallest tier."""
        self._lanes[domain] = TenantThrottle(
            domain, tier, self._capacity.per_tenant, self._shared, self._clock, self._on_wait
        )

    async def aclose(self) -> None:
        """Close the pool's connections."""
        await self._wire.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, waiting and repeating as the module says.

        Raises:
            GaveUp: no usable answer. Any answer, 4xx and 5xx too, is returned and not raised.
        """
        attempts = RetryAttempts(_label(request), _repeatable(request), self._patience, self._clock)
        ended = await attempts.run(self._attempt, request)
        if ended.response is None:
            raise GaveUp(_story(ended, attempts), request, attempts, _advice(ended))
        ended.response.headers[ATTEMPTS] = str(attempts.made)
        ended.response.headers[UNCERTAIN] = str(attempts.uncertain)
        return ended.response

    async def _attempt(self, request: httpx.Request) -> Try:
        async with self._lane(request.url.host).admit(request.url.path) as leave:
            started = self._clock.monotonic()
            ended = await self._send(request)
            leave.response = ended.response
        status = ended.response.status_code if ended.response is not None else None
        seconds = self._clock.monotonic() - started
        self._on_request(RequestSeen(request.url.host, request.method, request.url.path, status, seconds))
        return ended

    async def _send(self, request: httpx.Request) -> Try:
        try:
            async with asyncio.timeout(self._timeout):
                return Try(await self._read(await self._wire.handle_async_request(self._aimed(request))))
        except TimeoutError:
            return Try(error=httpx.ReadTimeout(f"no whole answer within {self._timeout:g} s"))
        except httpx.RequestError as error:
            return Try(error=error)

    async def _read(self, response: httpx.Response) -> httpx.Response:
        """The answer with its body in memory, decompressed, so that nothing of it can be lost later."""
        body = bytearray()
        try:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._capacity.answer_bytes:
                    raise AnswerTooLarge(f"an answer of more than {self._capacity.answer_bytes} bytes")
        finally:
            await response.aclose()
        headers = [(k, v) for k, v in response.headers.multi_items() if k not in _ABOUT_THE_WIRE]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body))

    def _aimed(self, request: httpx.Request) -> httpx.Request:
        """The request as it goes out: to `connect_to` if that is set, under the tenant's own name."""
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

    def _lane(self, domain: str) -> TenantThrottle:
        if domain not in self._lanes:
            self.open_lane(domain, Tier.FREE)
        return self._lanes[domain]


_ABOUT_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _wire(ca_file: Path | None, capacity: Capacity) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(
        verify=trust(ca_file),
        http2=False,
        limits=httpx.Limits(
            max_connections=capacity.total, max_keepalive_connections=capacity.total, keepalive_expiry=5.0
        ),
    )


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that believes the usual authorities, and the one in `ca_file` besides.

    Raises:
        OSError: the file cannot be read, or holds no certificate (`ssl.SSLError`).
    """
    context = httpx.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _label(request: httpx.Request) -> str:
    return f"{request.url.host}: {request.method} {request.url.path}"


def _repeatable(request: httpx.Request) -> bool:
    return request.method in REPEATABLE or request.url.path == TOKEN_PATH


def _story(ended: Try, attempts: RetryAttempts) -> str:
    return f"{ended.describe()}, after {attempts.made} attempt{'s' if attempts.made > 1 else ''}"


def _advice(ended: Try) -> str:
    if bad_certificate(ended.error):
        return "Name the authority that signed its certificate in connection.ca_file"
    if unknown_name(ended.error):
        return "Check the domain: no such name"
    if isinstance(ended.error, httpx.TimeoutException):
        return "Run again, or raise connection.timeout"
    return "Check that the tenant can be reached from here, then run again"


def _ignore_wait(_domain: str, _seconds: float) -> None:
    """For who does not watch the waiting."""


def _ignore_request(_seen: RequestSeen) -> None:
    """For who does not count."""
