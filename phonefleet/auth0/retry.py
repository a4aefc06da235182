"""Decide whether, when and how often a request is retried. No other layer repeats a request."""

from __future__ import annotations

import logging
import random
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from phonefleet.auth0.answer_body import AnswerRefused
from phonefleet.auth0.clock import Clock
from phonefleet.auth0.rate_limit_patience import PatienceExceeded
from phonefleet.auth0.token_quota import retry_after, used_up_quota

# Every PATCH that phonefleet sends sets absolute values: sending it twice is the same as sending it once.
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
# Raised before a byte of the request has left.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    PatienceExceeded,
)

log = logging.getLogger(__name__)


class NoLongerPermitted(httpx.UnsupportedProtocol):
    """A write of a tenant that another process may have taken over; it was not sent."""


class HostNotAllowed(httpx.UnsupportedProtocol):
    """A request to a host that the fleet file does not name, or unencrypted; it was not sent."""


_QUOTING = (httpx.ProtocolError, httpx.DecodingError)
# Another attempt would fail in the same way.
_PERMANENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, AnswerRefused, PatienceExceeded)


@dataclass(frozen=True)
class RetryLimits:
    """When to stop retrying.

    Attributes:
        attempts: maximum number of attempts that end in a lost connection, a time-out or a 5xx.
        timeouts: of these, maximum number of attempts whose answer had begun or was awaited until the time limit.
        refusals: maximum number of 429s.
        seconds: time after the first failure within which an attempt may start; a 429 that asks to wait longer is
            not repeated.
        base: seconds; the n-th pause is random between 0 and `base * 2**n` (full jitter).
        longest: seconds; maximum length of such a pause. Waiting for a rate limit's reset is no such pause.
    """

    attempts: int = 6
    timeouts: int = 2
    refusals: int = 30
    seconds: float = 180.0
    base: float = 0.3
    longest: float = 20.0

    def brief(self) -> RetryLimits:
        """Return the limits outside the Management API: given up within a minute, because other work waits for it."""
        return replace(self, refusals=min(self.refusals, 4), seconds=min(self.seconds, 30.0))


@dataclass(frozen=True)
class AttemptResult:
    """How one attempt ended: with an answer or with an error."""

    response: httpx.Response | None = None
    error: Exception | None = None

    @property
    def refused(self) -> bool:
        """True for a 429: nothing was done, whatever the method."""
        return self.response is not None and self.response.status_code == httpx.codes.TOO_MANY_REQUESTS

    @property
    def asks_to_wait(self) -> float:
        """The seconds that a 429 asks to wait before the next attempt; 0 where it does not say."""
        if self.response is None or not self.refused:
            return 0.0
        return retry_after(self.response.headers) or 0.0

    @property
    def uncertain(self) -> bool:
        """True when the request may have been carried out although no answer confirms it."""
        if self.response is not None:
            return self.response.is_server_error
        return not isinstance(self.error, _NEVER_SENT)

    @property
    def failed(self) -> bool:
        """True when there is no answer to act on."""
        return self.response is None or self.response.is_server_error

    @property
    def permanent(self) -> bool:
        """True when another attempt would fail in the same way."""
        if self.response is not None:
            return self.refused and used_up_quota(self.response.headers) is not None
        return isinstance(self.error, _PERMANENT) or self._bad_certificate or self._unknown_name

    @property
    def _bad_certificate(self) -> bool:
        return _find_cause(self.error, ssl.SSLCertVerificationError) is not None

    @property
    def _unknown_name(self) -> bool:
        """True when the name does not exist; False when no resolver answered."""
        cause = _find_cause(self.error, socket.gaierror)
        return cause is not None and cause.errno in {socket.EAI_NONAME, socket.EAI_NODATA}

    @property
    def advice(self) -> str:
        """What the operator can do about an attempt without an answer."""
        if isinstance(self.error, NoLongerPermitted):
            return "Run `phonefleet status` to see which run has the tenant now"
        if isinstance(self.error, HostNotAllowed):
            return "Name the host in the fleet file, with https://"
        if isinstance(self.error, PatienceExceeded):
            return "Other programs use up this tenant's limit: run again later, or raise connection.rate_limit_patience"
        if self._bad_certificate:
            return "Name the authority that signed its certificate in connection.ca_file"
        if self._unknown_name:
            return "Check the domain: no such name"
        if isinstance(self.error, httpx.TimeoutException):
            return "Run again, or raise connection.timeout"
        return "Check that the tenant can be reached from here, then run again"

    def describe(self) -> str:
        """Describe the result on one line, without anything of the request or of the answer's body."""
        if self.response is not None:
            return f"status {self.response.status_code}"
        kind = type(self.error).__name__
        # The texts of these repeat what was sent, the Authorization header too, or what was answered.
        return kind if isinstance(self.error, _QUOTING) else f"{kind}: {self.error}".rstrip(": ")


