"""How errors become outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from phonefleet.errors import ApiRefused, LeaseHeld, PhonefleetError, PlanRefused, SecretError, TenantError
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.reason_spec import ReasonEffect
from phonefleet.model.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Outcome:
    """A tenant's outcome with its reason and the sentence for the report."""

    kind: OutcomeKind
    reason: ReasonCode | None = None
    message: str = ""


_KIND_OF_EFFECT = {
    ReasonEffect.HOLDS: OutcomeKind.HELD,
    # A tenant that differs from its recorded state is not changed before someone has looked at it.
    ReasonEffect.DRIFTS: OutcomeKind.HELD,
    ReasonEffect.INCONCLUSIVE: OutcomeKind.INCONCLUSIVE,
}
"""An error with any other effect fails the tenant."""


def outcome_of_error(error: PhonefleetError) -> Outcome:
    """The outcome of a tenant whose phase raised `error`."""
    match error:
        case LeaseHeld():
            return Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(error))
        case PlanRefused():
            # Nothing was written to it, so it is no failure of its wave: it waits for another plan.
            return Outcome(OutcomeKind.HELD, ReasonCode.PLAN_CHANGED, str(error))
        case TenantError():
            reason = _reason(error)
            kind = _KIND_OF_EFFECT.get(REASONS[reason].effect, OutcomeKind.FAILED)
            return Outcome(kind, reason, str(error))
        case SecretError():
            return Outcome(OutcomeKind.FAILED, ReasonCode.CREDENTIAL_MISSING, str(error))
        case _:
            return Outcome(OutcomeKind.FAILED, ReasonCode.INTERNAL_ERROR, str(error))


def interruption_message(domain: str, run_id: str, again: str) -> str:
    """What is said of a tenant at which a run died, with the command that finishes that run."""
    return f"{domain}: run {run_id} stopped in the middle of it, so it may be half changed: finish that run: {again}"


def unsettled_message(domain: str, run_id: str, key: str) -> str:
    """What is said of a tenant with a write whose result is not known."""
    return (
        f"{domain}: run {run_id} wrote {key} and no read has shown since what became of it, so whether it changed is "
        "not known: repeat when Auth0 answers as documented again, which settles it"
    )


def _reason(error: TenantError) -> ReasonCode:
    """Its own code; `internal_error` for one that only a bare `TenantError` has."""
    if isinstance(error, ApiRefused):
        return ReasonCode.API_REFUSED
    return ReasonCode(error.reason) if error.reason in set(ReasonCode) else ReasonCode.INTERNAL_ERROR


def outcome_without_plan(assessment: Assessment) -> Outcome:
    """The outcome of a tenant that a migration leaves alone."""
    first = assessment.reasons[0] if assessment.reasons else None
    code, message = (first.code, first.message) if first else (None, "")
    match assessment.verdict:
        case Verdict.ALREADY_MIGRATED:
            return Outcome(OutcomeKind.UNCHANGED, code, message)
        case verdict:
            return Outcome(OutcomeKind.SKIPPED, code, f"{verdict}: {message}")
