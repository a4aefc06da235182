"""Derive the Twilio provider of a tenant from its legacy account and its target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from configs import DeliveryMethod, Target
from phonefleet.assessment.planning_input import DesiredTwilio
from phonefleet.assessment.usage import TwilioSender, Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import GUARDIAN_TWILIO, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import PhoneProvider, SmsConnection, Snapshot, TwilioSettings


def desired_twilio(snapshot: Snapshot, usage: Usage, target: Target) -> DesiredTwilio:
    """Return the provider: the target's account and sender, else the legacy ones."""
    legacy = _legacy_twilio(snapshot, usage)
    wanted = target.twilio
    if wanted is None:
        return DesiredTwilio(legacy.sid, legacy.default_from, legacy.mssid, auth_token=None)
    own_sender = wanted.default_from is not None or wanted.mssid is not None
    return DesiredTwilio(
        sid=wanted.sid or legacy.sid,
        default_from=(wanted.default_from or "") if own_sender else legacy.default_from,
        mssid=(wanted.mssid or "") if own_sender else legacy.mssid,
        auth_token=wanted.auth_token,
    )


def _legacy_twilio(snapshot: Snapshot, usage: Usage) -> TwilioSettings:
    """Return the account in use: MFA's before Passwordless's, else an existing provider's."""
    settings = [s.settings for s in usage.senders if isinstance(s, TwilioSender)]
    existing = snapshot.provider
    if not settings and existing and existing.name == "twilio":
        return TwilioSettings(
            sid=existing.sid, default_from=existing.default_from, mssid=existing.mssid, has_token=True
        )
    return settings[0] if settings else TwilioSettings()


def twilio_blockers(twilio: DesiredTwilio, methods: tuple[DeliveryMethod, ...]) -> Iterator[Reason]:
    """Block a Twilio provider that is not complete."""
    if twilio.auth_token is None:
        yield Reason(
            code=ReasonCode.TWILIO_TOKEN_MISSING,
            message="supply target.twilio.auth_token as env:NAME or file:PATH; Auth0's guide has the AuthToken fetched "
            "from Twilio",
        )
    if not twilio.sid:
        yield Reason(code=ReasonCode.TWILIO_SID_MISSING, message="supply target.twilio.sid")
    if not twilio.default_from and not twilio.mssid:
        yield Reason(
            code=ReasonCode.SENDER_MISSING,
            message="supply target.twilio.default_from or mssid: Auth0 answers 400 without a sender",
        )
    elif DeliveryMethod.VOICE in methods and not twilio.default_from:
        yield Reason(
            code=ReasonCode.VOICE_SENDER_MISSING,
            message="supply target.twilio.default_from: voice needs it even with a messaging service",
        )


def sender_blockers(twilio: DesiredTwilio, usage: Usage, target: Target) -> Iterator[Reason]:
    """Block giving up a sender in use: the one tenant-level provider has one sender.

    A sender that the target names replaces a tenant's only sender without a further decision.
    """
    senders = list(_senders_in_use(usage))
    wanted = target.twilio
    chosen = wanted is not None and (wanted.default_from is not None or wanted.mssid is not None)
    if chosen and len({_sender_of(settings) for _, settings, _ in senders}) == 1:
        return
    new = TwilioSettings(default_from=twilio.default_from, mssid=twilio.mssid)
    for reader, settings, evidence in senders:
        if reason := _given_up_sender(reader, settings, new, evidence):
            yield reason


def _senders_in_use(usage: Usage) -> Iterator[tuple[str, TwilioSettings, Evidence]]:
    if usage.mfa and isinstance(usage.mfa.sender, TwilioSender):
        settings = usage.mfa.sender.settings
        yield "MFA", settings, _sender_evidence(GUARDIAN_TWILIO, "from", settings)
    for use in usage.passwordless:
        if isinstance(use.sender, TwilioSender):
            name, settings = use.connection.name, use.sender.settings
            endpoint = connection_endpoint(use.connection.id)
            yield f"connection {name}", settings, _sender_evidence(endpoint, "options.from", settings)


def connection_sender_blockers(
    connections: Iterable[SmsConnection], provider: PhoneProvider
) -> Iterator[Reason]:
    """Block giving up the sender of a connection that is switched to a provider that exists."""
    new = TwilioSettings(default_from=provider.default_from, mssid=provider.mssid)
    for connection in connections:
        settings = connection.twilio
        if settings and settings.configured and provider.name == "twilio":
            evidence = _sender_evidence(connection_endpoint(connection.id), "options.from", settings)
            if reason := _given_up_sender(f"connection {connection.name}", settings, new, evidence):
                yield reason


def _sender_of(settings: TwilioSettings) -> str:
    """Return what a Twilio configuration sends from: its messaging service, else its number."""
    return settings.mssid or settings.default_from


def _given_up_sender(
    reader: str, old: TwilioSettings, new: TwilioSettings, evidence: Evidence
) -> Reason | None:
    """Return the decision about a sender that is given up; None if it goes on sending."""
    if _sender_of(old) == _sender_of(new):
        return None
    return Reason(
        code=ReasonCode.SENDER_GIVEN_UP,
        message=f"{reader} sends from {_sender_of(old)} and will send from {_sender_of(new) or 'no sender'}: "
        "the one tenant-level provider has one sender. Name the sender to keep in target.twilio, then accept by name "
        "(target.approve: [sender_given_up]) that the other is given up",
        evidence=(evidence,),
    )


def _sender_evidence(endpoint: str, field: str, settings: TwilioSettings) -> Evidence:
    return Evidence(endpoint=endpoint, field=field, value=_sender_of(settings))
