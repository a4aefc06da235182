from __future__ import annotations

import pytest

from configs import Tier
from phonefleet.auth0.rate_limits import OTHERS, BucketState, bucket_name, bucket_state

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
HEADERS = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "4", "x-ratelimit-reset": str(int(NOW) + 3)}


@pytest.mark.parametrize(
    ("tier", "method", "path", "expected"),
    [
        (Tier.PROFESSIONAL, "GET", "/api/v2/connections/con_1/clients", "connections"),
        (Tier.PROFESSIONAL, "PATCH", "/api/v2/connections/con_1", OTHERS),
        (Tier.PROFESSIONAL, "GET", "/api/v2/logs", "logs"),
        (Tier.PROFESSIONAL, "GET", "/api/v2/client-grants", OTHERS),
        (Tier.FREE, "GET", "/api/v2/connections", OTHERS),
        (Tier.PROFESSIONAL, "POST", "/oauth/token", None),
    ],
)
def test_a_path_draws_from_the_bucket_of_its_tier(
    tier: Tier, method: str, path: str, expected: str | None
) -> None:
    assert bucket_name(tier, method, path) == expected


def test_headers_tell_where_the_tenant_stands() -> None:
    assert bucket_state(HEADERS, NOW) == BucketState(limit=10, remaining=4, reset_in=3)


def test_a_reset_in_the_past_means_now() -> None:
    assert bucket_state(HEADERS, NOW + 60) == BucketState(10, 4, 0)


@pytest.mark.parametrize("broken", [{}, HEADERS | {"x-ratelimit-reset": "soon"}, {"x-ratelimit-limit": "10"}])
def test_missing_or_malformed_headers_tell_nothing(broken: dict[str, str]) -> None:
    assert bucket_state(broken, NOW) is None


def test_a_clock_that_is_off_is_corrected_by_the_servers_date() -> None:
    """Our clock is an hour behind: without its Date the reset would seem an hour away."""
    said = bucket_state(HEADERS | {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}, NOW - 3600)
    assert said == BucketState(10, 4, 2.5)


def test_a_clock_that_agrees_is_kept_as_the_finer_one() -> None:
    said = bucket_state(HEADERS | {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}, NOW + 0.25)
    assert said == BucketState(10, 4, 2.75)


def test_a_malformed_date_is_ignored() -> None:
    assert bucket_state(HEADERS | {"date": "yesterday"}, NOW) == BucketState(10, 4, 3)
