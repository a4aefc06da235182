"""The headers that say when a client may have its next token. Pure.

Source: Auth0 documentation, "Fine-Grained Machine-to-Machine Token Quotas": `Auth0-Client-Quota-Limit` and
`Auth0-Organization-Quota-Limit` list quotas as `b=per_day;q=500;r=0;t=3600` (bucket, quota, remaining tokens,
seconds until it is full again), separated by commas; a request beyond one of them answers 429.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

_QUOTA_HEADERS = ("auth0-client-quota-limit", "auth0-organization-quota-limit")


@dataclass(frozen=True)
class TokenQuota:
    """One quota of tokens.

    Attributes:
        bucket: `per_hour` or `per_day`.
        size: tokens in that time.
        remaining: tokens left.
        seconds: until the quota is full again.
    """

    bucket: str
    size: int
    remaining: int
    seconds: int


def used_up_quota(headers: Mapping[str, str]) -> TokenQuota | None:
    """Return the quota of an answer that is used up, of several the one that takes longest to fill."""
    used_up = [quota for quota in _quotas(headers) if quota.remaining <= 0]
    return max(used_up, key=lambda quota: quota.seconds, default=None)


def _quotas(headers: Mapping[str, str]) -> Iterator[TokenQuota]:
    for name in _QUOTA_HEADERS:
        for entry in headers.get(name, "").split(","):
            fields = dict(part.strip().split("=", 1) for part in entry.split(";") if "=" in part)
            try:
                quota = TokenQuota(fields["b"], int(fields["q"]), int(fields["r"]), int(fields["t"]))
            except (KeyError, ValueError):
                continue
            yield quota


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks to wait; None where it is absent or no number."""
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return max(0.0, seconds) if isfinite(seconds) else None
