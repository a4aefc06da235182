"""Tell apart what a tenant's deployment or plan does not offer from what failed.

Source: public reports of Auth0's clients. A family of endpoints that a Private Cloud deployment does not have
answers 404; one that a plan does not include answers 403 with an `errorCode` such as `hooks_not_allowed` or
`insufficient_entitlement`. Endpoints that close at the switch answer 403 with `legacy_…_not_allowed`, and a second
Action on a trigger with `actions_cardinality_…_not_allowed`: both are offered.
"""

from __future__ import annotations

from collections.abc import Awaitable
from http import HTTPStatus
from typing import TypeVar

from phonefleet.errors import ApiRefused
from phonefleet.model.snapshot import EndpointRefusal

_SUFFIX = "_not_allowed"
_OFFERED = ("legacy_", "actions_cardinality_")
_CODES = frozenset({"insufficient_entitlement"})

T = TypeVar("T")


def plan_lacks(status: int, error_code: str) -> bool:
    """Whether an answer says that the tenant's plan does not include the operation."""
    if status != HTTPStatus.FORBIDDEN:
        return False
    return error_code in _CODES or (error_code.endswith(_SUFFIX) and not error_code.startswith(_OFFERED))


def is_not_offered(refused: ApiRefused) -> bool:
    """Whether the refusal of a read of a whole list or setting means that the tenant is not offered it."""
    return refused.status == HTTPStatus.NOT_FOUND or plan_lacks(refused.status, refused.error_code)


def as_evidence(endpoint: str, refused: ApiRefused) -> EndpointRefusal:
    """Return a refusal as a fact of a snapshot."""
    return EndpointRefusal(
        endpoint=endpoint, status=refused.status, error_code=refused.error_code, message=str(refused)
    )


class OfferedReads:
    """Reads that count as absent where a tenant is not offered them, and the refusals that said so."""

    def __init__(self) -> None:
        self._refusals: dict[str, EndpointRefusal] = {}

    @property
    def refusals(self) -> tuple[EndpointRefusal, ...]:
        """What is not offered, by endpoint."""
        return tuple(self._refusals[endpoint] for endpoint in sorted(self._refusals))

    async def read(self, endpoint: str, read: Awaitable[T], absent: T) -> T:
        """Return what an endpoint answers, or `absent` where it is not offered.

        Raises:
            TenantError: it failed for another reason.
        """
        try:
            return await read
        except ApiRefused as refused:
            if not is_not_offered(refused):
                raise
            self._refusals[endpoint] = as_evidence(endpoint, refused)
            return absent
