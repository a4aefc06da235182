"""Make one call to the Management API through the SDK, and return the JSON that Auth0 sent.

The SDK builds the request and checks the answer against Auth0's description. Its models are not used further:
they cut nanoseconds off timestamps and turn whole numbers into floats, and what is read may be written back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from importlib.metadata import version
from typing import Any

import httpx
from auth0.management.client import AsyncAuth0
from auth0.management.core.api_error import ApiError
from auth0.management.core.pagination import AsyncPager
from auth0.management.core.parse_error import ParsingError

from phonefleet.auth0 import api_failures
from phonefleet.auth0.answer_redaction import secret_values
from phonefleet.auth0.answer_shapes import shape_problem
from phonefleet.auth0.api_caller import Call, FirstPage, Json
from phonefleet.auth0.clock import ServerClock
from phonefleet.auth0.page_guard import PageGuard
from phonefleet.auth0.token import BearerAuth, TokenKeeper
from phonefleet.auth0.transport import UNCERTAIN, NoUsableAnswer
from phonefleet.errors import ApiRefused, PhonefleetError, TenantError
from phonefleet.secrets.known_values import KNOWN, TooManySecrets

_USER_AGENT = f"phonefleet/{version('phonefleet')}"
"""By which the tenant's logs tell phonefleet's writes from those of another program with the same client."""
_answer: ContextVar[httpx.Response | None] = ContextVar("answer", default=None)


async def _keep(answer: httpx.Response) -> None:
    _answer.set(answer)
    api_failures.require_json(answer)


def _last_answer() -> httpx.Response:
    """Return the answer to the current call."""
    answer = _answer.get()
    if answer is None:
        raise RuntimeError("the call had no answer")
    return answer


class SdkCaller:
    """The `ApiCaller` of one tenant.

    Args:
        domain: the tenant's canonical domain.
        client_id: the application that phonefleet acts as.
        tokens: the tenant's access token.
        transport: the client pool's transport; not closed with the caller.
        timeout: seconds for one attempt.
        audience: the identifier of the tenant's Management API.
    """

    def __init__(
        self,
        domain: str,
        client_id: str,
        tokens: TokenKeeper,
        transport: httpx.AsyncBaseTransport,
        timeout: float,
        audience: str,
    ) -> None:
        self.domain = domain
        self.client_id = client_id
        self.audience = audience
        self._tokens = tokens
        self.server_clock = ServerClock()
        self._http = httpx.AsyncClient(
            transport=transport,
            auth=BearerAuth(tokens),
            timeout=httpx.Timeout(timeout, pool=None),
            event_hooks={"response": [self.server_clock.read, _keep]},
            trust_env=False,
        )
        # Not `AsyncManagementClient`: only this class takes `max_retries`, and the transport retries.
        self.sdk = AsyncAuth0(
            base_url=f"https://{domain}/api/v2",
            token="",
            max_retries=0,
            httpx_client=self._http,
            headers={"User-Agent": _USER_AGENT},
        )

    async def granted_scopes(self) -> frozenset[str]:
        """Return the scopes that the tenant granted with its access token."""
        return (await self._tokens.get()).scopes

    def get(self, path: str) -> Awaitable[object]:
        """Begin a GET of a path below `/api/v2/` without the SDK."""
        return self._http.get(f"https://{self.domain}/api/v2/{path}")

    async def _call(self, operation: str, call: Call, sent: Json = None) -> Json:
        """Run one call; return the answer's JSON, None for an empty answer."""
        failure: TenantError
        secrets = list(secret_values(sent))
        _answer.set(None)
        try:
            await call()
        except NoUsableAnswer as error:
            failure = api_failures.from_no_answer(self.domain, operation, error)
        except api_failures.InvalidJson as error:
            failure = api_failures.from_answer(self.domain, operation, error.answer, secrets)
        except (ApiError, ParsingError) as error:
            failure = api_failures.from_sdk(self.domain, operation, error, _last_answer(), secrets)
        except PhonefleetError:
            raise
        except Exception as error:
            # An untyped error would leave the intent of a write open.
            answered = _answer.get()
            request = answered.request if answered is not None else None
            failure = api_failures.from_unexpected(self.domain, operation, error, request)
        else:
            answer = _last_answer()
            if answer.is_success:
                body = api_failures.json_of(answer) if answer.content else None
                try:
                    KNOWN.add_answer(self.domain, body)
                except TooManySecrets as error:
                    failure = api_failures.too_many_secrets(self.domain, operation, answer, str(error))
                else:
                    if not (problem := shape_problem(operation, body) if answer.content else ""):
                        return body
                    failure = api_failures.wrong_shape(self.domain, operation, answer, problem)
            else:
                failure = api_failures.from_answer(self.domain, operation, answer, secrets)
        # Outside the handlers: the SDK's exceptions print headers and bodies, and would be chained to this one.
        raise failure

    async def call_object(self, operation: str, call: Call, sent: Json = None) -> dict[str, Json]:
        """Return the JSON object that Auth0 answers; `{}` for an empty answer."""
        body = await self._call(operation, call, sent)
        if body is None and not _last_answer().content:
            return {}
        if not isinstance(body, dict):
            raise api_failures.wrong_shape(self.domain, operation, _last_answer(), "an object")
        return body

    async def call_array(self, operation: str, call: Call) -> list[Json]:
        """Return the JSON list that Auth0 answers; the SDK has checked that it is one."""
        return list(await self._call(operation, call))

    async def call_delete(self, operation: str, call: Call) -> None:
        """Delete; a 404 counts as success when an earlier attempt may have deleted it."""
        try:
            await self._call(operation, call)
        except ApiRefused as error:
            if error.status != httpx.codes.NOT_FOUND or int(_last_answer().headers[UNCERTAIN]) == 0:
                raise

    async def read_pages(self, operation: str, first: FirstPage, key: str) -> list[Json]:
        """Return all entries, up to the answer's own total, an empty page or the last page."""
        entries: list[Json] = []
        guard = PageGuard(self.domain, operation)
        pager: AsyncPager[Any, Any] | None = None
        next_page: Callable[[], Awaitable[AsyncPager[Any, Any] | None]] | None = first

        while (turn := next_page) is not None:

            async def call(turn: Callable[[], Awaitable[AsyncPager[Any, Any] | None]] = turn) -> None:
                nonlocal pager
                pager = await turn()

            pager = None
            body = await self.call_object(operation, call)
            page = body.get(key) or []
            guard.check(page, body.get("next"), len(_last_answer().content))
            entries += page
            complete = len(entries) >= (body.get("total") or float("inf"))
            next_page = pager.get_next if pager and pager.has_next and page and not complete else None
        return entries
