"""Every way a call can fail becomes one of `phonefleet.errors`, with a next step, without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from auth0.management.core.api_error import ApiError
from auth0.management.core.parse_error import ParsingError
from pydantic import ValidationError

from phonefleet.auth0.answer_redaction import glimpse, without
from phonefleet.auth0.transport import ATTEMPTS, TOKEN_PATH, UNCERTAIN, GaveUp
from phonefleet.errors import ApiRefused, InsufficientScope, TenantError, Unreachable
from phonefleet.model.api_scopes import OPERATIONS

_NEXT = {
    HTTPStatus.BAD_REQUEST: "Compare what was sent with the tenant's own settings and assess it again",
    HTTPStatus.UNAUTHORIZED: "Check that the application is still authorised for the Auth0 Management API",
    HTTPStatus.FORBIDDEN: "Assess the tenant again: it no longer offers this operation, or never did",
    HTTPStatus.NOT_FOUND: "Assess the tenant again: what this refers to is gone",
    HTTPStatus.CONFLICT: "Assess the tenant again: something there stands in the way",
}


def from_give_up(domain: str, operation: str, error: GaveUp) -> Unreachable:
    """The transport found no usable answer."""
    request = error.request
    return Unreachable(
        domain,
        f"{operation}: {request.method} {request.url.path} got no usable answer: {error}. {error.advice}",
        maybe_applied=error.maybe_arrived and _writes(request),
    )


def from_sdk(
    domain: str,
    operation: str,
    error: ApiError | ParsingError,
    answer: httpx.Response,
    secrets: Iterable[str] = (),
) -> TenantError:
    """The SDK did not like an answer: because it says no, is not JSON, or is not shaped as described."""
    if isinstance(error, ParsingError) and answer.is_success:
        return wrong_shape(domain, operation, answer, _places(error.cause))
    return from_answer(domain, operation, answer, secrets)


def from_answer(
    domain: str, operation: str, answer: httpx.Response, secrets: Iterable[str] = ()
) -> TenantError:
    """What an answer that is not the hoped-for one means.

    Args:
        domain: the tenant.
        operation: what was being done, a name of `scopes.OPERATIONS` where it is one.
        answer: the whole answer.
        secrets: values to mask in Auth0's own words.
    """
    body = json_of(answer)
    status = answer.status_code
    if not 400 <= status < 500 or status == HTTPStatus.TOO_MANY_REQUESTS or not isinstance(body, Mapping):
        return _unusable(domain, operation, answer, body, secrets)
    said = f"{_call(operation, answer)} answered {status} {_words(body, secrets)}"
    code = str(body.get("errorCode") or "")
    if status == HTTPStatus.FORBIDDEN and _lacks_scope(body):
        scopes = tuple(sorted(OPERATIONS.get(operation, ())))
        grant = (
            f"Grant the application {' or '.join(scopes) or 'the scope named'} on the Auth0 Management API"
        )
        return InsufficientScope(domain, f"{said}. {grant}", scopes=scopes)
    return ApiRefused(domain, f"{said}. {_next(status)}", status=status, error_code=code)


class Garbled(httpx.RequestError):
    """An answer with a body that is not JSON: a proxy's page, or half an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__("not JSON", request=answer.request)
        self.answer = answer


def json_of(answer: httpx.Response) -> Any:
    """The answer's JSON, or None where it is not JSON."""
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None


def insist_on_json(answer: httpx.Response) -> None:
    """Let an answer pass that is empty or JSON.

    Raises:
        Garbled: it is neither. The SDK would do no better than a `UnicodeDecodeError` for some of these.
    """
    if answer.content and json_of(answer) is None and answer.content.strip() != b"null":
        raise Garbled(answer)


def _unusable(
    domain: str, operation: str, answer: httpx.Response, body: Any, secrets: Iterable[str]
) -> Unreachable:
    seen = (
        _words(body, secrets)
        if isinstance(body, Mapping)
        else f'with "{glimpse(without(answer.text, secrets))}"'
    )
    attempts = int(answer.headers.get(ATTEMPTS, "1"))
    return Unreachable(
        domain,
        f"{_call(operation, answer)} answered {answer.status_code} {seen} (attempt {attempts}). "
        f"{_why(answer)}",
        maybe_applied=_writes(answer.request) and _may_be_done(answer),
    )


def wrong_shape(domain: str, operation: str, answer: httpx.Response, expected: str) -> Unreachable:
    """A success without what Auth0 describes for it."""
    return Unreachable(
        domain,
        f"{_call(operation, answer)} answered {answer.status_code}, but not as Auth0 describes it, "
        f"{expected}. Look for a newer auth0-python",
        maybe_applied=_writes(answer.request),
    )


def _places(cause: Exception | None) -> str:
    if not isinstance(cause, ValidationError):
        return "unknown shape"
    problems = cause.errors(include_input=False, include_context=False, include_url=False)
    first = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['type']}" for p in problems[:3])
    return f"{first} ({len(problems)} in all)"


def _why(answer: httpx.Response) -> str:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return "Something else uses up this tenant's rate limit: run again later, or correct its tier"
    if answer.is_redirect:
        return "Redirects are not followed: give the tenant's canonical domain"
    if answer.is_server_error:
        return "Auth0 has trouble with this tenant: look at its status page, then run again"
    return "Check that the domain is an Auth0 tenant and that no proxy answers in its place"


def _may_be_done(answer: httpx.Response) -> bool:
    return answer.is_success or answer.is_server_error or int(answer.headers.get(UNCERTAIN, "0")) > 0


def _writes(request: httpx.Request) -> bool:
    return request.method != "GET" and request.url.path != TOKEN_PATH


def _call(operation: str, answer: httpx.Response) -> str:
    return f"{operation}: {answer.request.method} {answer.request.url.path}"


def _words(body: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """Auth0's own words: error, message and error code, with the values we sent masked."""
    code = f" ({body['errorCode']})" if body.get("errorCode") else ""
    message = body.get("message") or body.get("error_description") or ""
    return without(f"{body.get('error') or ''}: {message}{code}".strip(": "), secrets)[:400]


def _lacks_scope(body: Mapping[str, Any]) -> bool:
    return body.get("errorCode") == "insufficient_scope" or str(body.get("message", "")).startswith(
        "Insufficient scope"
    )


def _next(status: int) -> str:
    return _NEXT.get(HTTPStatus(status), "Assess the tenant again")
