"""Exit codes: each has one meaning, and the worst fact about a run's tenants decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict, Verdict
from phonefleet.model.verdict_groups import NEEDS_A_PERSON, NOT_OF_THE_RUN, gets_no_messages

if TYPE_CHECKING:
    # The command line's help needs the table and not the models.
    from phonefleet.model.run_record import RunRecord


class ExitCode(IntEnum):
    """What a command's exit status says. `EXIT_CODES` has the policy of each."""

    DONE = 0
    DRIFT = 1
    ERROR = 2
    GATE = 3
    UNREAD = 4
    CHECKS = 5
    OUTAGE = 6
    LEDGER = 7


@dataclass(frozen=True, slots=True)
class ExitCodeSpec:
    """The policy of an exit code.

    Attributes:
        meaning: for tables, without the number of tenants.
        counted: what is said of the tenants that lead to it, after their number.
        verdict: of a run that ends with it; None for a code that says nothing of what the run did.
    """

    meaning: str
    counted: str
    verdict: RunVerdict | None


EXIT_CODES: Mapping[ExitCode, ExitCodeSpec] = {
    ExitCode.DONE: ExitCodeSpec("done, or in sync", "done", RunVerdict.COMPLETE),
    ExitCode.UNREAD: ExitCodeSpec(
        "incomplete: more tenants could not be read than are allowed",
        "could not be read",
        RunVerdict.INCOMPLETE,
    ),
    ExitCode.GATE: ExitCodeSpec(
        "waiting: a person must decide", "waiting for a decision", RunVerdict.STOPPED
    ),
    ExitCode.CHECKS: ExitCodeSpec(
        "the run is done, but the data of its report violates a check", "violate a check", None
    ),
    ExitCode.DRIFT: ExitCodeSpec(
        "drift found: a tenant differs from its recorded state",
        "drifted",
        RunVerdict.DRIFT,
    ),
    ExitCode.ERROR: ExitCodeSpec(
        "error: a tenant failed, or the command could not be carried out", "failed", RunVerdict.FAILED
    ),
    ExitCode.OUTAGE: ExitCodeSpec(
        "outage: users of a tenant get no messages now", "sending no messages", RunVerdict.OUTAGE
    ),
    ExitCode.LEDGER: ExitCodeSpec(
        "the record is not as it was written: the ledger was changed or is damaged", "", None
    ),
}
"""Every exit code, the least bad first: the worst one that any tenant leads to is a run's."""
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it: a command that a signal stopped. The same command continues."""
_SEVERITY = tuple(EXIT_CODES)
_BY_READING = frozenset({"assess", "plan", "compliance"})
"""Verbs that are done once every tenant was read: what a tenant waits for stops none of them."""


@dataclass(frozen=True, slots=True)
class TenantEnding:
    """How a run ended for a selected tenant.

    Attributes:
        outcome: None where the verb has no outcomes.
        outcome_reason: why.
        verdict: what the tenant is; None where it was not assessed.
        reasons: the codes of the verdict's reasons.
    """

    outcome: OutcomeKind | None = None
    outcome_reason: ReasonCode | None = None
    verdict: Verdict | None = None
    reasons: tuple[ReasonCode, ...] = ()


def endings_of(record: RunRecord) -> Iterator[TenantEnding]:
    """Yield how a run ended for each of its tenants."""
    for tenant in record.tenants:
        found = tenant.assessment
        yield TenantEnding(
            tenant.outcome,
            tenant.outcome_reason,
            found.verdict if found else None,
            tuple(reason.code for reason in found.reasons) if found else (),
        )


def facts(verb: str, endings: Iterable[TenantEnding]) -> Counter[ExitCode]:
    """Count tenants by the exit code that each alone leads to.

    Args:
        verb: the run's verb; being rolled back is success for `rollback` and failure for `migrate`.
        endings: one for each tenant. Those that the operator left out (`not_selected`) do not count, and those whose
            outcome is another run's (`overtaken`).
    """
    return Counter(_fact(verb, ending) for ending in endings if ending.outcome_reason not in NOT_OF_THE_RUN)


def exit_code(found: Mapping[ExitCode, int], *, unread_allowed: int = 0) -> ExitCode:
    """Return the exit code of a run: the worst fact, whatever else is true.

    Args:
        found: the result of `facts`.
        unread_allowed: so many tenants that could not be read do not count.
    """
    present = {code for code, count in found.items() if count}
    if found.get(ExitCode.UNREAD, 0) <= unread_allowed:
        present.discard(ExitCode.UNREAD)
    return worst(present)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the worst of some exit codes; `DONE` for none."""
    return max(codes, key=_SEVERITY.index, default=ExitCode.DONE)


def other_facts(found: Mapping[ExitCode, int], decisive: ExitCode) -> list[str]:
    """Return what else is true of a run's tenants beside the fact that decided, with numbers, the worst first."""
    return [
        f"{found[code]} {EXIT_CODES[code].counted}"
        for code in reversed(_SEVERITY)
        if found.get(code) and code not in (decisive, ExitCode.DONE)
    ]


def run_verdict(code: ExitCode) -> RunVerdict:
    """Return the verdict of a run whose tenants lead to this exit code.

    Raises:
        ValueError: the code says nothing of what the run did.
    """
    verdict = EXIT_CODES[code].verdict
    if verdict is None:
        raise ValueError(f"exit code {int(code)} is not a run's")
    return verdict


def _fact(verb: str, ending: TenantEnding) -> ExitCode:
    if ReasonCode.NOTHING_SENDS in ending.reasons and ending.outcome is not OutcomeKind.MIGRATED:
        # Also of a tenant whose plan would repair it.
        return ExitCode.OUTAGE
    if gets_no_messages(ending.verdict, ending.outcome, ending.outcome_reason):
        return ExitCode.OUTAGE
    if _failed(verb, ending):
        return ExitCode.ERROR
    if ending.outcome is OutcomeKind.DRIFTED:
        return ExitCode.DRIFT
    if ending.outcome is OutcomeKind.ROLLED_BACK:
        # What it is again, such as blocked, is what it was before the migration: no one waits for a decision.
        return ExitCode.DONE
    if ending.verdict is Verdict.UNREACHABLE and ending.outcome_reason in (None, *ending.reasons):
        return ExitCode.UNREAD
    waits = ending.outcome in (OutcomeKind.HELD, OutcomeKind.INCONCLUSIVE)
    needs = verb not in _BY_READING and ending.verdict in NEEDS_A_PERSON
    return ExitCode.GATE if waits or needs else ExitCode.DONE


def _failed(verb: str, ending: TenantEnding) -> bool:
    if ending.outcome is OutcomeKind.FAILED or ReasonCode.INTERNAL_ERROR in (
        ending.outcome_reason,
        *ending.reasons,
    ):
        return True
    if ending.outcome is OutcomeKind.ROLLED_BACK:
        return verb != "rollback"
    return verb in _BY_READING and ending.outcome is None and ending.verdict is None
