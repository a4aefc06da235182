"""Verdicts and outcomes in words for readers who have not learned phonefleet's terms; the drill-down has the terms."""

from __future__ import annotations

from collections.abc import Mapping

from phonefleet.model.enums import OutcomeKind, Verdict

VERDICTS: Mapping[Verdict, str] = {
    Verdict.ELIGIBLE: "can be migrated",
    Verdict.ALREADY_MIGRATED: "migrated already",
    Verdict.BLOCKED: "waiting for a decision or a repair",
    Verdict.NOT_APPLICABLE: "without phone messaging to migrate",
    Verdict.CONTACT_SUPPORT: "waiting for Auth0 Support",
    Verdict.NOT_AVAILABLE: "not offered what the migration needs",
    Verdict.BROKEN: "sending nothing now",
    Verdict.UNREACHABLE: "not readable",
}
OUTCOMES: Mapping[OutcomeKind, str] = {
    OutcomeKind.MIGRATED: "migrated",
    OutcomeKind.UNCHANGED: "unchanged",
    OutcomeKind.SKIPPED: "left alone",
    OutcomeKind.FAILED: "failed",
    OutcomeKind.ROLLED_BACK: "rolled back",
    OutcomeKind.INCONCLUSIVE: "not confirmed",
    OutcomeKind.HELD: "not started",
    OutcomeKind.FINALIZED: "finalized",
    OutcomeKind.PREPARED: "prepared",
    OutcomeKind.DRIFTED: "different from what was recorded",
}
