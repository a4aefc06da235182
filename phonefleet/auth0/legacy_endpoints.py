"""Read legacy endpoints, which Auth0 closes to a tenant on the Unified Phone Experience."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from phonefleet.auth0.concurrent_reads import read_together
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import OfferedReads, as_evidence
from phonefleet.errors import ApiRefused
from phonefleet.model.endpoints import GUARDIAN_TWILIO, SELECTED_PROVIDER
from phonefleet.model.snapshot import EndpointRefusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LegacyEndpoints:
    """How the legacy endpoints answer.

    Attributes:
        refusal: how Auth0 has closed them; None when it has not.
        answer: False when they are closed; None when the tenant is not offered them, so they show nothing.
    """

    refusal: EndpointRefusal | None
    answer: bool | None


async def probe_legacy_endpoints(api: ManagementApi) -> LegacyEndpoints:
    """Read whether Auth0 has closed the legacy endpoints to a tenant.

    Two endpoints are read: according to some of Auth0's published lists the selected provider's endpoint keeps
    working on the Unified Phone Experience, while every list has Guardian's Twilio settings closed.

    Raises:
        ApiRefused: refused for another reason than being closed.
    """
    offered = OfferedReads()
    (_, selected_refusal), (_, twilio_refusal) = await read_together(
        read_legacy(offered, SELECTED_PROVIDER, api.selected_provider()),
        read_legacy(offered, GUARDIAN_TWILIO, api.twilio_provider()),
    )
    if refusal := selected_refusal or twilio_refusal:
        return LegacyEndpoints(refusal, answer=False)
    return LegacyEndpoints(None, answer=True if len(offered.refusals) < 2 else None)


async def read_legacy(
    offered: OfferedReads, endpoint: str, read: Awaitable[T]
) -> tuple[T | None, EndpointRefusal | None]:
    """Return what a legacy endpoint answers, or how Auth0 has closed it; neither where it is not offered.

    Source: recorded answers; a closed endpoint answers 403 with errorCode `legacy_mfa_phone_provider_not_allowed`.
    """
    try:
        return await offered.read(endpoint, read, None), None
    except ApiRefused as refused:
        if refused.status != 403 or not refused.error_code.startswith("legacy_"):
            raise
        return None, as_evidence(endpoint, refused)