class RetryAttempts:
    """Counts the attempts of one request and decides whether to make another.

    Args:
        label: the request's name in the log.
        repeatable: True when the request may be sent again after it may have been carried out.
        limits: when to stop.
        clock: where time comes from.
        throttled: True when the tenant's throttle keeps the time that a 429 asks to wait; else the pause does.
    """

    def __init__(
        self, label: str, repeatable: bool, limits: RetryLimits, clock: Clock, *, throttled: bool = True
    ) -> None:
        self._label = label
        self._repeatable = repeatable
        self._limits = limits
        self._clock = clock
        self._throttled = throttled
        self._first_failure = 0.0
        self.made = 0
        self.refusals = 0
        self.failures = 0
        self.timeouts = 0
        self.uncertain = 0

    async def run(
        self, attempt: Callable[[httpx.Request], Coroutine[None, None, AttemptResult]], request: httpx.Request
    ) -> AttemptResult:
        """Retry until there is an answer to act on or a limit is reached; return the last result."""
        retrying = AsyncRetrying(
            retry=retry_if_result(self._again),
            wait=self._pause,
            stop=self._exhausted,
            sleep=self._clock.sleep,
            before_sleep=self._log,
            retry_error_callback=_last_result,
        )
        ended: AttemptResult = await retrying(attempt, request)
        return ended

    def _again(self, ended: AttemptResult) -> bool:
        self.made += 1
        if not (ended.refused or ended.failed):
            return False
        if not (self.refusals or self.failures):
            self._first_failure = self._clock.monotonic()
        self.refusals += ended.refused
        self.failures += ended.failed
        self.timeouts += isinstance(ended.error, httpx.ReadTimeout)
        self.uncertain += ended.failed and ended.uncertain
        return not ended.permanent and (ended.refused or self._repeatable or not ended.uncertain)

    def _pause(self, state: RetryCallState) -> float:
        doublings = max(0, self.refusals + self.failures - 1)
        pause = random.uniform(0, min(self._limits.longest, self._limits.base * 2**doublings))  # noqa: S311
        return pause if self._throttled else max(pause, _last_result(state).asks_to_wait)

    def _exhausted(self, state: RetryCallState) -> bool:
        pause = max(state.upcoming_sleep, _last_result(state).asks_to_wait)
        late = self._clock.monotonic() + pause - self._first_failure > self._limits.seconds
        return (
            late
            or self.failures >= self._limits.attempts
            or self.timeouts >= self._limits.timeouts
            or self.refusals >= self._limits.refusals
        )

    def _log(self, state: RetryCallState) -> None:
        log.info(
            "%s: attempt %d ended in %s; again in %.2f s",
            self._label,
            self.made,
            _last_result(state).describe(),
            state.upcoming_sleep,
        )


def _last_result(state: RetryCallState) -> AttemptResult:
    if state.outcome is None:
        raise RuntimeError("no attempt was made yet")
    ended: AttemptResult = state.outcome.result()
    return ended


def _find_cause(error: BaseException | None, kind: type[OSError]) -> OSError | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
