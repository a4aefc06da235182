"""What verdicts and outcomes ask of a person, of later waves and of a report."""

from __future__ import annotations

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict

FAULTY = frozenset({Verdict.BROKEN, Verdict.UNREACHABLE})
"""The tenant cannot send, or could not be read."""
_WAITS_FOR_AUTH0 = frozenset({Verdict.CONTACT_SUPPORT, Verdict.NOT_AVAILABLE})
NEEDS_A_PERSON = FAULTY | {Verdict.BLOCKED} | _WAITS_FOR_AUTH0
"""Somebody has to act before the tenant can be migrated."""
HOLDS_LATER_WAVES = NEEDS_A_PERSON - _WAITS_FOR_AUTH0
"""Later waves wait for such a tenant. They do not wait for Auth0, whose answer can take weeks."""
SETTLED = frozenset({Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE})
"""Nothing is left to do."""

NOT_OF_THE_RUN = frozenset({ReasonCode.NOT_SELECTED, ReasonCode.OVERTAKEN})
"""Reasons of outcomes of tenants that a run says nothing of: it was not for them, or another run changed them since."""


def gets_no_messages(verdict: Verdict | None, outcome: OutcomeKind | None, reason: ReasonCode | None) -> bool:
    """Return whether a run found, or left, a tenant whose users get no messages now.

    Exit code, messages and reports all ask this, so they agree.

    Args:
        verdict: of the tenant; None where it was not assessed.
        outcome: of the run; None where it has none.
        reason: of the outcome.
    """
    if reason in NOT_OF_THE_RUN:
        return False
    # Compliance tests a migrated tenant: what its test message does not reach, its users' messages do not either.
    unreached = outcome is OutcomeKind.FAILED and reason is ReasonCode.TEST_MESSAGE_FAILED
    return (
        verdict is Verdict.BROKEN
        or is_cut_off(outcome, reason)
        or (unreached and verdict is Verdict.ALREADY_MIGRATED)
    )


def is_cut_off(outcome: OutcomeKind | None, reason: ReasonCode | None) -> bool:
    """Return whether a run switched a tenant and left it unable to send."""
    return outcome is OutcomeKind.FAILED and reason is ReasonCode.CANNOT_SEND
