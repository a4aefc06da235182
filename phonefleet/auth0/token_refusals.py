"""Turn a refusal of the token endpoint into an error with its own reason and next step.

Source: Auth0 documentation, "Authentication API", and answers that operators have published. Auth0 gives several
causes one error, `access_denied`; only the fixed words that its description begins with tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from phonefleet.auth0 import api_failures
from phonefleet.auth0.answer_redaction import without, without_generated
from phonefleet.auth0.token_quota import retry_after, used_up_quota
from phonefleet.auth0.transport import ATTEMPTS
from phonefleet.errors import CredentialsRejected, TenantError, TokenLimited
from phonefleet.model.enums import ReasonCode
from phonefleet.model.shown_text import printable

TOKEN_OPERATION = "asking for an access token"  # noqa: S105 -- a name
_BY_ERROR = {
    "invalid_client": ReasonCode.INVALID_CLIENT,
    "unauthorized_client": ReasonCode.GRANT_TYPE_NOT_ALLOWED,
}
_BY_DESCRIPTION = {
    "Service not enabled within domain": ReasonCode.CUSTOM_DOMAIN_USED,
    "Service not found": ReasonCode.AUDIENCE_UNKNOWN,
    "Client is not authorized to access": ReasonCode.CLIENT_GRANT_MISSING,
}
_NEXT = {
    ReasonCode.INVALID_CLIENT: "Compare token_endpoint_auth_method and the credential with what the application has "
    "under Credentials in the dashboard",
    ReasonCode.GRANT_TYPE_NOT_ALLOWED: "Allow the grant type Client Credentials for the application: it must be a "
    "machine-to-machine application",
    ReasonCode.CUSTOM_DOMAIN_USED: "A custom domain is given where the tenant's own is needed: give the canonical "
    "domain (….auth0.com) in domain, or the tenant's https://CANONICAL-DOMAIN/api/v2/ in audience",
    ReasonCode.AUDIENCE_UNKNOWN: "Give the identifier of this tenant's Auth0 Management API in audience",
    ReasonCode.CLIENT_GRANT_MISSING: "Authorize the application for the Auth0 Management API",
    ReasonCode.CREDENTIALS_REJECTED: "Check client_id and client_secret, and that the application is authorised for "
    "the Auth0 Management API",
}


def token_refusal(domain: str, client_id: str, answer: httpx.Response, secrets: Iterable[str]) -> TenantError:
    """Describe an answer of the token endpoint other than a token.

    Args:
        domain: the tenant.
        client_id: the application that asked.
        answer: the complete answer.
        secrets: values to mask in Auth0's words.
    """
    match answer.status_code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _rejected(domain, client_id, answer, secrets)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(domain, client_id, answer)
        case _:
            return api_failures.from_answer(domain, TOKEN_OPERATION, answer, secrets)


def _rejected(
    domain: str, client_id: str, answer: httpx.Response, secrets: Iterable[str]
) -> CredentialsRejected:
    parsed = api_failures.json_of(answer)
    body: Mapping[str, Any] = parsed if isinstance(parsed, Mapping) else {}
    error, description = str(body.get("error") or ""), str(body.get("error_description") or "")
    reason = _BY_ERROR.get(error) or next(
        (code for start, code in _BY_DESCRIPTION.items() if description.startswith(start)),
        ReasonCode.CREDENTIALS_REJECTED,
    )
    words = (
        printable(without_generated(without(domain, (description or error)[:4_000], secrets)))[:400]
        or "without a reason"
    )
    return CredentialsRejected(
        domain,
        f"client {client_id} was refused an access token: {answer.status_code} {words}. {_NEXT[reason]}",
        reason=reason,
    )


def _limited(domain: str, client_id: str, answer: httpx.Response) -> TokenLimited:
    if quota := used_up_quota(answer.headers):
        return TokenLimited(
            domain,
            ReasonCode.TOKEN_QUOTA_USED_UP,
            f"client {client_id} gets no access token: its {quota.bucket} quota of {quota.size} tokens is used up "
            f"and full again in {quota.seconds} s. Run again then, raise the quota, or use an application of its own "
            "for phonefleet",
        )
    wait = retry_after(answer.headers)
    when = "later" if wait is None else f"in {wait:.0f} s"
    attempts = int(answer.headers.get(ATTEMPTS, "1"))
    return TokenLimited(
        domain,
        ReasonCode.TOKEN_REQUESTS_LIMITED,
        f"client {client_id} gets no access token: the token endpoint answers 429 (attempt {attempts}). "
        f"Other programs use up the tenant's rate limit for tokens: run again {when}",
    )
