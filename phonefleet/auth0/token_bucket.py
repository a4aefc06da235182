"""A token bucket corrected by the server's headers. Pure: the caller passes the time."""

from __future__ import annotations

from phonefleet.auth0.rate_limits import BucketState, RateLimit, learned_limit

_RESERVED_PART = 5
"""A fifth of the bucket, and at least one request, is left to the tenant's own programs: they draw from the same
bucket, and what they took since the last answer is not known."""
_ROUNDING = 1e-9
_SHORTEST_PAUSE = 0.001
"""Seconds; a shorter sleep may end before the clock has advanced, and the waiting task would spin."""
LONGEST_WAIT = 120.0
"""Seconds; a later reset is not waited for: the next request asks the server again."""


def left_to_others(burst: int) -> int:
    """Return how many requests of a full bucket are not taken."""
    return min(max(1, burst // _RESERVED_PART), burst - 1)


class Bucket:
    """Counts the requests that may be sent under one rate limit of one tenant.

    Starts from the tier's published figures and leaves a part to others. Every answer's headers correct the
    estimate: the server had the reported requests left, less those that it counted later. These are at least the
    requests in flight, and at most those that were in flight together with the answered one. When the server
    reports none, nothing is sent before its reset.

    A request in flight may reach the server as late as its answer shows: a busy process sends it seconds after it was
    admitted. The server's bucket earns nothing while it is full, so until the answer the request counts as one that
    the server has yet to take. Without another client, no request is refused, however late each arrives.

    Args:
        limit: the published figures to start from.
        now: monotonic seconds.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit.burst)
        self._at = now
        self._blocked_until = now
        self._in_flight: dict[int, int] = {}
        """Each ticket with the number of others that were in flight together with it."""
        self._last = 0
        self._newest_answered = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent, 0 for now."""
        self._earn(now)
        missing = 1 + left_to_others(self.limit.burst) - self._tokens
        pause = max(missing / self.limit.per_second, _SHORTEST_PAUSE) if missing > _ROUNDING else 0.0
        return max(self._blocked_until - now, pause, 0.0)

    def _earn(self, now: float) -> None:
        earned = max(0.0, now - self._at) * self.limit.per_second
        self._tokens = min(float(self.limit.burst - len(self._in_flight)), self._tokens + earned)
        self._at = max(self._at, now)

    def take(self, now: float) -> int | None:
        """Return a ticket for one request to send now, for `record_answer` later; None if it has to wait."""
        if self.wait(now) > 0:
            return None
        self._tokens -= 1
        self._last += 1
        for other in self._in_flight:
            self._in_flight[other] += 1
        self._in_flight[self._last] = len(self._in_flight)
        return self._last

    def record_answer(self, ticket: int, now: float, state: BucketState | None) -> None:
        """Record the end of a ticket's request, with its answer's headers; None for no answer or no headers."""
        overlapping = self._in_flight.pop(ticket, 0)
        if state is None or ticket < self._newest_answered:
            return
        self._newest_answered = ticket
        if state.limit > 0 and state.limit != self.limit.burst:
            self.limit = learned_limit(self.limit, state.limit)
        self._earn(now)
        least, most = state.remaining - overlapping, state.remaining - len(self._in_flight)
        self._tokens = float(max(0, least, min(self._tokens, most)))
        self._blocked_until = now + min(state.reset_in, LONGEST_WAIT) if state.remaining <= 0 else now

    def block(self, now: float, seconds: float) -> None:
        """Send nothing for a number of seconds: for a 429 without headers."""
        self._blocked_until = max(self._blocked_until, now + seconds)
