"""What becomes of a tenant's MFA message types: what is on now, what is wanted, and what a person must know of it.

A migration leaves them as they are. Only `target.factors` switches one off, and that is told: whoever enrolled with a
factor that is switched off isn't asked for it any more, and may have no other.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs import MessageType, Target
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import FACTORS, MESSAGE_TYPES
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot


def enabled_factors(snapshot: Snapshot) -> tuple[MessageType, ...]:
    """The message types that are switched on, whether or not anything can send them now."""
    return snapshot.message_types if snapshot.factor_enabled else ()


def wanted_factors(snapshot: Snapshot, target: Target) -> tuple[MessageType, ...]:
    """The message types to be on after the migration: the target's, else those that are on now.

    One that is on counts although nothing sends it now: the enabled factors must be a subset of the provider's
    delivery methods (Auth0 documentation, "Unified Phone Experience"), whoever uses them.
    """
    return target.factors if target.factors is not None else enabled_factors(snapshot)


def given_up(snapshot: Snapshot, wanted: tuple[MessageType, ...]) -> tuple[MessageType, ...]:
    """The message types that are on now and are not wanted."""
    return tuple(kind for kind in enabled_factors(snapshot) if kind not in wanted)


def factor_blockers(snapshot: Snapshot, found: Usage, wanted: tuple[MessageType, ...]) -> Iterator[Reason]:
    """A message type in use is switched off only by an approval of that by name, even if the target doesn't list it.

    Nobody can be using one that has nothing to send it (no configured Twilio account, no bound Action): nobody gets a
    code by it, so nobody logs in with it. There the target's own list is enough, and switching off is only told. What
    the legacy endpoints hide counts as in use.
    """
    if found.mfa and given_up(snapshot, wanted):
        yield _given_up(
            snapshot,
            wanted,
            "users who enrolled with it can no longer use it, and may have no other. Keep it in "
            "target.factors, or accept that by name (target.approve: [factor_given_up])",
        )


def factor_warnings(snapshot: Snapshot, found: Usage, wanted: tuple[MessageType, ...]) -> Iterator[Reason]:
    """What is switched off though it could not send, and what could not send and will from the switch on.

    On the Unified Phone Experience an enabled factor is sent by the tenant-level provider; that its own legacy provider
    was never configured doesn't matter any more (Auth0 documentation, "Unified Phone Experience").
    """
    if found.mfa:
        return
    if given_up(snapshot, wanted):
        yield _given_up(snapshot, wanted, "nobody can be using it: it has nothing to send its messages")
    if waking := [kind for kind in enabled_factors(snapshot) if kind in wanted]:
        yield Reason(
            code=ReasonCode.FACTOR_STARTS_SENDING,
            message=f"MFA by {' and '.join(waking)} is enabled and has nothing to send its messages now; from the "
            "switch on the tenant-level provider sends them: users can enrol and are asked for codes, and each "
            "message costs money. If that isn't wanted, leave it out of target.factors or switch it off first",
            evidence=_evidence(snapshot),
        )


def _given_up(snapshot: Snapshot, wanted: tuple[MessageType, ...], why: str) -> Reason:
    lost = " and ".join(given_up(snapshot, wanted))
    return Reason(
        code=ReasonCode.FACTOR_GIVEN_UP,
        message=f"MFA by {lost} is enabled, target.factors leaves it out, and it would be switched off: {why}",
        evidence=_evidence(snapshot),
    )


def _evidence(snapshot: Snapshot) -> tuple[Evidence, ...]:
    return (
        Evidence(endpoint=FACTORS, field="sms.enabled", value=str(snapshot.factor_enabled).lower()),
        Evidence(
            endpoint=MESSAGE_TYPES,
            field="message_types",
            value=", ".join(snapshot.message_types) or "none",
        ),
    )
