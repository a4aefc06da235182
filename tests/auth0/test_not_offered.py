"""Which refusals mean that a tenant is not offered something, and what an operator reads of them."""

from __future__ import annotations

import pytest

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import is_not_offered
from phonefleet.errors import ApiRefused
from tests.auth0.http_peer import DOMAIN, Peer, no


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "", True),
        (404, "inexistent_resource", True),
        (403, "phone_providers_not_allowed", True),
        (403, "hooks_not_allowed", True),
        (403, "insufficient_entitlement", True),
        (403, "legacy_mfa_phone_provider_not_allowed", False),
        (403, "actions_cardinality_custom_phone_provider_not_allowed", False),
        (403, "insufficient_scope", False),
        (403, "", False),
        (400, "phone_providers_not_allowed", False),
        (401, "", False),
    ],
)
def test_each_refusal_is_judged(status: int, code: str, expected: bool) -> None:
    refused = ApiRefused(DOMAIN, "no", status=status, error_code=code)
    assert is_not_offered(refused) is expected


async def test_a_missing_offer_is_not_to_be_repeated(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: no(403, "Not available on your subscription.", "insufficient_entitlement")
    with pytest.raises(ApiRefused, match="repeating it cannot help: ask Auth0") as caught:
        await api.set_factor("sms", True)
    assert "Assess the tenant again" not in str(caught.value)
    assert len(peer.calls) == 1
