"""Names that Auth0 gives to what phonefleet reads and writes, each in one place.

Source: Auth0's Management API description, its Actions reference and its list of log event types. Pure facts:
nothing here calls anything. The endpoints are written as evidence names them.
"""

from __future__ import annotations

from typing import Final

UPE_FLAG: Final = "phone_consolidated_experience"
"""The tenant setting that turns the Unified Phone Experience on; absent on a tenant without the toggle."""

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 -- a path, not a password
TOKEN: Final = "POST oauth/token"  # noqa: S105
SETTINGS: Final = "GET tenants/settings"
FACTORS: Final = "GET guardian/factors"
MESSAGE_TYPES: Final = "GET guardian/factors/phone/message-types"
MFA_POLICIES: Final = "GET guardian/policies"
SELECTED_PROVIDER: Final = "GET guardian/factors/phone/selected-provider"
GUARDIAN_TWILIO: Final = "GET guardian/factors/phone/providers/twilio"
GUARDIAN_TEMPLATES: Final = "GET guardian/factors/phone/templates"
PHONE_PROVIDERS: Final = "GET branding/phone/providers"
PHONE_TEMPLATES: Final = "GET branding/phone/templates"
CLIENTS: Final = "GET clients"
CLIENT_GRANTS: Final = "GET client-grants"
LOGS: Final = "GET logs"
CONNECTIONS: Final = "GET connections"
SMS_CONNECTIONS: Final = "GET connections?strategy=sms"
DATABASE_CONNECTIONS: Final = "GET connections?strategy=auth0"
TRIGGERS: Final = "GET actions/triggers"

LEGACY_TRIGGER: Final = "send-phone-message"
LEGACY_HANDLER: Final = "onExecuteSendPhoneMessage"
LEGACY_ACTIONS: Final = f"GET actions/actions?triggerId={LEGACY_TRIGGER}"
LEGACY_BINDINGS: Final = f"GET actions/triggers/{LEGACY_TRIGGER}/bindings"
PROVIDER_TRIGGER: Final = "custom-phone-provider"
PROVIDER_HANDLER: Final = "onExecuteCustomPhoneProvider"
PROVIDER_ACTIONS: Final = f"GET actions/actions?triggerId={PROVIDER_TRIGGER}"

PROVIDER_ACTION_NAME: Final = "phonefleet-phone-provider"
"""The name of the Action on `custom-phone-provider` that phonefleet creates. Actions are found by their trigger."""
SECOND_ACTION_REFUSED: Final = "actions_cardinality_custom_phone_provider_not_allowed"
"""The error code of 403 for a second Action on `custom-phone-provider` (Auth0's API changes, January to March 2026)."""

LEGACY_PATHS: Final = ("/guardian/factors/sms/", "/guardian/factors/phone/")
"""Parts of the paths that close at the switch, but for `SHARED_PATHS`."""
SHARED_PATHS: Final = ("/message-types",)
PROVIDERS_PATH: Final = "/branding/phone/providers/"
NEW_PATHS: Final = ("/branding/phone/",)
TRY_PATH_END: Final = "/try"

API_WRITE_EVENT: Final = "sapi"
"""Type of the log entry of a successful POST, PATCH, PUT or DELETE on the Management API."""
API_READ_EVENT: Final = "mgmt_api_read"
MESSAGE_EVENTS: Final = {"text": "gd_send_sms", "voice": "gd_send_voice"}
"""Type of the log entry of a message, by delivery method."""
FAILURE_SUFFIX: Final = "_failure"
"""Ends the type of the log entry of an MFA message that was not sent."""
CODE_SENT_EVENT: Final = "cs"
"""Type of the log entry of a Passwordless code that was sent by SMS."""
FAILED_NOTIFICATION_EVENT: Final = "fn"
"""Type of the log entry of a notification that was not sent, of any kind."""
ACTION_FAILURE_EVENT: Final = "actions_execution_failed"
"""Type of the log entry of an Action, of any trigger, that threw or ran out of time."""


def connection_endpoint(connection_id: str) -> str:
    """Name the read of one connection."""
    return f"{CONNECTIONS}/{connection_id}"


def connection_clients_endpoint(connection_id: str) -> str:
    """Name the read of the clients that a connection is enabled for."""
    return f"{CONNECTIONS}/{connection_id}/clients"


def action_endpoint(action_id: str) -> str:
    """Name the read of one Action."""
    return f"GET actions/actions/{action_id}"


def message_events(method: str) -> tuple[str, ...]:
    """Return the types of log entries that may be about messages by `text` or `voice`."""
    mfa = MESSAGE_EVENTS[method], f"{MESSAGE_EVENTS[method]}{FAILURE_SUFFIX}"
    passwordless = (CODE_SENT_EVENT,) if method == "text" else ()
    return *mfa, *passwordless, FAILED_NOTIFICATION_EVENT, ACTION_FAILURE_EVENT


def any_of_types(*types: str) -> str:
    """Return a query in Auth0's log query syntax for entries of any of these types."""
    return " OR ".join(f"type:{name}" for name in types)
