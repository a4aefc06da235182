"""Auth0's published rate limits and the headers that report how much of them is left.

Source: Auth0 documentation, "Rate Limit Configurations" (a table a subscription); "Rate Limit Policy" for the
headers `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds since 1970).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from configs import Tier
from phonefleet.auth0.clock import CLOCKS_AGREE_WITHIN, date_of

API = "/api/v2/"
OTHERS = ""
_LARGEST_BURST = 100_000
_REQUESTS_OF_READING = 16
"""On average (`make client-bench`)."""


@dataclass(frozen=True)
class RateLimit:
    """A token bucket: `burst` requests at once, refilled at `per_second` requests a second."""

    burst: int
    per_second: float


LIMITS: Mapping[Tier, Mapping[str, RateLimit]] = {
    Tier.ENTERPRISE_PRODUCTION: {OTHERS: RateLimit(50, 16)},
    Tier.ENTERPRISE_NONPRODUCTION: {OTHERS: RateLimit(10, 2)},
    Tier.PROFESSIONAL: {
        OTHERS: RateLimit(10, 150 / 60),
        "connections": RateLimit(5, 50 / 60),
        "clients": RateLimit(5, 100 / 60),
        "logs": RateLimit(10, 100 / 60),
    },
    Tier.FREE: {OTHERS: RateLimit(2, 2)},
    Tier.PRIVATE_CLOUD_DEVELOPMENT: {OTHERS: RateLimit(20, 20)},
    Tier.PRIVATE_CLOUD_BASIC: {OTHERS: RateLimit(50, 50)},
    Tier.PRIVATE_CLOUD_500: {OTHERS: RateLimit(250, 250)},
    Tier.UNKNOWN: {OTHERS: RateLimit(2, 2)},
}
_TIERS = [limits[OTHERS] for limits in LIMITS.values()]
_SLOWEST_PER_SECOND: Mapping[int, float] = {
    tier.burst: min(other.per_second for other in _TIERS if other.burst == tier.burst) for tier in _TIERS
}
"""The slowest published rate of each published burst."""


def learned_limit(known: RateLimit, burst: int) -> RateLimit:
    """Return the limit of a bucket whose headers report another burst than `known`; they give no rate.

    The rate is the slowest that Auth0 publishes for that burst. For a burst that it does not publish, the rate grows
    in step with the burst, as published limits do.
    """
    per_second = _SLOWEST_PER_SECOND.get(burst, known.per_second * burst / known.burst)
    return RateLimit(burst, per_second)


def reading_seconds(tier: Tier) -> float:
    """Return how long the limit of most endpoints makes reading a tenant take at least, in seconds."""
    limit = LIMITS[tier][OTHERS]
    return max(0.0, (_REQUESTS_OF_READING - limit.burst) / limit.per_second)


def bucket_name(tier: Tier, method: str, path: str) -> str | None:
    """Return the name of the bucket that a request draws from; None outside the Management API.

    The buckets of single endpoints are those of reads ("Rate Limit Configurations": "Read Connections", `GET`).
    """
    if not path.startswith(API):
        return None
    first = path.removeprefix(API).split("/", 1)[0]
    return first if method == "GET" and first in LIMITS[tier] else OTHERS


@dataclass(frozen=True)
class BucketState:
    """The rate-limit headers of an answer.

    Attributes:
        limit: the bucket's burst.
        remaining: requests left.
        reset_in: seconds from now until the limit resets, 0 or more.
    """

    limit: int
    remaining: int
    reset_in: float


def bucket_state(headers: Mapping[str, str], wall: float) -> BucketState | None:
    """Parse the rate-limit headers of an answer that arrived at `wall`; None where absent or malformed."""
    try:
        limit, remaining = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
        reset = float(headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    if not (0 < limit <= _LARGEST_BURST and isfinite(reset)):
        return None
    return BucketState(limit, remaining, max(0.0, reset - _server_time(headers, wall)))


def _server_time(headers: Mapping[str, str], wall: float) -> float:
    """Return the server's current time: ours, unless its Date header shows that the clocks disagree."""
    date = date_of(headers)
    theirs = date.timestamp() + 0.5 if date else wall
    return wall if abs(theirs - wall) < CLOCKS_AGREE_WITHIN.total_seconds() else theirs
