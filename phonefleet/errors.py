"""Everything phonefleet raises on purpose.

The tree::

    PhonefleetError
    ├── TenantError                 one tenant could not be read or changed
    │   ├── Unreachable             no usable answer in time: name, connection, TLS, 5xx after all retries
    │   │   └── RateLimitTooLong    waiting for the tenant's rate limit would exceed rate_limit_patience
    │   ├── CredentialsRejected     the token endpoint refused the client
    │   ├── TokenLimited            the token endpoint gives the client no more tokens for now
    │   ├── InsufficientScope       the client lacks a scope the operation needs
    │   │   └── OptionsNotShown     Auth0 answered with a connection and left its options out
    │   ├── ApiRefused              any other answer that means no (4xx), with Auth0's own errorCode
    │   ├── NotRecorded             what would be kept of a tenant still holds a secret: its work ends, others go on
    │   └── StepFailed              a step's precondition or read-back did not hold
    ├── PlanRefused                 a plan cannot be applied: it changed, expired, or breaks a limit
    │   └── TooMuchChange           more tenants than the limit of change allows: a person decides
    ├── LedgerError                 the record cannot be read or written: nothing more may be written to Auth0
    │   └── LedgerDamaged           the record was damaged, exchanged or changed by hand
    ├── LeaseHeld                   somebody else is at work on a tenant
    └── SecretError                 a reference leads to no value

A message names the tenant, the fact, the number and the next step. No message carries a secret.
"""

from __future__ import annotations

import copyreg
from typing import Any


class PhonefleetError(Exception):
    """The root: catch this to catch whatever phonefleet raises on purpose."""


class TenantError(PhonefleetError):
    """Something about one tenant.

    Attributes:
        domain: the tenant's canonical domain.
        reason: a stable code for reports, for example `insufficient_scope`.
    """

    reason = "tenant_error"

    def __init__(self, domain: str, message: str) -> None:
        super().__init__(f"{domain}: {message}")
        self.domain = domain

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by state: the constructors take more than the message that `args` holds."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class Unreachable(TenantError):
    """No usable answer in time, after all retries.

    Attributes:
        maybe_applied: True when a write was sent and its answer lost, so only a read can tell its fate.
    """

    reason = "unreachable"

    def __init__(self, domain: str, message: str, *, maybe_applied: bool = False) -> None:
        super().__init__(domain, message)
        self.maybe_applied = maybe_applied


class RateLimitTooLong(Unreachable):
    """The tenant's rate limit would be waited for longer than `rate_limit_patience`; nothing was sent."""


class CredentialsRejected(TenantError):
    """The token endpoint refused the client, or its credential cannot be used.

    Attributes:
        reason: what was refused, as far as Auth0 says, for example `invalid_client`.
    """

    def __init__(self, domain: str, message: str, *, reason: str = "credentials_rejected") -> None:
        super().__init__(domain, message)
        self.reason = reason


class TokenLimited(TenantError):
    """The token endpoint answers 429: repeating the request soon cannot help.

    Attributes:
        reason: `token_quota_used_up` for a quota of tokens, `token_requests_limited` for a rate limit.
    """

    def __init__(self, domain: str, reason: str, message: str) -> None:
        super().__init__(domain, message)
        self.reason = reason


class InsufficientScope(TenantError):
    """The client's grant lacks what the operation needs: 403 `insufficient_scope`, or a field that is left out.

    Attributes:
        scopes: the scopes of which at least one is needed.
    """

    reason = "insufficient_scope"

    def __init__(self, domain: str, message: str, *, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(domain, message)
        self.scopes = scopes


class OptionsNotShown(InsufficientScope):
    """A connection was answered without its options, so nothing may be concluded or written from them."""


class ApiRefused(TenantError):
    """The Management API answered no.

    Attributes:
        status: HTTP status, 400 to 499.
        error_code: Auth0's `errorCode`, or an empty string where it gave none.
    """

    reason = "api_refused"

    def __init__(self, domain: str, message: str, *, status: int, error_code: str = "") -> None:
        super().__init__(domain, message)
        self.status = status
        self.error_code = error_code


class NotRecorded(TenantError):
    """Something of the tenant was about to be kept and still holds a key or a secret; it was not kept."""

    reason = "not_recorded"


class StepFailed(TenantError):
    """A step's precondition or read-back did not hold.

    Attributes:
        reason: the reason code, for example `switch_not_effective`.
    """

    def __init__(self, domain: str, reason: str, message: str) -> None:
        super().__init__(domain, message)
        self.reason = reason


class PlanRefused(PhonefleetError):
    """A plan cannot be applied as it stands; nothing was written."""


class TooMuchChange(PlanRefused):
    """More tenants would be changed than one run may change; a person must decide."""


class LedgerError(PhonefleetError):
    """The ledger cannot be read or written; no further write to Auth0 may follow."""


class LedgerDamaged(LedgerError):
    """The ledger is damaged, is not the one that this fleet had, or was changed by hand."""


class IntentSettled(LedgerError):
    """An intent has its result already, which is final."""


class LeaseHeld(PhonefleetError):
    """Another worker holds a tenant's lease."""


class SecretError(PhonefleetError):
    """A reference leads to no value; the message names the reference."""
