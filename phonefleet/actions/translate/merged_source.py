"""One custom provider for MFA and Passwordless that had different senders.

A tenant has one custom provider, so its Action must distinguish the two. Its evidence, from
Auth0's page "custom-phone-provider Event Object": ``otp_enroll`` is only sent for MFA; an ``otp_verify``
whose ``event.connection.strategy`` is ``sms`` comes from a Passwordless connection, which
``event.connection.name`` names; every other ``otp_verify`` is treated as MFA (also that of a test message or
of a phone identifier). A user of an SMS connection who also gets an MFA challenge by phone causes the same
event for both, so no merged Action is made where that can happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.reason_codes import FlagCode, RefusalCode
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
from phonefleet.actions.translate.former_senders import (
    GATEWAY_SECRET,
    GatewaySettings,
    PasswordlessRoute,
    TwilioRoute,
)
from phonefleet.actions.translate.gateway_action import (
    GATEWAY_RUNTIME,
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
    Strategy,
    Translation,
    TranslationReason,
    TranslationRefusal,
)


def merged_action(
    mfa: ActionSource | TwilioRoute,
    passwordless: Sequence[PasswordlessRoute],
    *,
    sms_users_have_phone_mfa: bool | None = None,
    other_types: str = DROP,
) -> Translation | TranslationRefusal:
    """Make one Action that sends MFA messages as ``mfa`` did, and Passwordless as each connection did.

    Args:
        mfa: the send-phone-message Action or the Twilio account behind MFA.
        passwordless: every SMS connection in use, at least one.
        sms_users_have_phone_mfa: whether a user of an SMS connection can get an MFA challenge by phone; ``None``
            if that is not known, which the result flags.
        other_types: as in ``adapter_code``.
    """
    reasons = tuple(_obstacles(mfa, passwordless, sms_users_have_phone_mfa))
    if reasons:
        return TranslationRefusal(reasons)
    parsed = parse_action(mfa) if isinstance(mfa, ActionSource) else None
    if isinstance(parsed, TranslationRefusal):
        return parsed
    routes = [(route, _secret(route, len(passwordless))) for route in passwordless]
    secrets = tuple(dict.fromkeys(secret for _, secret in routes if secret is not None))
    if isinstance(mfa, TwilioRoute):
        own_secrets: tuple[str, ...] = (mfa.secret_name,)
    else:
        own_secrets = (*mfa.secret_names, *(secret.name for secret in (parsed.secrets if parsed else ())))
    review = list(flags(parsed)) if parsed is not None else [otp_verify_flag()]
    if sms_users_have_phone_mfa is None:
        message = "an MFA challenge of a user of an SMS connection is sent like that connection's Passwordless messages"
        review.append(Flag(FlagCode.MFA_PASSWORDLESS_AMBIGUOUS, 0, message))
    return Translation(
        strategy=Strategy.ADAPTER,
        code=_code(mfa, routes, secrets, other_types),
        dependencies=mfa.dependencies if isinstance(mfa, ActionSource) else (),
        secret_names=tuple(dict.fromkeys((*own_secrets, *secrets))),
        runtime=GATEWAY_RUNTIME,
        flags=tuple(review),
        mapping=_mapping(passwordless),
        decisions=_decisions(passwordless, sms_users_have_phone_mfa),
    )


def _obstacles(
    mfa: ActionSource | TwilioRoute, passwordless: Sequence[PasswordlessRoute], ambiguous: bool | None
) -> Iterator[TranslationReason]:
    if not passwordless:
        yield TranslationReason(RefusalCode.NOTHING_TO_MERGE, "no Passwordless connection is in use")
    if ambiguous:
        message = (
            "users of an SMS connection can get an MFA challenge by phone: both send otp_verify with the same "
            "connection, so one Action cannot tell which sender to use"
        )
        yield TranslationReason(RefusalCode.MFA_PASSWORDLESS_INDISTINGUISHABLE, message)
    for sender in (mfa, *(route.via for route in passwordless)):
        if isinstance(sender, TwilioRoute) and not (sender.sender or sender.messaging_service_sid):
            message = f"the Twilio account {sender.sid} has neither a sender nor a messaging service"
            yield TranslationReason(RefusalCode.GATEWAY_INCOMPLETE, message)


def _code(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[tuple[PasswordlessRoute, str | None]],
    secrets: tuple[str, ...],
    other_types: str,
) -> str:
    """The source, from the parts that its senders need."""
    parts = []
    match mfa:
        case ActionSource():
            title, legacy = f"as the Action {literal(mfa.name)} did", legacy_module(mfa.code) + "\n"
            send = "phonefleetSend(phonefleetEvent(event), phonefleetApi(api))"
            parts.append(f"function phonefleetMfa(event, api) {{\n  return {send};\n}}")
            excluded = tuple(name for name in secrets if name not in mfa.secret_names)
            parts.append(event_parts(mfa.trigger_version or TriggerVersion.V2, excluded))
        case TwilioRoute():
            title, legacy = "through Twilio", ""
            send = f"phonefleetTwilio(event, {_twilio_literal(mfa)})"
            parts.append(f"function phonefleetMfa(event) {{\n  return {send};\n}}")
    senders = [mfa, *(route.via for route, _ in routes)]
    cases = []
    for route, secret in routes:
        match route.via:
            case GatewaySettings() as gateway:
                call = f"phonefleetGateway(event, {settings_literal(gateway, secret or GATEWAY_SECRET)})"
            case TwilioRoute() as twilio:
                call = f"phonefleetTwilio(event, {_twilio_literal(twilio)})"
        cases.append(f"    case {literal(route.connection)}:\n      return {call};")
    if any(isinstance(sender, GatewaySettings) for sender in senders):
        parts.append(gateway_part())
    if any(isinstance(sender, TwilioRoute) for sender in senders):
        parts.append(part("twilio_parts").rstrip())
    holes = {
        "MFA_TITLE": comment_text(title),
        "LEGACY": legacy,
        "ROUTES": "\n".join(cases),
        "PARTS": "\n\n".join([*parts, other_part(other_types), failure_part(OnError.DROP)]),
    }
    return fill(part("merged"), holes)


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


def _mapping(passwordless: Sequence[PasswordlessRoute]) -> tuple[FieldMapping, ...]:
    rows = [FieldMapping("MFA", "otp_enroll", "and otp_verify unless event.connection.strategy is sms")]
    for route in passwordless:
        new = "otp_verify with this event.connection.name"
        rows.append(FieldMapping(f"Passwordless {route.connection}", new))
        if isinstance(route.via, GatewaySettings):
            rows += gateway_mapping(route.via)
    return tuple(rows)


def _decisions(passwordless: Sequence[PasswordlessRoute], ambiguous: bool | None) -> tuple[str, ...]:
    gateways = (route.via for route in passwordless if isinstance(route.via, GatewaySettings))
    decisions = [
        "Messages with no connection in their event (such as a test message) are sent like MFA messages."
    ]
    decisions += (line for gateway in gateways for line in gateway_decisions(gateway))
    if ambiguous is None:
        decisions.append("Decide whether users of an SMS connection can get an MFA challenge by phone.")
    return tuple(dict.fromkeys(decisions))
