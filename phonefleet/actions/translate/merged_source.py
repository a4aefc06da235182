"""One custom provider for MFA and Passwordless that had different senders.

Only one Action can be the tenant's custom provider, so it must tell the two apart. The evidence it uses, from
Auth0's page "custom-phone-provider Event Object": ``otp_enroll`` is only sent for MFA; an ``otp_verify``
whose ``event.connection.strategy`` is ``sms`` comes from a Passwordless connection, which
``event.connection.name`` names; every other ``otp_verify`` is taken for MFA (also that of a test message or
of a phone identifier). A user of an SMS connection who is also challenged for MFA by phone gives the same
event for both, so where that can happen no merged Action is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.parser import ParsedAction, parse_action
from phonefleet.actions.refusal_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.adapter import (
    DROP,
    OnError,
    event_parts,
    failure_part,
    legacy_module,
    other_part,
)
from phonefleet.actions.translate.code_assembly import comment_text, fill, literal, part
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translate.gateway_action import (
    GATEWAY_RUNTIME,
    GATEWAY_SECRET,
    GatewaySettings,
    gateway_decisions,
    gateway_mapping,
    gateway_part,
    otp_verify_flag,
    settings_literal,
)
from phonefleet.actions.translation_model import (
    ActionSource,
    FieldMapping,
    Flag,
    NpmPackage,
    RefusalReason,
    Strategy,
    Translation,
    TranslationRefusal,
)

TWILIO_SECRET: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105  the secret's name


@dataclass(frozen=True, slots=True)
class TwilioRoute:
    """A Twilio account as a sender: ``sender`` or ``messaging_service_sid``; calls always need ``sender``.

    ``secret_name`` names the Action secret that holds the account's AuthToken.
    """

    sid: str
    sender: str | None = None
    messaging_service_sid: str | None = None
    secret_name: str = TWILIO_SECRET


@dataclass(frozen=True, slots=True)
class PasswordlessRoute:
    """A Passwordless SMS connection, by name, and what sent its messages."""

    connection: str
    via: GatewaySettings | TwilioRoute


def merged_action(
    mfa: ActionSource | TwilioRoute,
    passwordless: Sequence[PasswordlessRoute],
    *,
    sms_users_have_phone_mfa: bool | None = None,
    other_types: str = DROP,
) -> Translation | TranslationRefusal:
    """One Action for MFA as ``mfa`` did it and Passwordless as each connection did.

    Args:
        mfa: the send-phone-message Action or the Twilio account behind MFA.
        passwordless: every SMS connection in use, at least one.
        sms_users_have_phone_mfa: whether a user of an SMS connection can be asked for MFA by phone; ``None``
            when that is not known, which the result then says.
        other_types: as in ``adapter_code``.
    """
    refusal = _refusal(mfa, passwordless, sms_users_have_phone_mfa)
    if refusal is not None:
        return refusal
    reading = parse_action(mfa) if isinstance(mfa, ActionSource) else None
    if isinstance(reading, TranslationRefusal):
        return reading
    routes = [(route, _secret(route, len(passwordless))) for route in passwordless]
    secrets = tuple(dict.fromkeys(secret for _, secret in routes if secret is not None))
    return Translation(
        strategy=Strategy.ADAPTER,
        code=_code(mfa, routes, secrets, other_types),
        dependencies=_dependencies(mfa),
        secret_names=tuple(dict.fromkeys((*_mfa_secrets(mfa, reading), *secrets))),
        runtime=GATEWAY_RUNTIME,
        flags=_flags(reading, sms_users_have_phone_mfa),
        mapping=_mapping(passwordless),
        decisions=_decisions(passwordless, sms_users_have_phone_mfa),
    )


def _refusal(
    mfa: ActionSource | TwilioRoute, passwordless: Sequence[PasswordlessRoute], ambiguous: bool | None
) -> TranslationRefusal | None:
    reasons = []
    if not passwordless:
        reasons.append(RefusalReason(RefusalCode.NOTHING_TO_MERGE, "no Passwordless connection is in use"))
    if ambiguous:
        message = (
            "users of an SMS connection can be asked for MFA by phone: both send otp_verify with the same "
            "connection, so one Action cannot tell which sender to use"
        )
        reasons.append(RefusalReason(RefusalCode.MFA_PASSWORDLESS_INDISTINGUISHABLE, message))
    for sender in (mfa, *(route.via for route in passwordless)):
        if isinstance(sender, TwilioRoute) and not (sender.sender or sender.messaging_service_sid):
            message = f"the Twilio account {sender.sid} has neither a sender nor a messaging service"
            reasons.append(RefusalReason(RefusalCode.GATEWAY_INCOMPLETE, message))
    return TranslationRefusal(tuple(reasons)) if reasons else None


def _code(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[tuple[PasswordlessRoute, str | None]],
    secrets: tuple[str, ...],
    other_types: str,
) -> str:
    legacy = legacy_module(mfa.code) + "\n" if isinstance(mfa, ActionSource) else ""
    title = f"as the Action {literal(mfa.name)} did" if isinstance(mfa, ActionSource) else "through Twilio"
    holes = {
        "MFA_TITLE": comment_text(title),
        "LEGACY": legacy,
        "ROUTES": "\n".join(_case(route, secret) for route, secret in routes),
        "PARTS": "\n\n".join(_parts(mfa, routes, secrets, other_types)),
    }
    return fill(part("merged"), holes)


def _case(route: PasswordlessRoute, secret: str | None) -> str:
    match route.via:
        case GatewaySettings() as gateway:
            call = f"phonefleetGateway(event, {settings_literal(gateway, secret or GATEWAY_SECRET)})"
        case TwilioRoute() as twilio:
            call = f"phonefleetTwilio(event, {_twilio_literal(twilio)})"
    return f"    case {literal(route.connection)}:\n      return {call};"


def _parts(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[tuple[PasswordlessRoute, str | None]],
    secrets: tuple[str, ...],
    other_types: str,
) -> list[str]:
    senders = [mfa, *(route.via for route, _ in routes)]
    parts = [_mfa_part(mfa)]
    if isinstance(mfa, ActionSource):
        parts.append(event_parts(tuple(secret for secret in secrets if secret not in mfa.secret_names)))
    if any(isinstance(sender, GatewaySettings) for sender in senders):
        parts.append(gateway_part())
    if any(isinstance(sender, TwilioRoute) for sender in senders):
        parts.append(part("twilio_parts").rstrip())
    return [*parts, other_part(other_types), failure_part(OnError.DROP)]


def _mfa_part(mfa: ActionSource | TwilioRoute) -> str:
    if isinstance(mfa, TwilioRoute):
        return (
            f"function phonefleetMfa(event) {{\n  return phonefleetTwilio(event, {_twilio_literal(mfa)});\n}}"
        )
    call = "phonefleetSend(phonefleetEvent(event), phonefleetApi(api))"
    return f"function phonefleetMfa(event, api) {{\n  return {call};\n}}"


def _twilio_literal(settings: TwilioRoute) -> str:
    return literal(
        {
            "sid": settings.sid,
            "sender": settings.sender,
            "messagingServiceSid": settings.messaging_service_sid,
            "secret": settings.secret_name,
        }
    )


def _secret(route: PasswordlessRoute, count: int) -> str | None:
    """The secret that a route needs; one name for one gateway, a name per connection for several."""
    if isinstance(route.via, TwilioRoute):
        return route.via.secret_name
    if route.via.authentication is None:
        return None
    suffix = re.sub(r"\W", "_", route.connection).upper()
    return GATEWAY_SECRET if count == 1 else f"{GATEWAY_SECRET}_{suffix}"


def _mfa_secrets(mfa: ActionSource | TwilioRoute, reading: ParsedAction | None) -> tuple[str, ...]:
    if isinstance(mfa, TwilioRoute):
        return (mfa.secret_name,)
    return (*mfa.secret_names, *(secret.name for secret in (reading.secrets if reading else ())))


def _dependencies(mfa: ActionSource | TwilioRoute) -> tuple[NpmPackage, ...]:
    return mfa.dependencies if isinstance(mfa, ActionSource) else ()


def _flags(reading: ParsedAction | None, ambiguous: bool | None) -> tuple[Flag, ...]:
    found = list(flags(reading)) if reading is not None else [otp_verify_flag()]
    if ambiguous is None:
        message = (
            "an MFA challenge of a user of an SMS connection goes out as that connection's Passwordless does"
        )
        found.append(Flag(FlagCode.MFA_PASSWORDLESS_AMBIGUOUS, 0, message))
    return tuple(found)


def _mapping(passwordless: Sequence[PasswordlessRoute]) -> tuple[FieldMapping, ...]:
    rows = [FieldMapping("MFA", "otp_enroll, and otp_verify unless event.connection.strategy is sms", 0)]
    for route in passwordless:
        rows.append(
            FieldMapping(f"Passwordless {route.connection}", "otp_verify with this event.connection.name", 0)
        )
        if isinstance(route.via, GatewaySettings):
            rows += gateway_mapping(route.via)
    return tuple(rows)


def _decisions(passwordless: Sequence[PasswordlessRoute], ambiguous: bool | None) -> tuple[str, ...]:
    decisions = [
        "Messages with no connection in their event (a test message, for one) go out the way MFA's do.",
        *(
            line
            for route in passwordless
            if isinstance(route.via, GatewaySettings)
            for line in gateway_decisions(route.via)
        ),
    ]
    if ambiguous is None:
        decisions.append("Say whether users of an SMS connection can be asked for MFA by phone.")
    return tuple(dict.fromkeys(decisions))
