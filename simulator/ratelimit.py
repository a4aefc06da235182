"""Auth0's token buckets: one per tenant and, on some plans, one per group of endpoints.

Figures: Auth0 documentation, "Rate Limit Configurations". The answer's ``x-ratelimit-reset`` is the time at
which the next requests are added to the bucket, in whole epoch seconds, rounded up ("Rate Limit Policy": "the
expected time when additional requests will be added to the bucket"); a 429 also carries ``retry-after``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum


class Tier(StrEnum):
    """A tenant's rate-limit class. ``unlimited`` exists in the simulator only, for tests of other things."""

    ENTERPRISE_PRODUCTION = "enterprise_production"
    ENTERPRISE_NONPRODUCTION = "enterprise_nonproduction"
    PROFESSIONAL = "professional"
    FREE = "free"
    PRIVATE_CLOUD_DEVELOPMENT = "private_cloud_development"
    PRIVATE_CLOUD_BASIC = "private_cloud_basic"
    PRIVATE_CLOUD_500 = "private_cloud_500"
    UNLIMITED = "unlimited"


class Group(StrEnum):
    """Endpoints that share a bucket where a plan tells them apart."""

    CONNECTIONS = "connections"
    CLIENTS = "clients"
    LOGS = "logs"
    OTHER = "other"
    TOKEN = "token"  # noqa: S105 - a group of endpoints


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket's size (requests) and refill (requests per second)."""

    burst: int
    per_second: float


_TOKEN_ENDPOINT = Rate(100, 100)
_PROFESSIONAL = {
    Group.CONNECTIONS: Rate(5, 50 / 60),
    Group.CLIENTS: Rate(5, 100 / 60),
    Group.LOGS: Rate(10, 100 / 60),
    Group.OTHER: Rate(10, 150 / 60),
}
_GLOBAL = {
    Tier.ENTERPRISE_PRODUCTION: Rate(50, 16),
    Tier.ENTERPRISE_NONPRODUCTION: Rate(10, 2),
    Tier.FREE: Rate(2, 2),
    Tier.PRIVATE_CLOUD_DEVELOPMENT: Rate(20, 20),
    Tier.PRIVATE_CLOUD_BASIC: Rate(50, 50),
    Tier.PRIVATE_CLOUD_500: Rate(250, 250),
    Tier.UNLIMITED: Rate(1_000_000, 1_000_000),
}


def rate_for(tier: Tier, group: Group) -> Rate:
    """Return the bucket that requests of ``group`` draw on for a tenant of ``tier``."""
    if group is Group.TOKEN:
        return _TOKEN_ENDPOINT
    return _PROFESSIONAL[group] if tier is Tier.PROFESSIONAL else _GLOBAL[tier]


@dataclass(frozen=True, slots=True)
class Grant:
    """A bucket's decision on one request and the headers of its answer.

    Attributes:
        reset: epoch seconds at which the next request is added to the bucket.
        retry_after: whole seconds until a refused request will be allowed; None if this one was.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int | None = None

    def headers(self) -> dict[str, str]:
        """Return the three headers of every answer, and ``retry-after`` of a refusal."""
        headers = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }
        return headers if self.retry_after is None else headers | {"retry-after": str(self.retry_after)}


@dataclass(slots=True)
class Bucket:
    """A token bucket that starts full."""

    rate: Rate
    tokens: float
    at: float

    def take(self, now: float) -> Grant:
        """Take one token if there is one; ``now``: epoch seconds."""
        refill = max(0.0, now - self.at) * self.rate.per_second
        self.tokens = min(float(self.rate.burst), self.tokens + refill)
        self.at = max(self.at, now)
        allowed = self.tokens >= 1 - 1e-9  # what was refilled by time alone is never exactly 1
        if allowed:
            self.tokens = max(0.0, self.tokens - 1)
        wait = (math.floor(self.tokens) + 1 - self.tokens) / self.rate.per_second
        full = self.tokens >= self.rate.burst
        reset = math.ceil(now if full else now + wait)
        return Grant(
            allowed, self.rate.burst, int(self.tokens), reset, None if allowed else max(1, math.ceil(wait))
        )


@dataclass(slots=True)
class Limiter:
    """A tenant's buckets, made as they are first used."""

    tier: Tier
    buckets: dict[tuple[Group, Rate], Bucket] = field(default_factory=dict)

    def take(self, group: Group, now: float, override: Rate | None = None) -> Grant:
        """Take from the bucket of ``group``; ``override`` replaces the plan's bucket."""
        rate = override or rate_for(self.tier, group)
        apart = group is Group.TOKEN or (self.tier is Tier.PROFESSIONAL and override is None)
        shared = group if apart else Group.OTHER
        bucket = self.buckets.setdefault((shared, rate), Bucket(rate, float(rate.burst), now))
        return bucket.take(now)
