"""Auth0's refusals.

``ApiError`` carries one refusal of the Management API; ``dispatch`` turns it into the JSON that the
Management API documents: ``{"statusCode", "error", "message", "errorCode"?}``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

DEPRECATED_FEATURE = (
    "Insufficient privileges to use this deprecated feature. "
    "To handle Phone Provider/Templates refer to Tenant Phone Settings"
)
NOTIFICATION_NOT_FOUND = "Notification Resource not found"
BAD_NOTIFICATION = "Bad Operation on Notification Resource"


class SimulatorError(Exception):
    """Base of the simulator's own errors."""


class UnknownTenantError(SimulatorError):
    """A domain that is not in the fleet."""


class BadControlRequestError(SimulatorError):
    """An invalid control-plane request; the message names the key and the allowed values."""


class ConnectionDroppedError(SimulatorError):
    """Raised instead of an answer if there is no TCP connection to close (in-process)."""


class ApiError(Exception):
    """One refusal of the Management API.

    Args:
        status: HTTP status.
        message: the sentence a client shows.
        code: Auth0's ``errorCode``; left out of the JSON when None.
    """

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def as_json(self) -> dict[str, Any]:
        """Return the answer's body."""
        body: dict[str, Any] = {
            "statusCode": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
        }
        return body if self.code is None else body | {"errorCode": self.code}


def invalid_body(message: str) -> ApiError:
    """Return 400 for a request body with a wrong type, value or length."""
    return ApiError(400, f"Payload validation error: {message}", "invalid_body")


def invalid_query(message: str) -> ApiError:
    """Return 400 for an invalid query string."""
    return ApiError(400, f"Query validation error: {message}", "invalid_query_string")


def insufficient_scope(expected: tuple[str, ...]) -> ApiError:
    """Return 403 with the scopes of which one was expected."""
    return ApiError(403, f"Insufficient scope, expected any of: {','.join(expected)}", "insufficient_scope")


def deprecated_feature(what: str) -> ApiError:
    """Return 403 of a legacy Guardian endpoint on a tenant that is on the Unified Phone Experience."""
    return ApiError(403, DEPRECATED_FEATURE, f"legacy_mfa_phone_{what}_not_allowed")


def too_many_requests() -> ApiError:
    """Return 429 of the Management API's token bucket."""
    return ApiError(429, "Global limit has been reached", "too_many_requests")
