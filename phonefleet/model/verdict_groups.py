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


def is_cut_off(outcome: OutcomeKind | None, reason: ReasonCode | None) -> bool:
    """Return whether a run switched a tenant and left it unable to send."""
    return outcome is OutcomeKind.FAILED and reason is ReasonCode.CANNOT_SEND
