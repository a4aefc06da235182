"""Which MFA message types are enabled now and after the migration, and what changes for users.

A migration keeps them as they are. Only `target.factors` disables one, with a blocker or a warning: users who
enrolled with a disabled factor are no longer asked for it, and may have no other.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs import MessageType, Target
from phonefleet.assessment.snapshot_evidence import factor_evidence, message_types_evidence
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot


def enabled_factors(snapshot: Snapshot) -> tuple[MessageType, ...]:
    """Return the enabled message types, whether or not anything can send them now."""
    return snapshot.message_types if snapshot.factor_enabled else ()


def wanted_factors(snapshot: Snapshot, target: Target) -> tuple[MessageType, ...]:
    """Return the message types to be enabled after the migration: the target's, else those enabled now.

    An enabled type counts although nothing sends it now: the enabled factors must be a subset of the provider's
    delivery methods (Auth0 documentation, "Unified Phone Experience"), used or not.
    """
    return target.factors if target.factors is not None else enabled_factors(snapshot)


def disabled_factors(snapshot: Snapshot, wanted: tuple[MessageType, ...]) -> tuple[MessageType, ...]:
    """Return the message types that are enabled now and would be disabled."""
    return tuple(kind for kind in enabled_factors(snapshot) if kind not in wanted)


def factor_blockers(snapshot: Snapshot, usage: Usage, wanted: tuple[MessageType, ...]) -> Iterator[Reason]:
    """Block disabling a message type in use, unless it is approved by name.

    A type without a sender (no configured Twilio account, no bound Action) is not in use: no user can get a code by
    it. The target's own list is then enough. What the legacy endpoints hide counts as in use.
    """
    if usage.mfa and disabled_factors(snapshot, wanted):
        yield _disabled(
            snapshot,
            wanted,
            "users who enrolled with it can no longer use it, and may have no other. Keep it in "
            "target.factors, or accept that by name (target.approve: [factor_given_up])",
        )


def factor_warnings(snapshot: Snapshot, usage: Usage, wanted: tuple[MessageType, ...]) -> Iterator[Reason]:
    """Warn about disabling a type that could not be sent, and about a type that starts to be sent at the switch.

    On the Unified Phone Experience the tenant-level provider sends an enabled factor, whether or not its legacy
    provider was configured (Auth0 documentation, "Unified Phone Experience").
    """
    if usage.mfa:
        return
    if disabled_factors(snapshot, wanted):
        yield _disabled(snapshot, wanted, "no user can be using it, since nothing sends its messages")
    if starting := [kind for kind in enabled_factors(snapshot) if kind in wanted]:
        yield Reason(
            code=ReasonCode.FACTOR_STARTS_SENDING,
            message=f"MFA by {' and '.join(starting)} is enabled, but nothing sends its messages now; after the "
            "switch the tenant-level provider sends them: users can enroll and are asked for codes, and each "
            "message costs money. If that is not wanted, leave it out of target.factors or disable it first",
            evidence=(factor_evidence(snapshot), message_types_evidence(snapshot)),
        )


def _disabled(snapshot: Snapshot, wanted: tuple[MessageType, ...], consequence: str) -> Reason:
    lost = " and ".join(disabled_factors(snapshot, wanted))
    return Reason(
        code=ReasonCode.FACTOR_GIVEN_UP,
        message=f"MFA by {lost} is enabled, target.factors leaves it out, and it would be disabled: {consequence}",
        evidence=(factor_evidence(snapshot), message_types_evidence(snapshot)),
    )
