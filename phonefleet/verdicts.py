"""How errors become outcomes, and outcomes a run's verdict and exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from phonefleet.assessment import Assessment
from phonefleet.errors import ApiRefused, LeaseHeld, PhonefleetError, PlanRefused, TenantError
from phonefleet.vocabulary import OutcomeKind, ReasonCode, Verdict


class ExitCode(IntEnum):
    """What a command's exit status says."""

    done = 0
    """Done, or in sync."""
    drift = 1
    error = 2
    gate = 3
    """Stopped at a gate: something waits for a person's decision."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A tenant's outcome with its reason and the sentence for the report."""

    kind: OutcomeKind
    reason: ReasonCode | None = None
    message: str = ""


_INCONCLUSIVE = frozenset({ReasonCode.test_fate_unknown, ReasonCode.no_delivery_evidence})


def ending_of(error: PhonefleetError) -> Ending:
    """The outcome of a tenant whose phase raised `error`."""
    match error:
        case LeaseHeld():
            return Ending(OutcomeKind.held, ReasonCode.leased_elsewhere, str(error))
        case PlanRefused():
            return Ending(OutcomeKind.failed, ReasonCode.plan_changed, str(error))
        case TenantError():
            reason = _reason(error)
            kind = OutcomeKind.inconclusive if reason in _INCONCLUSIVE else OutcomeKind.failed
            return Ending(kind, reason, str(error))
        case _:
            return Ending(OutcomeKind.failed, ReasonCode.internal_error, str(error))


def _reason(error: TenantError) -> ReasonCode:
    """Its own code; `internal_error` for one that only a bare `TenantError` has."""
    if isinstance(error, ApiRefused):
        return ReasonCode.api_refused
    return ReasonCode(error.reason) if error.reason in set(ReasonCode) else ReasonCode.internal_error


def ending_without_plan(assessment: Assessment) -> Ending:
    """The outcome of a tenant that a migration leaves alone."""
    first = assessment.reasons[0] if assessment.reasons else None
    code, message = (first.code, first.message) if first else (None, "")
    match assessment.verdict:
        case Verdict.already_migrated:
            return Ending(OutcomeKind.unchanged, code, message)
        case verdict:
            return Ending(OutcomeKind.skipped, code, f"{verdict}: {message}")


_READING = frozenset({"assess", "plan", "compliance"})
"""Verbs that are done once every tenant was read, whatever its verdict."""
_DECISIONS = frozenset({Verdict.blocked, Verdict.contact_support, Verdict.broken, Verdict.unreachable})


def exit_code(
    verb: str, endings: Iterable[tuple[OutcomeKind | None, ReasonCode | None, Verdict | None]]
) -> ExitCode:
    """The exit code that a run's tenants lead to, the worst of all of them.

    Args:
        verb: the run's verb; being rolled back is success for `rollback` and failure for `migrate`.
        endings: each selected tenant's outcome, its reason, and its verdict. Tenants that the operator left out
            (`not_selected`) don't count.
    """
    code = ExitCode.done
    for kind, reason, verdict in endings:
        if reason is ReasonCode.not_selected:
            continue
        failed = kind is OutcomeKind.failed or (kind is OutcomeKind.rolled_back and verb != "rollback")
        code = max(code, _code_of(verb, kind, verdict, failed=failed), key=_WORSE.index)
    return code


def _code_of(verb: str, kind: OutcomeKind | None, verdict: Verdict | None, *, failed: bool) -> ExitCode:
    if failed:
        return ExitCode.error
    if kind is OutcomeKind.drifted:
        return ExitCode.drift
    if kind is OutcomeKind.rolled_back:
        # What it is again, such as blocked, is what it was before the migration: nobody waits for a decision.
        return ExitCode.done
    decisions = {Verdict.unreachable} if verb in _READING else _DECISIONS
    waits = kind in (OutcomeKind.held, OutcomeKind.inconclusive) or verdict in decisions
    return ExitCode.gate if waits else ExitCode.done


_WORSE = (ExitCode.done, ExitCode.drift, ExitCode.gate, ExitCode.error)


def verdict_word(code: ExitCode) -> str:
    """The run's verdict in one word."""
    return {ExitCode.done: "complete", ExitCode.gate: "stopped", ExitCode.drift: "drift"}.get(code, "failed")
