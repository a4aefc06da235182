"""How a tenant uses phone messages, by MFA and by Passwordless SMS, and what sends them now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from configs import MessageType
from phonefleet.assessment.snapshot_evidence import factor_evidence, message_types_evidence
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import SELECTED_PROVIDER, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.fact import ActionState
from phonefleet.model.snapshot import Gateway, SmsConnection, Snapshot, TwilioSettings


@dataclass(frozen=True, slots=True)
class TwilioSender:
    """Sends through a Twilio account."""

    label: ClassVar[str] = "Twilio"
    settings: TwilioSettings


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends through `send-phone-message` Actions."""

    label: ClassVar[str] = "an Action"
    actions: tuple[ActionState, ...]


@dataclass(frozen=True, slots=True)
class GatewaySender:
    """Sends through the custom SMS gateway of a Passwordless connection."""

    label: ClassVar[str] = "a gateway"
    gateway: Gateway


@dataclass(frozen=True, slots=True)
class Auth0Sender:
    """Sends through Auth0's own evaluation SMS, which does not exist on the Unified Phone Experience."""

    label: ClassVar[str] = "Auth0"


@dataclass(frozen=True, slots=True)
class UnreadableSender:
    """The legacy endpoints refuse, so the sender cannot be read."""

    label: ClassVar[str] = "a provider that cannot be read"


Sender = TwilioSender | ActionSender | GatewaySender | Auth0Sender | UnreadableSender


