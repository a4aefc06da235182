"""A token bucket corrected by the server's headers. Pure: the caller passes the time."""

from __future__ import annotations

from phonefleet.auth0.rate_limits import BucketState, RateLimit, learned_limit

# With nothing left, every request would be refused until the reset, also those of the tenant's own programs,
# which draw from the same bucket. So one request is always left in it.
_RESERVE = 1
_ROUNDING = 1e-9
_SHORTEST_PAUSE = 0.001
"""Seconds; a shorter sleep may end before the clock has advanced, and the waiting task would spin."""
LONGEST_WAIT = 120.0
"""Seconds; a later reset is not waited for: the next request asks the server again."""


class Bucket:
    """Counts the requests that may be sent under one rate limit of one tenant.

    Starts from the tier's published figures and never takes the last request. Every answer's headers replace
    the estimate: the remaining requests that the server reports, less those in flight. When the server reports
    none, nothing is sent before its reset.

    Args:
        limit: the published figures to start from.
        now: monotonic seconds.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit.burst)
        self._at = now
        self._blocked_until = now
        self._in_flight: set[int] = set()
        self._last = 0
        self._newest_answered = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent, 0 for now."""
        earned = max(0.0, now - self._at) * self.limit.per_second
        self._tokens = min(float(self.limit.burst), self._tokens + earned)
        self._at = max(self._at, now)
        missing = 1 + min(_RESERVE, self.limit.burst - 1) - self._tokens
        pause = max(missing / self.limit.per_second, _SHORTEST_PAUSE) if missing > _ROUNDING else 0.0
        return max(self._blocked_until - now, pause, 0.0)

    def take(self, now: float) -> int | None:
        """Return a ticket for one request to send now, for `record_answer` later; None if it has to wait."""
        if self.wait(now) > 0:
            return None
        self._tokens -= 1
        self._last += 1
        self._in_flight.add(self._last)
        return self._last

    def record_answer(self, ticket: int, now: float, state: BucketState | None) -> None:
        """Record the end of a ticket's request, with its answer's headers; None for no answer or no headers."""
        self._in_flight.discard(ticket)
        if state is None or ticket < self._newest_answered:
            return
        self._newest_answered = ticket
        if state.limit > 0 and state.limit != self.limit.burst:
            self.limit = learned_limit(self.limit, state.limit)
        self._at = now
        self._tokens = float(max(0, min(self.limit.burst, state.remaining - len(self._in_flight))))
        self._blocked_until = now + min(state.reset_in, LONGEST_WAIT) if state.remaining <= 0 else now

    def block(self, now: float, seconds: float) -> None:
        """Send nothing for a number of seconds: for a 429 without headers."""
        self._blocked_until = max(self._blocked_until, now + seconds)
