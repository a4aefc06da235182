"""How errors become outcomes, and outcomes a run's verdict and exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from phonefleet.errors import ApiRefused, LeaseHeld, PhonefleetError, PlanRefused, TenantError
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict, Verdict
from phonefleet.model.reason_spec import ReasonEffect
from phonefleet.model.reasons import REASONS
from phonefleet.model.verdict_groups import FAULTY, NEEDS_A_PERSON


class ExitCode(IntEnum):
    """What a command's exit status says."""

    DONE = 0
    """Done, or in sync."""
    DRIFT = 1
    ERROR = 2
    GATE = 3
    """Stopped at a gate: something waits for a person's decision."""


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
        case _:
            return Outcome(OutcomeKind.FAILED, ReasonCode.INTERNAL_ERROR, str(error))


def interruption_message(domain: str, run_id: str) -> str:
    """What is said of a tenant at which a run died."""
    return (
        f"{domain}: run {run_id} stopped in the middle of it, so it may be half changed: finish that run "
        f"(phonefleet migrate FLEET --resume {run_id}; a rollback or finalize is given again)"
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


_BY_READING: Mapping[str, frozenset[Verdict]] = {
    "assess": frozenset({Verdict.UNREACHABLE}),
    "plan": frozenset({Verdict.UNREACHABLE}),
    # In sync with what it was, or drifted from it, and it cannot send.
    "compliance": FAULTY,
}
"""Verbs that are done once every tenant was read, and the verdicts that wait for a person even then."""


def exit_code(
    verb: str, endings: Iterable[tuple[OutcomeKind | None, ReasonCode | None, Verdict | None]]
) -> ExitCode:
    """The exit code that a run's tenants lead to, the worst of all of them.

    Args:
        verb: the run's verb; being rolled back is success for `rollback` and failure for `migrate`.
        endings: each selected tenant's outcome, its reason, and its verdict. Tenants that the operator left out
            (`not_selected`) don't count.
    """
    code = ExitCode.DONE
    for kind, reason, verdict in endings:
        if reason is ReasonCode.NOT_SELECTED:
            continue
        failed = kind is OutcomeKind.FAILED or (kind is OutcomeKind.ROLLED_BACK and verb != "rollback")
        code = max(code, _code_of(verb, kind, verdict, failed=failed), key=_WORSE.index)
    return code


def _code_of(verb: str, kind: OutcomeKind | None, verdict: Verdict | None, *, failed: bool) -> ExitCode:
    if failed or (verb in _BY_READING and kind is None and verdict is None):
        return ExitCode.ERROR
    if kind is OutcomeKind.DRIFTED and verdict is not Verdict.BROKEN:
        return ExitCode.DRIFT
    if kind is OutcomeKind.ROLLED_BACK:
        # What it is again, such as blocked, is what it was before the migration: no one waits for a decision.
        return ExitCode.ERROR if verdict is Verdict.BROKEN else ExitCode.DONE
    decisions = _BY_READING.get(verb, NEEDS_A_PERSON)
    waits = kind in (OutcomeKind.HELD, OutcomeKind.INCONCLUSIVE) or verdict in decisions
    return ExitCode.GATE if waits else ExitCode.DONE


_WORSE = (ExitCode.DONE, ExitCode.DRIFT, ExitCode.GATE, ExitCode.ERROR)


def run_verdict(code: ExitCode) -> RunVerdict:
    """Return the verdict of a run that ends with this exit code."""
    match code:
        case ExitCode.DONE:
            return RunVerdict.COMPLETE
        case ExitCode.GATE:
            return RunVerdict.STOPPED
        case ExitCode.DRIFT:
            return RunVerdict.DRIFT
        case ExitCode.ERROR:
            return RunVerdict.FAILED
