"""What the Management API's operations need of a caller, without knowing how it sends, retries or authenticates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from auth0.management.client import AsyncAuth0
from auth0.management.core.pagination import AsyncPager

from phonefleet.auth0.clock import ServerClock

Json = Any
PAGE = 100
"""Entries per page; the Management API's maximum."""
Call = Callable[[], Awaitable[object]]
"""An SDK call that has not begun."""
FirstPage = Callable[[], Awaitable[AsyncPager[Any, Any]]]


class ApiCaller(Protocol):
    """Makes calls to one tenant; every failure is a `phonefleet.errors.TenantError`.

    `operation` is always a name in `phonefleet.model.api_scopes.OPERATIONS`.
    """

    @property
    def domain(self) -> str:
        """The tenant's canonical domain."""

    @property
    def client_id(self) -> str:
        """The application that phonefleet acts as."""

    @property
    def audience(self) -> str:
        """The identifier of the tenant's Management API, as its tokens and client grants name it."""

    @property
    def sdk(self) -> AsyncAuth0:
        """Builds the requests."""

    @property
    def server_clock(self) -> ServerClock:
        """The tenant's clock."""

    async def granted_scopes(self) -> frozenset[str]:
        """Return the scopes that the tenant granted with its access token."""

    def get(self, path: str) -> Awaitable[object]:
        """Begin a GET of a path below `/api/v2/` without the SDK."""

    async def call_object(self, operation: str, call: Call, sent: Json = None) -> dict[str, Json]:
        """Return the JSON object that Auth0 answers; `{}` for an empty answer.

        Args:
            operation: what is done.
            call: the SDK call.
            sent: the body, only to mask its secrets if Auth0 repeats them in a refusal.
        """

    async def call_array(self, operation: str, call: Call) -> list[Json]:
        """Return the JSON list that Auth0 answers."""

    async def call_delete(self, operation: str, call: Call) -> None:
        """Delete; a 404 counts as success when an earlier attempt may have deleted it."""

    async def read_pages(self, operation: str, first: FirstPage, key: str) -> list[Json]:
        """Return all entries of a paged list, which its answers hold under `key`."""


class ApiOperations:
    """Base of the operations on one tenant."""

    def __init__(self, caller: ApiCaller) -> None:
        self._caller = caller
        self._sdk = caller.sdk

    @property
    def domain(self) -> str:
        """The tenant's canonical domain."""
        return self._caller.domain

    @property
    def client_id(self) -> str:
        """The application that phonefleet acts as."""
        return self._caller.client_id

    @property
    def audience(self) -> str:
        """The identifier of the tenant's Management API, as its tokens and client grants name it."""
        return self._caller.audience

    @property
    def server_clock(self) -> ServerClock:
        """The tenant's clock, as the answers so far show it."""
        return self._caller.server_clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.domain!r})"
