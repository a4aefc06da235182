"""What Auth0 answers when it refuses.

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
    """Root of what the simulator itself raises towards its operator."""


class UnknownTenantError(SimulatorError):
    """A domain that the fleet doesn't hold."""


class BadControlRequestError(SimulatorError):
    """A control-plane request that can't be understood; the message names the key and the allowed values."""


class ConnectionDroppedError(SimulatorError):
    """Raised in place of an answer where there is no TCP connection to cut (in-process transports)."""


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
        """The answer's body."""
        body: dict[str, Any] = {
            "statusCode": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
        }
        return body if self.code is None else body | {"errorCode": self.code}


def invalid_body(message: str) -> ApiError:
    """400 for a request body with a wrong type, value or length."""
    return ApiError(400, f"Payload validation error: {message}", "invalid_body")


def invalid_query(message: str) -> ApiError:
    """400 for a query string that can't be understood."""
    return ApiError(400, f"Query validation error: {message}", "invalid_query_string")


def insufficient_scope(expected: tuple[str, ...]) -> ApiError:
    """403 naming the scopes of which one was expected."""
    return ApiError(403, f"Insufficient scope, expected any of: {','.join(expected)}", "insufficient_scope")


def deprecated_feature(what: str) -> ApiError:
    """403 of a legacy Guardian endpoint on a tenant that is on the Unified Phone Experience."""
    return ApiError(403, DEPRECATED_FEATURE, f"legacy_mfa_phone_{what}_not_allowed")


def too_many_requests() -> ApiError:
    """429 of the Management API's token bucket."""
    return ApiError(429, "Global limit has been reached", "too_many_requests")
