"""The proof of a merged Action: each plane against what served it, on the events that belong to that plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import orjson

from phonefleet.actions.gateway import GatewaySettings
from phonefleet.actions.merged import PasswordlessRoute, TwilioSettings
from phonefleet.actions.model import ActionSource, Proof, ProofMode, ProofResult, Translation
from phonefleet.actions.prover import prove, prove_on
from phonefleet.actions.prover.corpus import corpus
from phonefleet.actions.prover.message import Message, Purpose
from phonefleet.actions.prover.twilio import TwilioSender, passwordless, prove_twilio

_WORST_FIRST: Final = (ProofResult.DIFFERS, ProofResult.NOT_PROVABLE, ProofResult.VACUOUS)


def prove_merged(
    mfa: ActionSource | TwilioSettings,
    routes: Sequence[PasswordlessRoute],
    made: Translation,
    *,
    events: int = 20,
    seed: int = 0,
) -> Proof:
    """Hold the merged Action to all of its originals; it is proved only if it is against each of them.

    MFA is run on enrolments, also those of users of an SMS connection, and on verifications of no SMS connection;
    each Passwordless connection on its own verifications. A verification of an SMS connection's user for MFA
    cannot be told from Passwordless; no proof covers it.
    """
    messages = corpus(max(events, 1), seed)
    named = [("MFA", _prove_mfa(mfa, _mfa_messages(messages, routes), made))]
    named += [
        (f"Passwordless {route.connection}", _prove_route(route, messages, made, events, seed))
        for route in routes
    ]
    return _joined(named)


def _mfa_messages(messages: Sequence[Message], routes: Sequence[PasswordlessRoute]) -> tuple[Message, ...]:
    """Every second enrolment is one of an SMS connection's user: that too is MFA."""
    marked = {"id": "con_sms", "name": routes[0].connection, "strategy": "sms", "metadata": {}}
    enrolments = [m for m in messages if m.kind.purpose is Purpose.ENROLL][::2]
    return tuple(replace(m, connection=marked) if m in enrolments else m for m in messages)


def _prove_mfa(mfa: ActionSource | TwilioSettings, messages: tuple[Message, ...], made: Translation) -> Proof:
    match mfa:
        case ActionSource(code=code):
            return prove_on(code, made.code, messages, secret_names=made.secret_names)
        case TwilioSettings():
            return prove_twilio(_sender(mfa, speaks=True), made.code, messages, made.secret_names)


def _prove_route(
    route: PasswordlessRoute, messages: Sequence[Message], made: Translation, events: int, seed: int
) -> Proof:
    match route.via:
        case GatewaySettings() as gateway:
            settings = replace(gateway, connection=route.connection)
            return prove(
                orjson.dumps(settings.to_json()).decode(),
                made.code,
                dependencies=made.dependencies,
                secret_names=made.secret_names,
                runtime=made.runtime,
                events=events,
                seed=seed,
                mode=ProofMode.GATEWAY,
            )
        case TwilioSettings() as twilio:
            own = passwordless(messages, route.connection)
            return prove_twilio(_sender(twilio, speaks=False), made.code, own, made.secret_names)


def _sender(settings: TwilioSettings, *, speaks: bool) -> TwilioSender:
    return TwilioSender(
        settings.sid, settings.sender, settings.messaging_service_sid, settings.secret_name, speaks
    )


def _joined(named: Sequence[tuple[str, Proof]]) -> Proof:
    """All reasons by plane; the worst result is the whole's, with its counterexample."""
    reasons = tuple(_reasons(named))
    events = sum(proof.events for _, proof in named)
    for result in _WORST_FIRST:
        for _, proof in named:
            if proof.result is result:
                return Proof(proof.result, events, reasons, proof.counterexample)
    return Proof(ProofResult.PROVED, events, reasons)


def _reasons(named: Sequence[tuple[str, Proof]]) -> Iterator[str]:
    for plane, proof in named:
        for reason in proof.reasons:
            code, _, rest = reason.partition(": ")
            yield f"{code}: {plane}: {rest}" if rest else f"{plane}: {code}"