@dataclass(frozen=True, slots=True)
class MfaUse:
    """MFA phone messages, enabled and configured."""

    message_types: tuple[MessageType, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class PasswordlessUse:
    """A configured Passwordless SMS connection with at least one enabled client."""

    connection: SmsConnection
    sender: TwilioSender | GatewaySender


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant uses on the legacy experience.

    Attributes:
        mfa: use by MFA.
        passwordless: use by Passwordless SMS, one per connection.
        unused: why something that looks like phone use is none.
    """

    mfa: MfaUse | None
    passwordless: tuple[PasswordlessUse, ...]
    unused: tuple[Reason, ...]

    @property
    def senders(self) -> Iterator[Sender]:
        """Every sender in use, MFA first."""
        if self.mfa:
            yield self.mfa.sender
        for use in self.passwordless:
            yield use.sender

    @property
    def factors(self) -> tuple[MessageType, ...]:
        """The MFA message types in use."""
        return self.mfa.message_types if self.mfa else ()

    def __bool__(self) -> bool:
        return self.mfa is not None or bool(self.passwordless)


def find_usage(snapshot: Snapshot) -> Usage:
    """Return what a tenant on the legacy experience uses: both enabled and configured.

    Source: Auth0 documentation, "Unified Phone Experience".
    """
    sender = _mfa_sender(snapshot)
    wanted = snapshot.factor_enabled and bool(snapshot.message_types)
    return Usage(
        mfa=MfaUse(snapshot.message_types, sender) if wanted and sender else None,
        passwordless=tuple(_passwordless(snapshot)),
        unused=tuple(_unused(snapshot, sender)),
    )


def _mfa_sender(snapshot: Snapshot) -> Sender | None:
    if snapshot.legacy_refusal:
        return UnreadableSender()
    match snapshot.selected_provider:
        case "twilio" if snapshot.twilio and snapshot.twilio.configured:
            return TwilioSender(snapshot.twilio)
        case "phone-message-hook":
            bound = tuple(a for a in snapshot.legacy_actions if a.bound)
            return ActionSender(bound) if bound else None
        case "auth0":
            return Auth0Sender()
        case _:
            return None


def _passwordless(snapshot: Snapshot) -> Iterator[PasswordlessUse]:
    for connection in snapshot.connections:
        if not connection.enabled_clients or not connection.configured:
            continue
        if connection.gateway:
            yield PasswordlessUse(connection, GatewaySender(connection.gateway))
        elif connection.twilio:
            yield PasswordlessUse(connection, TwilioSender(connection.twilio))


def _unused(snapshot: Snapshot, sender: Sender | None) -> Iterator[Reason]:
    if snapshot.factor_enabled and (sender is None or not snapshot.message_types):
        yield Reason(
            code=ReasonCode.FACTOR_NOT_CONFIGURED,
            message=f"factor sms is enabled, but {_what_is_missing(snapshot)}",
            evidence=(
                factor_evidence(snapshot),
                Evidence(endpoint=SELECTED_PROVIDER, field="provider", value=snapshot.selected_provider),
                message_types_evidence(snapshot),
            ),
        )
    for connection in snapshot.connections:
        if connection.options_hidden:
            # Whether it has a sender is not known.
            if connection.enabled_clients:
                continue
            code, what = ReasonCode.CONNECTION_WITHOUT_CLIENTS, "has no enabled client"
        elif not connection.configured:
            code, what = ReasonCode.CONNECTION_NOT_CONFIGURED, "has no sender configured"
        elif not connection.enabled_clients:
            code, what = ReasonCode.CONNECTION_WITHOUT_CLIENTS, "has no enabled client"
        else:
            continue
        endpoint = connection_endpoint(connection.id)
        yield Reason(
            code=code,
            message=f"connection {connection.name} {what}",
            evidence=(Evidence(endpoint=endpoint, field="name", value=connection.name),),
        )


def _what_is_missing(snapshot: Snapshot) -> str:
    """Say why an enabled factor sends nothing.

    Hooks had the extensibility point Send Phone Message, which MFA used with `phone-message-hook` (Auth0 documentation,
    "Migrate from Hooks to Actions"). The end of life of Hooks is 18 November 2026 ("Hooks").
    """
    if not snapshot.message_types:
        return "no message can be sent: no message type is selected"
    if snapshot.selected_provider == "phone-message-hook":
        return (
            "nothing is found that sends its messages: provider phone-message-hook is selected and no Action is bound "
            "to send-phone-message. A Hook may have sent them until the end of life of Hooks on 18 November 2026; "
            "after it, users of the factor get none"
        )
    return "no message can be sent: its provider is not configured"


def usage_reasons(usage: Usage, snapshot: Snapshot) -> Iterator[Reason]:
    """Yield one reason for each use, with the evidence for it."""
    if usage.mfa:
        yield _mfa_reason(usage.mfa, snapshot)
    for use in usage.passwordless:
        match use.sender:
            case TwilioSender(settings):
                code, value = ReasonCode.PASSWORDLESS_TWILIO, "twilio"
                through = f"Twilio account {settings.sid}"
            case GatewaySender(gateway):
                code, value = ReasonCode.PASSWORDLESS_GATEWAY, "sms_gateway"
                through = f"gateway {gateway.url}"
        connection = use.connection
        endpoint = connection_endpoint(connection.id)
        yield Reason(
            code=code,
            message=f"Passwordless SMS on {connection.name} for {len(connection.enabled_clients)} client(s) "
            f"through {through}",
            evidence=(Evidence(endpoint=endpoint, field="options.provider", value=value),),
        )


def _mfa_reason(mfa: MfaUse, snapshot: Snapshot) -> Reason:
    field = "provider"
    match mfa.sender:
        case TwilioSender(settings):
            code, value, through = ReasonCode.MFA_TWILIO, "twilio", f"Twilio account {settings.sid}"
        case ActionSender(actions):
            code, value = ReasonCode.MFA_ACTION, "phone-message-hook"
            through = f"Action {', '.join(a.name for a in actions)}"
        case Auth0Sender():
            code, value, through = ReasonCode.MFA_AUTH0, "auth0", "Auth0's own evaluation SMS"
        case _:
            refusal = snapshot.legacy_refusal
            code, field, value = ReasonCode.HALF_DONE, "errorCode", refusal.error_code if refusal else ""
            through = "a provider that cannot be read"
    return Reason(
        code=code,
        message=f"MFA by {' and '.join(mfa.message_types)} through {through}",
        evidence=(
            Evidence(endpoint=SELECTED_PROVIDER, field=field, value=value),
            message_types_evidence(snapshot),
        ),
    )
