"""A token bucket that believes the server more than itself. Pure: the caller says what time it is."""

from __future__ import annotations

from phonefleet.auth0.rate_limits import BucketState, RateLimit

# Told that nothing is left we would have to stand still until the reset, and so would the tenant's own programs,
# which draw from the same bucket: one request is left in it.
_RESERVE = 1
_ROUNDING = 1e-9
LONGEST_WAIT = 120.0
"""Seconds; a reset that is said to be further away is asked about again after that."""


class Bucket:
    """How many requests may be sent to one rate limit of one tenant.

    It starts from the tier's published figures and never takes the last request. Every answer's headers replace
    the estimate: what the server says is left, less the requests still on their way. A server that says nothing
    is left is not asked again before its reset.

    Args:
        limit: the published figures to start from.
        now: monotonic seconds.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit.burst)
        self._at = now
        self._blocked_until = now
        self._flying: set[int] = set()
        self._last = 0
        self._newest_answered = 0

    def wait(self, now: float) -> float:
        """Seconds until the next request may be sent, 0 for at once."""
        self._refill(now)
        missing = 1 + min(_RESERVE, self.limit.burst - 1) - self._tokens
        pause = missing / self.limit.per_second if missing > _ROUNDING else 0.0
        return max(self._blocked_until - now, pause, 0.0)

    def take(self, now: float) -> int | None:
        """A ticket for one request to be sent now, for `answered` later; None when it has to wait."""
        if self.wait(now) > 0:
            return None
        self._tokens -= 1
        self._last += 1
        self._flying.add(self._last)
        return self._last

    def answered(self, ticket: int, now: float, standing: BucketState | None) -> None:
        """Note the end of a ticket's request, with what its answer said; None for no answer or no headers."""
        self._flying.discard(ticket)
        if standing is None or ticket < self._newest_answered:
            return
        self._newest_answered = ticket
        self._adopt(standing.limit)
        self._at = now
        self._tokens = float(max(0, min(self.limit.burst, standing.remaining - len(self._flying))))
        self._blocked_until = now + min(standing.reset_in, LONGEST_WAIT) if standing.remaining <= 0 else now

    def block(self, now: float, seconds: float) -> None:
        """Send nothing for so many seconds: for a refusal without headers."""
        self._blocked_until = max(self._blocked_until, now + seconds)

    def _refill(self, now: float) -> None:
        earned = max(0.0, now - self._at) * self.limit.per_second
        self._tokens = min(float(self.limit.burst), self._tokens + earned)
        self._at = max(self._at, now)

    def _adopt(self, burst: int) -> None:
        # The headers give no rate; published limits grow about in step with their bursts.
        if burst > 0 and burst != self.limit.burst:
            self.limit = RateLimit(burst, self.limit.per_second * burst / self.limit.burst)
