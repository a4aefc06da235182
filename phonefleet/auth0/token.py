"""One access token per tenant, requested when needed and by one caller at a time.

Source: Auth0 documentation, "Get Management API Access Tokens for Production": client credentials, audience
`https://DOMAIN/api/v2/` with the canonical domain. The answer lists the scopes that were granted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from phonefleet.auth0 import api_failures
from phonefleet.auth0.answer_shapes import described
from phonefleet.auth0.client_authentication import ClientAuthentication
from phonefleet.auth0.clock import Clock
from phonefleet.auth0.token_refusals import TOKEN_OPERATION, token_refusal
from phonefleet.auth0.transport import RENEW, NoUsableAnswer
from phonefleet.errors import PhonefleetError, Unreachable
from phonefleet.model.endpoints import TOKEN_PATH
from phonefleet.secrets.known_values import KNOWN

# Renewed this long before it expires, or after nine tenths of its lifetime, whichever comes later.
_MARGIN_SECONDS = 300.0
_MARGIN_SHARE = 0.1
_LONGEST_SECONDS = 30 * 86_400.0
_LONGEST_TOKEN = 32_768


class _TokenAnswer(BaseModel):
    """What is read of the answer.

    Source: RFC 6749, section 5.1, and RFC 6750, section 2.1: a token has only visible characters. Auth0
    documentation, "Update Access Token Lifetime": at most 30 days.
    """

    model_config = ConfigDict(strict=True)

    access_token: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]+$", max_length=_LONGEST_TOKEN)
    ]
    expires_in: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    scope: str | None = None


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        value: the token.
        scopes: what the tenant granted.
        renew_at: monotonic seconds from which it is no longer used.
    """

    value: SecretStr
    scopes: frozenset[str]
    renew_at: float


class TokenKeeper:
    """Keeps one tenant's token. Concurrent callers share one request and its failure.

    Args:
        domain: the tenant.
        client_id: the application phonefleet acts as.
        authentication: how the application authenticates.
        http: a client without authentication.
        clock: where time comes from.
        audience: the identifier of the tenant's Management API.
    """

    def __init__(
        self,
        domain: str,
        client_id: str,
        authentication: ClientAuthentication,
        http: httpx.AsyncClient,
        clock: Clock,
        audience: str,
    ) -> None:
        self._domain = domain
        self._client_id = client_id
        self._authentication = authentication
        self._audience = audience
        self._http = http
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._requests = 0
        self._failure: PhonefleetError | None = None

    async def get(self) -> Token:
        """Return the token; request it if there is none or it is about to expire.

        Raises:
            CredentialsRejected: the tenant refuses the client, or its credential cannot be used.
            TokenLimited: the tenant gives the client no more tokens for now.
            Unreachable: no usable answer.
        """
        if (token := self._usable()) is not None:
            return token
        seen = self._requests
        async with self._lock:
            if (token := self._usable()) is not None:
                return token
            if self._requests != seen and self._failure is not None:
                raise self._failure
            return await self._renew()

    async def replace(self, refused: Token) -> Token:
        """Return a token other than `refused`, which the Management API did not accept."""
        if self._token is refused:
            self._token = None
        return await self.get()

    def _usable(self) -> Token | None:
        token = self._token
        return token if token is not None and self._clock.monotonic() < token.renew_at else None

    async def _renew(self) -> Token:
        try:
            self._token = await self._request()
        except PhonefleetError as error:
            self._failure = error
            raise
        finally:
            self._requests += 1
        self._failure = None
        return self._token

    async def _request(self) -> Token:
        sent: list[str] = []
        authentication = await self._authentication.loaded()

        def build() -> httpx.Request:
            """Build the request of one attempt: a signed assertion is accepted once."""
            proof = authentication.fields(self._domain, self._client_id, self._clock.wall())
            sent.extend(proof.values())
            body = {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "audience": self._audience,
            }
            return self._http.build_request("POST", f"https://{self._domain}{TOKEN_PATH}", json=body | proof)

        request = build()
        request.extensions[RENEW] = build
        failure: PhonefleetError
        try:
            answer = await self._http.send(request)
        except NoUsableAnswer as error:
            failure = api_failures.from_no_answer(self._domain, TOKEN_OPERATION, error)
        else:
            if answer.is_success:
                return self._read(answer)
            failure = token_refusal(self._domain, self._client_id, answer, sent)
        # Outside the handler, so that the failure carries no request, and no secret with it.
        raise failure

    def _read(self, answer: httpx.Response) -> Token:
        """Return the token of an answer, without the white space around it.

        Raises:
            Unreachable: a field is missing or has another type or range than documented.
        """
        body = api_failures.json_of(answer)
        try:
            granted = _TokenAnswer.model_validate(body)
        except ValidationError as error:
            fields = described(error)
        else:
            lasts = min(granted.expires_in, _LONGEST_SECONDS)
            margin = min(_MARGIN_SECONDS, lasts * _MARGIN_SHARE)
            scopes = frozenset((granted.scope or "").split())
            KNOWN.add_of(self._domain, granted.access_token)
            value = SecretStr(granted.access_token)
            return Token(value, scopes, self._clock.monotonic() + lasts - margin)
        # Outside the handler: the error has the token as its input.
        raise Unreachable(
            self._domain,
            f"{TOKEN_OPERATION}: POST {TOKEN_PATH} answered {answer.status_code} without a token that can be used, "
            f"{fields}. Check that the domain is an Auth0 tenant",
        )


class BearerAuth(httpx.Auth):
    """Adds the tenant's token to every request; replaces a token once that is refused with 401."""

    def __init__(self, keeper: TokenKeeper) -> None:
        self._keeper = keeper

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request, and once more after a 401, which means that nothing was done."""
        token = await self._keeper.get()
        _sign(request, token)
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            _sign(request, await self._keeper.replace(token))
            yield request


def _sign(request: httpx.Request, token: Token) -> None:
    request.headers["Authorization"] = f"Bearer {token.value.get_secret_value()}"
