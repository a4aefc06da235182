"""Verify a merged Action: MFA and each connection against its former sender, on the events that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import orjson

from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.translate.former_senders import GatewaySettings, PasswordlessRoute, TwilioRoute
from phonefleet.actions.translation_model import (
    ActionSource,
    OriginalKind,
    Translation,
    TranslationReason,
    TranslationRefusal,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.kept_results import KeptResult
from phonefleet.actions.verify.mention_check import withhold
from phonefleet.actions.verify.programs import Conditions
from phonefleet.actions.verify.sample_message import Message, Purpose
from phonefleet.actions.verify.secret_values import names_in, stand_ins
from phonefleet.actions.verify.translation_parts import merged_doubts
from phonefleet.actions.verify.twilio import passwordless, verify_twilio
from phonefleet.actions.verify.verifier import is_verified, verify_on_messages, verify_translation

_WORST_FIRST: Final = (
    VerificationResult.DIFFERS,
    VerificationResult.NOT_VERIFIABLE,
    VerificationResult.VACUOUS,
)


def verify_merged(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[PasswordlessRoute],
    translation: Translation,
    *,
    events: int = 20,
    seed: int = 0,
) -> Verification:
    """Compare the merged Action with all of its originals; it is verified only if it is against each of them.

    MFA is run on enrollments, also those of users of an SMS connection, and on verifications of no SMS connection;
    each Passwordless connection on its own verifications. An MFA verification for a user of an SMS connection
    cannot be distinguished from Passwordless; no verification covers it.
    """
    messages = corpus(max(events, 1), seed)
    parts = [("MFA", _verify_mfa(mfa, routes[0].connection, messages, translation))]
    parts += [
        (f"Passwordless {route.connection}", _verify_route(route, messages, translation, seed))
        for route in routes
    ]
    reasons = tuple(
        replace(reason, message=f"{name}: {reason.message}")
        for name, verification in parts
        for reason in verification.reasons
    )
    failed = [each for _, each in parts if each.result is not VerificationResult.VERIFIED]
    alone = failed[0] if len(failed) == 1 else None
    total = sum(verification.events for _, verification in parts)
    for result in _WORST_FIRST:  # the worst result is the result of all, with its counterexample
        for _, verification in parts:
            if verification.result is result:
                return Verification(
                    verification.result,
                    total,
                    reasons,
                    verification.counterexample,
                    alone.disputed if alone else (),
                    alone.optional if alone else (),
                )
    doubts = _never_ran(mfa, routes, messages, translation)
    if doubts:
        return Verification(VerificationResult.NOT_VERIFIABLE, total, (*doubts, *reasons))
    return Verification(VerificationResult.VERIFIED, total, reasons)


verify_merged_once = KeptResult(verify_merged, is_verified, mask_secrets)
"""As `verify_merged`, with the results kept over runs."""


def _never_ran(
    mfa: ActionSource | TwilioRoute,
    routes: Sequence[PasswordlessRoute],
    messages: tuple[Message, ...],
    translation: Translation,
) -> list[TranslationReason]:
    """Parts of the merged Action that no sender's messages let run and that nothing explains."""
    code = translation.code
    secrets = stand_ins({*translation.secret_names, *names_in(code)}, code)
    batches = [messages, *(passwordless(messages, route.connection) for route in routes)]
    original = mfa.code if isinstance(mfa, ActionSource) else ""
    return merged_doubts(code, original, batches, Conditions(tuple(secrets.items())))


def _verify_mfa(
    mfa: ActionSource | TwilioRoute, connection: str, messages: Sequence[Message], translation: Translation
) -> Verification:
    # Every second enrollment is for a user of an SMS connection: that is MFA, too.
    marked = {"id": "con_sms", "name": connection, "strategy": "sms", "metadata": {}}
    enrollments = [m for m in messages if m.kind.purpose is Purpose.ENROLL][::2]
    mixed = tuple(replace(m, connection=marked) if m in enrollments else m for m in messages)
    match mfa:
        case ActionSource(code=code, trigger_version=version):
            parsed = parse_action(mfa)
            verification = verify_on_messages(
                code,
                translation.code,
                mixed,
                secret_names=translation.secret_names,
                version=version or TriggerVersion.V2,
                whole=False,
            )
            if isinstance(parsed, TranslationRefusal):
                return verification
            return withhold(verification, parsed, translation.runtime)
        case TwilioRoute():
            return verify_twilio(mfa, translation.code, mixed, translation.secret_names, calls=True)


def _verify_route(
    route: PasswordlessRoute, messages: Sequence[Message], translation: Translation, seed: int
) -> Verification:
    match route.via:
        case GatewaySettings() as gateway:
            settings = replace(gateway, connection=route.connection)
            return verify_translation(
                orjson.dumps(settings.to_json()).decode(),
                translation.code,
                secret_names=translation.secret_names,
                events=len(messages),
                seed=seed,
                mode=OriginalKind.GATEWAY,
            )
        case TwilioRoute() as twilio:
            own = passwordless(messages, route.connection)
            return verify_twilio(twilio, translation.code, own, translation.secret_names, calls=False)
