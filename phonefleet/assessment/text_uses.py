"""Which messages users get now, and from which text each of them is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from configs import DeliveryMethod, MessageType, delivery_method_of
from phonefleet.actions.message_templates import (
    DEFAULT_CONNECTION,
    DEFAULT_ENROLLMENT,
    DEFAULT_VERIFICATION,
    LegacyMessage,
)
from phonefleet.assessment.connection_switch import may_use_provider_before_switch
from phonefleet.assessment.phone_bodies import AUTH0_DEFAULTS, present_body
from phonefleet.assessment.usage import Usage
from phonefleet.model.endpoints import GUARDIAN_TEMPLATES, PHONE_TEMPLATES, connection_endpoint
from phonefleet.model.message_texts import MessagePlane, NotificationType
from phonefleet.model.snapshot import SmsConnection, Snapshot

_VERIFY, _TEXT = NotificationType.OTP_VERIFY, DeliveryMethod.TEXT


@dataclass(frozen=True, slots=True)
class TextUse:
    """One message that users get now.

    Attributes:
        plane: what sends it.
        connection: the connection's name; empty for MFA.
        kind: its type.
        method: `text` or `voice`.
        source: the legacy message, or the body of the phone template, that it is made from.
        own: whether the tenant wrote that text.
        endpoint: where the text was read; `field` in its answer.
    """

    plane: MessagePlane
    connection: str
    kind: NotificationType
    method: DeliveryMethod
    source: LegacyMessage | str
    own: bool
    endpoint: str
    field: str


def mfa_messages(snapshot: Snapshot) -> dict[NotificationType, tuple[LegacyMessage, bool]]:
    """Return MFA's legacy message of each type, and whether the tenant wrote it."""
    texts = {
        NotificationType.OTP_ENROLL: (snapshot.enrollment_template, DEFAULT_ENROLLMENT),
        NotificationType.OTP_VERIFY: (snapshot.verification_template, DEFAULT_VERIFICATION),
    }
    return {
        kind: (LegacyMessage(MessagePlane.MFA, text or default), text not in (None, "", default))
        for kind, (text, default) in texts.items()
    }


def connection_message(connection: SmsConnection) -> LegacyMessage:
    """Return the message of an SMS connection that sends on its own."""
    template = connection.template or DEFAULT_CONNECTION
    return LegacyMessage(MessagePlane.PASSWORDLESS, template, connection.syntax)


def text_uses(snapshot: Snapshot, usage: Usage, factors: tuple[MessageType, ...]) -> Iterator[TextUse]:
    """Yield every message that users of a tenant on the legacy experience get now and go on getting.

    Args:
        snapshot: the tenant.
        usage: what it uses.
        factors: the message types that MFA will have; a factor that is given up is a decision of its own.
    """
    if usage.mfa and not snapshot.legacy_refusal:
        for kind, (message, own) in mfa_messages(snapshot).items():
            for each in (each for each in usage.mfa.message_types if each in factors):
                field = (
                    "enrollment_message" if kind is NotificationType.OTP_ENROLL else "verification_message"
                )
                yield TextUse(
                    MessagePlane.MFA,
                    "",
                    kind,
                    delivery_method_of(each),
                    message,
                    own,
                    GUARDIAN_TEMPLATES,
                    field,
                )
    sending = {use.connection.id for use in usage.passwordless}
    for connection in snapshot.enabled_connections:
        if connection.id in sending and connection.use_phone_provider is not True:
            yield _own_sender(connection)
        if snapshot.provider and may_use_provider_before_switch(connection):
            yield _through_provider(snapshot, MessagePlane.PASSWORDLESS, connection.name, _TEXT)
    yield from _identifiers(snapshot)


def unswitched_uses(connections: Iterable[SmsConnection]) -> Iterator[TextUse]:
    """Yield the messages of connections that may send on their own although the tenant is switched."""
    for connection in connections:
        if connection.configured and not connection.options_hidden:
            yield _own_sender(connection)


def _identifiers(snapshot: Snapshot) -> Iterator[TextUse]:
    provider = snapshot.provider
    if provider is None or provider.disabled:
        return
    for identifier in snapshot.enabled_identifiers:
        for method in DeliveryMethod:
            if method in provider.delivery_methods:
                yield _through_provider(snapshot, MessagePlane.PHONE_IDENTIFIER, identifier.name, method)


def _own_sender(connection: SmsConnection) -> TextUse:
    message = connection_message(connection)
    own = message.template != DEFAULT_CONNECTION
    return TextUse(
        *(MessagePlane.PASSWORDLESS, connection.name, _VERIFY, _TEXT, message, own),
        *(connection_endpoint(connection.id), "options.template"),
    )


def _through_provider(
    snapshot: Snapshot, plane: MessagePlane, connection: str, method: DeliveryMethod
) -> TextUse:
    body = present_body(snapshot, _VERIFY, method)
    own = body != AUTH0_DEFAULTS[_VERIFY, method]
    return TextUse(
        *(plane, connection, _VERIFY, method, body, own),
        *(PHONE_TEMPLATES, f"otp_verify.content.body.{method}"),
    )
