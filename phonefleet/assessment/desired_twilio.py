"""Derive the Twilio provider of a tenant from its legacy account and its target."""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod, Target
from phonefleet.assessment.planning_input import DesiredTwilio
from phonefleet.assessment.usage import TwilioSender, Usage
from phonefleet.model.assessment import Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot, TwilioSettings


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


def twilio_warnings(twilio: DesiredTwilio, usage: Usage) -> Iterator[Reason]:
    """Warn about connections whose sender changes."""
    for use in usage.passwordless:
        if not isinstance(use.sender, TwilioSender):
            continue
        old = use.sender.settings
        if (old.default_from, old.mssid) != (twilio.default_from, twilio.mssid):
            yield Reason(
                code=ReasonCode.PROVIDERS_DIFFER,
                message=f"connection {use.connection.name} sends from {old.mssid or old.default_from} and will send "
                f"from {twilio.mssid or twilio.default_from}: one tenant-level provider has one sender",
            )
