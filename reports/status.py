"""Reduce the state of a tenant, a wave and a run to red, amber or green."""

from __future__ import annotations

from enum import StrEnum

from phonefleet.model.enums import OutcomeKind, RunVerdict, Verdict
from phonefleet.model.verdict_groups import FAULTY, SETTLED


class Status(StrEnum):
    """A traffic light; always shown together with its word."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


RED_VERDICTS = frozenset({RunVerdict.FAILED, RunVerdict.OUTAGE})
"""Verdicts of a run in which something failed, or users of a tenant get no messages now."""
SETTLED_OUTCOMES = frozenset({OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED})
_UNSETTLED = frozenset({OutcomeKind.ROLLED_BACK, OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE})
"""A tenant with such an outcome is not settled, whatever its verdict."""
_ASKED_FOR = {"rollback": OutcomeKind.ROLLED_BACK, "finalize": OutcomeKind.FINALIZED}


def asked_for(verb: str) -> OutcomeKind:
    """Return the outcome that a verb is meant to produce."""
    return _ASKED_FOR.get(verb, OutcomeKind.MIGRATED)


def settled_outcomes(verb: str) -> frozenset[OutcomeKind]:
    """Return the outcomes after which nothing is left to do, for tenants of a run of this verb."""
    return SETTLED_OUTCOMES | {asked_for(verb)}


def tenant_status(verb: str, verdict: Verdict | None, outcome: OutcomeKind | None) -> Status:
    """Return the status of one tenant.

    Green needs an outcome that settles the tenant, or a verdict that leaves nothing to do. The outcome decides before
    the verdict, except that a broken tenant is red whatever its outcome, and an unreachable one when it is `unchanged`.
    """
    if outcome is OutcomeKind.FAILED or verdict is Verdict.BROKEN:
        return Status.RED
    if outcome is OutcomeKind.UNCHANGED and verdict in FAULTY:
        return Status.RED
    if outcome in settled_outcomes(verb) or (outcome not in _UNSETTLED and verdict in SETTLED):
        return Status.GREEN
    return Status.RED if verdict in FAULTY else Status.AMBER
