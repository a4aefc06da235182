"""One call to the Management API: through the SDK, answered with the JSON that Auth0 sent.

The SDK builds the request and checks the answer against Auth0's description. Its models are not handed on:
they cut nanoseconds off timestamps and turn whole numbers into floats, and what is read may be written back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import httpx
from auth0.management.client import AsyncAuth0
from auth0.management.core.api_error import ApiError
from auth0.management.core.pagination import AsyncPager
from auth0.management.core.parse_error import ParsingError

from phonefleet.auth0 import api_failures
from phonefleet.auth0.answer_redaction import secret_values
from phonefleet.auth0.token import BearerAuth, TokenKeeper
from phonefleet.auth0.transport import UNCERTAIN, GaveUp
from phonefleet.errors import ApiRefused, TenantError

Json = Any
PAGE = 100
_answer: ContextVar[httpx.Response] = ContextVar("answer")


async def _keep(answer: httpx.Response) -> None:
    _answer.set(answer)
    api_failures.insist_on_json(answer)


class Caller:
    """What every operation on one tenant is made of.

    Args:
        domain: the tenant's canonical domain.
        client_id: the application phonefleet acts as.
        tokens: the tenant's access token.
        transport: the door's transport; not closed with the caller.
        timeout: seconds for one attempt.
    """

    def __init__(
        self,
        domain: str,
        client_id: str,
        tokens: TokenKeeper,
        transport: httpx.AsyncBaseTransport,
        timeout: float,
    ) -> None:
        self.domain = domain
        self.client_id = client_id
        self._tokens = tokens
        self._http = httpx.AsyncClient(
            transport=transport,
            auth=BearerAuth(tokens),
            timeout=httpx.Timeout(timeout, pool=None),
            event_hooks={"response": [_keep]},
            trust_env=False,
        )
        # Not `AsyncManagementClient`: only this class takes `max_retries`, and the transport retries.
        self._sdk = AsyncAuth0(
            base_url=f"https://{domain}/api/v2", token="", max_retries=0, httpx_client=self._http
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.domain!r})"

    async def _call(self, operation: str, call: Callable[[], Awaitable[object]], sent: Json = None) -> Json:
        """Run one SDK call and give back the answer's JSON, None for an empty one.

        Args:
            operation: its name in `scopes.OPERATIONS`.
            call: the SDK call, not yet begun.
            sent: the body, only to mask its secrets should Auth0 repeat them in a refusal.
        """
        failure: TenantError
        secrets = list(secret_values(sent))
        try:
            await call()
        except GaveUp as error:
            failure = api_failures.from_give_up(self.domain, operation, error)
        except api_failures.Garbled as error:
            failure = api_failures.from_answer(self.domain, operation, error.answer, secrets)
        except (ApiError, ParsingError) as error:
            failure = api_failures.from_sdk(self.domain, operation, error, _answer.get(), secrets)
        else:
            answer = _answer.get()
            if answer.is_success:
                return answer.json() if answer.content else None
            failure = api_failures.from_answer(self.domain, operation, answer, secrets)
        # Outside the handlers: the SDK's exceptions print headers and bodies, and would hang on to this one.
        raise failure

    async def _object(
        self, operation: str, call: Callable[[], Awaitable[object]], sent: Json = None
    ) -> dict[str, Json]:
        """`_call` where Auth0 describes an object; an empty answer counts as one without members."""
        body = await self._call(operation, call, sent)
        if body is None and not _answer.get().content:
            return {}
        if not isinstance(body, dict):
            raise api_failures.wrong_shape(self.domain, operation, _answer.get(), "an object")
        return body

    async def _array(self, operation: str, call: Callable[[], Awaitable[object]]) -> list[Json]:
        """`_call` where Auth0 describes a list, which the SDK has checked."""
        return list(await self._call(operation, call))

    async def _delete(self, operation: str, call: Callable[[], Awaitable[object]]) -> None:
        try:
            await self._call(operation, call)
        except ApiRefused as error:
            # An earlier attempt may have done it before its answer was lost.
            if error.status != httpx.codes.NOT_FOUND or int(_answer.get().headers[UNCERTAIN]) == 0:
                raise

    async def _pages(
        self, operation: str, first: Callable[[], Awaitable[AsyncPager[Any, Any]]], key: str
    ) -> list[Json]:
        """All entries of a paged list, read until the answer's own total, an empty page or no next page."""
        found: list[Json] = []
        turn: Callable[[], Awaitable[AsyncPager[Any, Any] | None]] | None = first
        while turn is not None:
            pager, body = await self._page(operation, turn)
            entries = body.get(key) or []
            found += entries
            whole = len(found) >= (body.get("total") or float("inf"))
            turn = pager.get_next if pager and pager.has_next and entries and not whole else None
        return found

    async def _page(
        self, operation: str, turn: Callable[[], Awaitable[AsyncPager[Any, Any] | None]]
    ) -> tuple[AsyncPager[Any, Any] | None, dict[str, Json]]:
        pager: AsyncPager[Any, Any] | None = None

        async def call() -> None:
            nonlocal pager
            pager = await turn()

        body = await self._object(operation, call)
        return pager, body
