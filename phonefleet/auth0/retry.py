"""What may be tried again, when, and when to stop. The only layer that repeats a request."""

from __future__ import annotations

import logging
import random
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from phonefleet.auth0.clock import Clock

# Every PATCH that phonefleet sends states absolute values: sending it twice is the same as sending it once.
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
# Raised before a byte of the request has left.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

log = logging.getLogger(__name__)


class AnswerTooLarge(httpx.RequestError):
    """An answer of more bytes than the door takes in."""


# The next attempt would meet the same end.
_HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, AnswerTooLarge)


@dataclass(frozen=True)
class RetryLimits:
    """How long to keep trying.

    Attributes:
        attempts: at most so many attempts that end in a lost connection, a time-out or a 5xx.
        refusals: at most so many 429s.
        seconds: no further attempt starts later than this after the first failure.
        base: seconds; the n-th pause is random between 0 and `base * 2**n` (full jitter).
        longest: seconds; no pause of ours is longer. Waiting for a rate limit's reset is not such a pause.
    """

    attempts: int = 6
    refusals: int = 30
    seconds: float = 180.0
    base: float = 0.3
    longest: float = 20.0


@dataclass(frozen=True)
class Try:
    """How one attempt ended: an answer, or the error that stood in its place."""

    response: httpx.Response | None = None
    error: Exception | None = None

    @property
    def refused(self) -> bool:
        """True for a 429: nothing was done, whatever the method."""
        return self.response is not None and self.response.status_code == httpx.codes.TOO_MANY_REQUESTS

    @property
    def uncertain(self) -> bool:
        """True when the request may have been carried out though no answer says so."""
        if self.response is not None:
            return self.response.is_server_error
        return not isinstance(self.error, _NEVER_SENT)

    @property
    def failed(self) -> bool:
        """True when there is no answer to act on."""
        return self.response is None or self.response.is_server_error

    @property
    def hopeless(self) -> bool:
        """True when another attempt would meet the same end."""
        return isinstance(self.error, _HOPELESS) or bad_certificate(self.error) or unknown_name(self.error)

    def describe(self) -> str:
        """What happened, on one line, without anything of the request or of the answer's body."""
        if self.response is not None:
            return f"status {self.response.status_code}"
        return f"{type(self.error).__name__}: {self.error}".rstrip(": ")


class RetryAttempts:
    """The attempts of one request so far, and whether there may be another.

    Args:
        label: what the log calls the request.
        repeatable: True when the request may be sent again after it may have been carried out.
        patience: the limits.
        clock: where time comes from.
    """

    def __init__(self, label: str, repeatable: bool, patience: RetryLimits, clock: Clock) -> None:
        self._label = label
        self._repeatable = repeatable
        self._patience = patience
        self._clock = clock
        self._first_failure = 0.0
        self.made = 0
        self.refusals = 0
        self.failures = 0
        self.uncertain = 0

    async def run(
        self, attempt: Callable[[httpx.Request], Coroutine[None, None, Try]], request: httpx.Request
    ) -> Try:
        """Try until there is an answer to act on or no reason left to go on; gives the last attempt's end."""
        retrying = AsyncRetrying(
            retry=retry_if_result(self._again),
            wait=self._pause,
            stop=self._exhausted,
            sleep=self._clock.sleep,
            before_sleep=self._log,
            retry_error_callback=_last,
        )
        ended: Try = await retrying(attempt, request)
        return ended

    def _again(self, ended: Try) -> bool:
        self.made += 1
        if not (ended.refused or ended.failed):
            return False
        if not (self.refusals or self.failures):
            self._first_failure = self._clock.monotonic()
        self.refusals += ended.refused
        self.failures += ended.failed
        self.uncertain += ended.failed and ended.uncertain
        return ended.refused or (not ended.hopeless and (self._repeatable or not ended.uncertain))

    def _pause(self, _state: RetryCallState) -> float:
        doublings = max(0, self.refusals + self.failures - 1)
        return random.uniform(0, min(self._patience.longest, self._patience.base * 2**doublings))  # noqa: S311

    def _exhausted(self, state: RetryCallState) -> bool:
        late = self._clock.monotonic() + state.upcoming_sleep - self._first_failure > self._patience.seconds
        return late or self.failures >= self._patience.attempts or self.refusals >= self._patience.refusals

    def _log(self, state: RetryCallState) -> None:
        log.info(
            "%s: attempt %d ended in %s; again in %.2f s",
            self._label,
            self.made,
            _last(state).describe(),
            state.upcoming_sleep,
        )


def _last(state: RetryCallState) -> Try:
    if state.outcome is None:
        raise RuntimeError("asked for the end of an attempt that was not made")
    ended: Try = state.outcome.result()
    return ended


def bad_certificate(error: BaseException | None) -> bool:
    """True when TLS failed because the server's certificate is not trusted."""
    return _caused_by(error, ssl.SSLCertVerificationError) is not None


def unknown_name(error: BaseException | None) -> bool:
    """True when the name does not exist, as against a resolver that could not be asked."""
    found = _caused_by(error, socket.gaierror)
    return found is not None and found.errno in {socket.EAI_NONAME, socket.EAI_NODATA}


def _caused_by(error: BaseException | None, kind: type[OSError]) -> OSError | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
