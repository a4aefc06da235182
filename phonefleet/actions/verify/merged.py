"""The verification of a merged Action: each plane against what served it, on the events that belong to that plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import orjson

from phonefleet.actions.translate.gateway_action import GatewaySettings
from phonefleet.actions.translate.merged_source import PasswordlessRoute, TwilioRoute
from phonefleet.actions.translation_model import (
    ActionSource,
    OriginalKind,
    Translation,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.sample_message import Message, Purpose
from phonefleet.actions.verify.twilio import ExpectedTwilio, passwordless, verify_twilio
from phonefleet.actions.verify.verifier import verify_on_messages, verify_translation

_WORST_FIRST: Final = (
    VerificationResult.DIFFERS,
    VerificationResult.NOT_VERIFIABLE,
    VerificationResult.VACUOUS,
)


def verify_merged(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[PasswordlessRoute],
    made: Translation,
    *,
    events: int = 20,
    seed: int = 0,
) -> Verification:
    """Hold the merged Action to all of its originals; it is verified only if it is against each of them.

    MFA is run on enrolments, also those of users of an SMS connection, and on verifications of no SMS connection;
    each Passwordless connection on its own verifications. A verification of an SMS connection's user for MFA
    cannot be told from Passwordless; no verification covers it.
    """
    messages = corpus(max(events, 1), seed)
    named = [("MFA", _verify_mfa(mfa, _mfa_messages(messages, routes), made))]
    named += [
        (f"Passwordless {route.connection}", _verify_route(route, messages, made, events, seed))
        for route in routes
    ]
    return _joined(named)


def _mfa_messages(messages: Sequence[Message], routes: Sequence[PasswordlessRoute]) -> tuple[Message, ...]:
    """Every second enrolment is one of an SMS connection's user: that too is MFA."""
    marked = {"id": "con_sms", "name": routes[0].connection, "strategy": "sms", "metadata": {}}
    enrolments = [m for m in messages if m.kind.purpose is Purpose.ENROLL][::2]
    return tuple(replace(m, connection=marked) if m in enrolments else m for m in messages)


def _verify_mfa(
    mfa: ActionSource | TwilioRoute, messages: tuple[Message, ...], made: Translation
) -> Verification:
    match mfa:
        case ActionSource(code=code):
            return verify_on_messages(code, made.code, messages, secret_names=made.secret_names)
        case TwilioRoute():
            return verify_twilio(_sender(mfa, speaks=True), made.code, messages, made.secret_names)


def _verify_route(
    route: PasswordlessRoute, messages: Sequence[Message], made: Translation, events: int, seed: int
) -> Verification:
    match route.via:
        case GatewaySettings() as gateway:
            settings = replace(gateway, connection=route.connection)
            return verify_translation(
                orjson.dumps(settings.to_json()).decode(),
                made.code,
                dependencies=made.dependencies,
                secret_names=made.secret_names,
                runtime=made.runtime,
                events=events,
                seed=seed,
                mode=OriginalKind.GATEWAY,
            )
        case TwilioRoute() as twilio:
            own = passwordless(messages, route.connection)
            return verify_twilio(_sender(twilio, speaks=False), made.code, own, made.secret_names)


def _sender(settings: TwilioRoute, *, speaks: bool) -> ExpectedTwilio:
    return ExpectedTwilio(
        settings.sid, settings.sender, settings.messaging_service_sid, settings.secret_name, speaks
    )


def _joined(named: Sequence[tuple[str, Verification]]) -> Verification:
    """All reasons by plane; the worst result is the whole's, with its counterexample."""
    reasons = tuple(_reasons(named))
    events = sum(verification.events for _, verification in named)
    for result in _WORST_FIRST:
        for _, verification in named:
            if verification.result is result:
                return Verification(verification.result, events, reasons, verification.counterexample)
    return Verification(VerificationResult.VERIFIED, events, reasons)


def _reasons(named: Sequence[tuple[str, Verification]]) -> Iterator[str]:
    for plane, verification in named:
        for reason in verification.reasons:
            code, _, rest = reason.partition(": ")
            yield f"{code}: {plane}: {rest}" if rest else f"{plane}: {code}"
