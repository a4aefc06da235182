"""The two kinds of phone use of a tenant, MFA and Passwordless SMS, and what sends their messages now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configs import MessageType
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import FACTORS, MESSAGE_TYPES, SELECTED_PROVIDER, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import ActionState, Gateway, SmsConnection, Snapshot, TwilioSettings


@dataclass(frozen=True, slots=True)
class TwilioSender:
    """Messages go out through a Twilio account."""

    settings: TwilioSettings


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Messages go out through `send-phone-message` Actions."""

    actions: tuple[ActionState, ...]


@dataclass(frozen=True, slots=True)
class GatewaySender:
    """Messages go out through a Passwordless connection's custom SMS gateway."""

    gateway: Gateway


@dataclass(frozen=True, slots=True)
class Auth0Sender:
    """Messages go out through Auth0's own evaluation SMS, which has no counterpart after the migration."""


@dataclass(frozen=True, slots=True)
class UnreadableSender:
    """The legacy endpoints refuse, so what sends now cannot be read."""


Sender = TwilioSender | ActionSender | GatewaySender | Auth0Sender | UnreadableSender


@dataclass(frozen=True, slots=True)
class MfaUse:
    """MFA phone messages, enabled and configured."""

    message_types: tuple[MessageType, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class PasswordlessUse:
    """A Passwordless SMS connection with at least one enabled client, configured."""

    connection: SmsConnection
    sender: TwilioSender | GatewaySender


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant uses on the legacy side, and why the rest does not count."""

    mfa: MfaUse | None
    passwordless: tuple[PasswordlessUse, ...]
    discounted: tuple[Reason, ...]

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
    """What a tenant on the legacy experience uses: enabled and configured, as Auth0's page asks for it."""
    sender = _mfa_sender(snapshot)
    wanted = snapshot.factor_enabled and bool(snapshot.message_types)
    passwordless = tuple(_passwordless(snapshot))
    return Usage(
        mfa=MfaUse(snapshot.message_types, sender) if wanted and sender else None,
        passwordless=passwordless,
        discounted=tuple(_discounted(snapshot, sender)),
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


def _discounted(snapshot: Snapshot, sender: Sender | None) -> Iterator[Reason]:
    """Why something that looks like phone use is none."""
    if snapshot.factor_enabled and (sender is None or not snapshot.message_types):
        yield Reason(
            code=ReasonCode.FACTOR_NOT_CONFIGURED,
            message="factor sms is enabled, but no message can go out: "
            + (
                "no message type is chosen"
                if not snapshot.message_types
                else "its provider is not configured"
            ),
            evidence=(
                Evidence(endpoint=FACTORS, field="sms.enabled", value="true"),
                Evidence(endpoint=SELECTED_PROVIDER, field="provider", value=snapshot.selected_provider),
                _message_types(snapshot),
            ),
        )
    for connection in snapshot.connections:
        if not connection.configured:
            code, what = ReasonCode.CONNECTION_NOT_CONFIGURED, "names no way to send"
        elif not connection.enabled_clients:
            code, what = ReasonCode.CONNECTION_WITHOUT_CLIENTS, "has no enabled client"
        else:
            continue
        yield Reason(
            code=code,
            message=f"connection {connection.name} {what}",
            evidence=(
                Evidence(endpoint=connection_endpoint(connection.id), field="name", value=connection.name),
            ),
        )


def _message_types(snapshot: Snapshot) -> Evidence:
    return Evidence(
        endpoint=MESSAGE_TYPES,
        field="message_types",
        value=", ".join(snapshot.message_types) or "none",
    )


def usage_reasons(found: Usage, snapshot: Snapshot) -> tuple[Reason, ...]:
    """One reason for each use, with the evidence for it."""
    reasons: list[Reason] = []
    if found.mfa:
        code, what, field, value = _mfa_words(found.mfa.sender, snapshot)
        reasons.append(
            Reason(
                code=code,
                message=f"MFA by {' and '.join(found.mfa.message_types)} {what}",
                evidence=(
                    Evidence(endpoint=SELECTED_PROVIDER, field=field, value=value),
                    _message_types(snapshot),
                ),
            )
        )
    for use in found.passwordless:
        code, what, value = _passwordless_words(use.sender)
        reasons.append(
            Reason(
                code=code,
                message=f"Passwordless SMS on {use.connection.name} for {len(use.connection.enabled_clients)} "
                f"client(s) {what}",
                evidence=(
                    Evidence(
                        endpoint=connection_endpoint(use.connection.id), field="options.provider", value=value
                    ),
                ),
            )
        )
    return tuple(reasons)


def _mfa_words(sender: Sender, snapshot: Snapshot) -> tuple[ReasonCode, str, str, str]:
    match sender:
        case TwilioSender(settings):
            return ReasonCode.MFA_TWILIO, f"through Twilio account {settings.sid}", "provider", "twilio"
        case ActionSender(actions):
            names = ", ".join(a.name for a in actions)
            return ReasonCode.MFA_ACTION, f"through Action {names}", "provider", "phone-message-hook"
        case Auth0Sender():
            return ReasonCode.MFA_AUTH0, "through Auth0's own evaluation SMS", "provider", "auth0"
        case _:
            refusal = snapshot.legacy_refusal
            code = refusal.error_code if refusal else ""
            return ReasonCode.HALF_DONE, "through a provider that cannot be read", "errorCode", code


def _passwordless_words(sender: TwilioSender | GatewaySender) -> tuple[ReasonCode, str, str]:
    match sender:
        case TwilioSender(settings):
            return ReasonCode.PASSWORDLESS_TWILIO, f"through Twilio account {settings.sid}", "twilio"
        case GatewaySender(gateway):
            return ReasonCode.PASSWORDLESS_GATEWAY, f"through gateway {gateway.url}", "sms_gateway"
