"""What verdicts ask of a person, of later waves and of a report."""

from __future__ import annotations

from phonefleet.model.enums import Verdict

FAULTY = frozenset({Verdict.BROKEN, Verdict.UNREACHABLE})
"""The tenant cannot send, or could not be read."""
NEEDS_A_PERSON = FAULTY | {Verdict.BLOCKED, Verdict.CONTACT_SUPPORT}
"""Somebody has to act before the tenant can be migrated."""
HOLDS_LATER_WAVES = NEEDS_A_PERSON - {Verdict.CONTACT_SUPPORT}
"""Later waves wait for such a tenant. They do not wait for Auth0 Support, whose answer can take weeks."""
SETTLED = frozenset({Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE})
"""Nothing is left to do."""
