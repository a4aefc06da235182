"""Quotas of machine-to-machine tokens: per application, per hour and per day (UTC).

Source: Auth0 documentation, "Fine-Grained Machine-to-Machine Token Quotas".
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.state import Json, Tenant

_SECONDS = {"per_hour": 3_600, "per_day": 86_400}


@dataclass(frozen=True, slots=True)
class QuotaBucket:
    """The state of one quota.

    Attributes:
        key: under which the tenant counts the tokens given.
        quota: tokens in the bucket's time.
        remaining: tokens that are left.
        seconds: until the bucket is full again.
        enforced: whether a request beyond it is refused.
    """

    key: tuple[str, str, int]
    quota: int
    remaining: int
    seconds: int
    enforced: bool

    @property
    def name(self) -> str:
        """``per_hour`` or ``per_day``."""
        return self.key[1]


def buckets_of(tenant: Tenant, client: Json, now: float) -> list[QuotaBucket]:
    """Return the quotas of an application, or the tenant's defaults."""
    default = (tenant.settings.get("default_token_quota") or {}).get("clients") or {}
    quota: Json = (
        (client.get("token_quota") or {}).get("client_credentials") or default.get("client_credentials") or {}
    )
    return [
        _bucket(tenant, client["client_id"], name, int(quota[name]), quota, now)
        for name in _SECONDS
        if name in quota
    ]


def _bucket(tenant: Tenant, client_id: str, name: str, size: int, quota: Json, now: float) -> QuotaBucket:
    length = _SECONDS[name]
    key = (client_id, name, int(now // length))
    left = max(0, size - tenant.tokens_given[key])
    return QuotaBucket(key, size, left, length - int(now % length), quota.get("enforce", True))


def spent(buckets: list[QuotaBucket]) -> QuotaBucket | None:
    """Return the enforced quota that is used up and lasts longest, if any."""
    full = [bucket for bucket in buckets if bucket.enforced and not bucket.remaining]
    return max(full, key=lambda bucket: bucket.seconds, default=None)


def headers_of(buckets: list[QuotaBucket]) -> dict[str, str]:
    """``Auth0-Client-Quota-Limit`` where there is a quota."""
    limits = [f"b={b.name};q={b.quota};r={b.remaining};t={b.seconds}" for b in buckets]
    return {"auth0-client-quota-limit": ",".join(limits)} if limits else {}
