"""phonefleet's terms in words for readers who have not learned them; the drill-down and the files have the terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.model.enums import Change, OutcomeKind, ReasonCode, Reversibility, Route, Severity, Verdict
from phonefleet.model.reason_spec import Need
from phonefleet.model.reasons import REASONS
from reports.text import words

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
ROUTES: Mapping[Route, str] = {
    Route.TWILIO: "Twilio",
    Route.CUSTOM_ACTION: "its own Action, translated",
    Route.CUSTOM_GATEWAY: "an Action for its gateway",
    Route.CUSTOM_MERGED: "one Action for both uses",
    Route.CUSTOM_KEPT: "the Action that is there",
}
ROLLBACKS: Mapping[Reversibility, str] = {
    Reversibility.REVERSIBLE: "possible",
    Reversibility.LOSSY: "possible, with losses",
    Reversibility.ONE_WAY: "not possible",
    Reversibility.UNKNOWN: "not known",
}
EFFECTS: Mapping[Severity, str] = {
    Severity.LOGINS_BLOCKED: "users cannot log in",
    Severity.MESSAGES_LOST: "messages are not sent",
    Severity.CHANGE_UNDONE: "a tool undoes the change",
    Severity.TOOLING_REFUSED: "a tool is refused",
    Severity.TEXT_CHANGES: "texts change",
}
CHANGES: Mapping[Change, str] = {
    Change.SWITCH: "migration",
    Change.DISABLE: "disabling the provider",
    Change.ROLLBACK: "rollback",
    Change.FINALIZE: "removal of the legacy side",
}
NEEDS: Mapping[Need, str] = {
    Need.SUPPLY: "something from you",
    Need.DECIDE: "a decision",
    Need.REPAIR: "a repair",
    Need.ACCESS: "access",
    Need.AUTH0_SUPPORT: "Auth0 Support",
    Need.INVESTIGATE: "a look into it",
    Need.RESUME: "another run",
}
VERIFICATIONS: Mapping[str, str] = {
    "verified": "does the same",
    "differs": "does something else",
    "not_verifiable": "could not be compared",
    "vacuous": "does nothing to compare",
    "refused": "cannot be translated",
}
MEANINGS: Mapping[ReasonCode, str] = {code: spec.meaning.rstrip(".") for code, spec in REASONS.items()}

TABLES: Mapping[str, Mapping[str, Mapping[Any, str]]] = {
    "tenants": {
        "verdict": VERDICTS,
        "route": ROUTES,
        "outcome": OUTCOMES,
        "outcome_reason": MEANINGS,
        "reversibility": ROLLBACKS,
        "worst_on_rollback": EFFECTS,
    },
    "blocked": {"code": MEANINGS, "need": NEEDS},
    "risk": {"change": CHANGES, "worst": EFFECTS, "reversibility": ROLLBACKS},
    "clients": {"change": CHANGES, "worst": EFFECTS},
    "translations": {"result": VERIFICATIONS},
    "actions": {"result": VERIFICATIONS},
    "deviations": {"outcome": OUTCOMES},
}
"""The words of the page's tables, by frame and column. Each cell has the exact term as its title."""


def plain(term: str, frame: str, column: str) -> str:
    """Return the words of a table's cell; the term itself, spaced, where it has none."""
    return TABLES.get(frame, {}).get(column, {}).get(term) or words(term)


def as_json() -> dict[str, dict[str, dict[str, str]]]:
    """Return `TABLES` for the page's script."""
    return {
        frame: {
            column: {str(term): text for term, text in found.items()} for column, found in columns.items()
        }
        for frame, columns in TABLES.items()
    }
