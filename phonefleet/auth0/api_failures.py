"""Turn every failure of a call into one of `phonefleet.errors`, with a next step and without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from auth0.management.core.api_error import ApiError
from auth0.management.core.parse_error import ParsingError
from pydantic import ValidationError

from phonefleet.auth0.answer_redaction import glimpse, without, without_generated
from phonefleet.auth0.answer_shapes import described
from phonefleet.auth0.not_offered import plan_lacks
from phonefleet.auth0.transport import ATTEMPTS, UNCERTAIN, NoUsableAnswer
from phonefleet.errors import ApiRefused, InsufficientScope, RateLimitTooLong, TenantError, Unreachable
from phonefleet.model.api_scopes import FIELDS, OPERATIONS, grant_text
from phonefleet.model.endpoints import TOKEN_PATH
from phonefleet.model.shown_text import printable

_ASSESS = "Assess the tenant again"
_NOT_IN_PLAN = "The tenant's plan or deployment does not offer this, and repeating it cannot help: ask Auth0"
_NO_TENANT = "Check `domain` in the fleet file: Auth0 has no tenant of that name"
_NEXT: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "Compare what was sent with the tenant's own settings and assess it again",
    HTTPStatus.UNAUTHORIZED: "Check that the application is still authorised for the Auth0 Management API",
    HTTPStatus.FORBIDDEN: "Auth0 does not allow this in the tenant's present state: read its reason, then assess the "
    "tenant again",
    HTTPStatus.NOT_FOUND: "Assess the tenant again: what this refers to no longer exists",
    HTTPStatus.CONFLICT: "Assess the tenant again: its present state conflicts with this",
}


def from_no_answer(domain: str, operation: str, error: NoUsableAnswer) -> Unreachable:
    """Describe a request that got no usable answer."""
    request = error.request
    kind = Unreachable if error.maybe_arrived or not error.impatient else RateLimitTooLong
    return kind(
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
    """Describe an answer that the SDK rejects: a refusal, no JSON, or not the documented shape."""
    if isinstance(error, ParsingError) and answer.is_success:
        cause = error.cause
        places = described(cause) if isinstance(cause, ValidationError) else "unknown shape"
        return wrong_shape(domain, operation, answer, places)
    return from_answer(domain, operation, answer, secrets)


def from_answer(
    domain: str, operation: str, answer: httpx.Response, secrets: Iterable[str] = ()
) -> TenantError:
    """Describe an answer other than the expected success.

    Args:
        domain: the tenant.
        operation: what was being done; a name in `api_scopes.OPERATIONS` where there is one.
        answer: the complete answer.
        secrets: values to mask in Auth0's message.
    """
    body = json_of(answer)
    status = answer.status_code
    if not 400 <= status < 500 or status == HTTPStatus.TOO_MANY_REQUESTS or not isinstance(body, Mapping):
        return _unusable(domain, operation, answer, body, secrets)
    answered = f"{_call(operation, answer)} answered {status} {_auth0_message(domain, body, secrets)}"
    code = str(body.get("errorCode") or "")
    if status == HTTPStatus.FORBIDDEN and (
        code == "insufficient_scope" or str(body.get("message", "")).startswith("Insufficient scope")
    ):
        scopes = tuple(sorted({*OPERATIONS.get(operation, ()), *FIELDS.get(operation, {}).values()}))
        grant = f"Grant the application {grant_text(operation)} on the Auth0 Management API"
        return InsufficientScope(domain, f"{answered}. {grant}", scopes=scopes)
    if answer.request.url.path == TOKEN_PATH and status == HTTPStatus.NOT_FOUND:
        next_step = _NO_TENANT
    else:
        next_step = _NOT_IN_PLAN if plan_lacks(status, code) else _NEXT.get(status, _ASSESS)
    return ApiRefused(domain, f"{answered}. {next_step}", status=status, error_code=code)


class InvalidJson(httpx.RequestError):
    """An answer with a body that is not JSON: a proxy's page, or a truncated answer."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__("not JSON", request=answer.request)
        self.answer = answer


def json_of(answer: httpx.Response) -> Any:
    """Parse the answer's JSON; None where it is not JSON."""
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None


def require_json(answer: httpx.Response) -> None:
    """Check that an answer is empty or JSON.

    Raises:
        InvalidJson: it is neither. For some of these the SDK would raise a `UnicodeDecodeError`.
    """
    if answer.content and json_of(answer) is None and answer.content.strip() != b"null":
        raise InvalidJson(answer)


def _unusable(
    domain: str, operation: str, answer: httpx.Response, body: Any, secrets: Iterable[str]
) -> Unreachable:
    content = (
        _auth0_message(domain, body, secrets)
        if isinstance(body, Mapping)
        else f'with "{glimpse(without(domain, answer.text, secrets))}"'
    )
    attempts = int(answer.headers.get(ATTEMPTS, "1"))
    maybe_done = not 300 <= answer.status_code < 500 or int(answer.headers.get(UNCERTAIN, "0")) > 0
    return Unreachable(
        domain,
        f"{_call(operation, answer)} answered {answer.status_code} {content} (attempt {attempts}). "
        f"{_unusable_next_step(answer)}",
        maybe_applied=_writes(answer.request) and maybe_done,
    )


def from_unexpected(
    domain: str, operation: str, error: Exception, request: httpx.Request | None
) -> Unreachable:
    """Describe an answer on which the SDK fails with an error that it does not document; its text is not kept."""
    return Unreachable(
        domain,
        f"{operation}: the answer could not be read: unexpected {type(error).__name__}. Look for a newer auth0-python",
        maybe_applied=request is None or _writes(request),
    )


def wrong_shape(domain: str, operation: str, answer: httpx.Response, expected: str) -> Unreachable:
    """Describe a success whose body is not the documented one."""
    return Unreachable(
        domain,
        f"{_call(operation, answer)} answered {answer.status_code}, but not in the documented shape, "
        f"{expected}. Look for a newer auth0-python",
        maybe_applied=_writes(answer.request),
    )


def too_many_secrets(domain: str, operation: str, answer: httpx.Response, bound: str) -> Unreachable:
    """Describe a success with more secrets than phonefleet masks."""
    return Unreachable(
        domain,
        f"{_call(operation, answer)} answered {answer.status_code} with more than phonefleet masks, {bound}. "
        "Check that the domain is an Auth0 tenant and that no proxy answers instead",
        maybe_applied=_writes(answer.request),
    )


def _unusable_next_step(answer: httpx.Response) -> str:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return "Other programs use up this tenant's rate limit: run again later, or correct its tier"
    if answer.is_redirect:
        return "Redirects are not followed: give the tenant's canonical domain"
    if answer.is_server_error:
        return "Auth0 has a problem with this tenant: check its status page, then run again"
    return "Check that the domain is an Auth0 tenant and that no proxy answers instead"


def _writes(request: httpx.Request) -> bool:
    return request.method != "GET" and request.url.path != TOKEN_PATH


def _call(operation: str, answer: httpx.Response) -> str:
    return f"{operation}: {answer.request.method} {answer.request.url.path}"


def _auth0_message(domain: str, body: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """Return Auth0's error, message and error code, with the values that were sent masked."""
    code = f" ({body['errorCode']})" if body.get("errorCode") else ""
    message = body.get("message") or body.get("error_description") or ""
    words = without(domain, f"{body.get('error') or ''}: {message}{code}".strip(": ")[:4_000], secrets)
    return printable(without_generated(words))[:400]
