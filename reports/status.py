"""Red, amber, green: what a tenant, a wave and a run are worth."""

from __future__ import annotations

from enum import StrEnum

from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.verdict_groups import FAULTY, SETTLED


class Status(StrEnum):
    """A traffic light; always shown together with its word."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


SETTLED_OUTCOMES = frozenset({OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED})
_UNSETTLED = frozenset({OutcomeKind.ROLLED_BACK, OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE})
"""Whatever the verdict says, such a tenant needs a look."""
_ASKED_FOR = {"rollback": OutcomeKind.ROLLED_BACK, "finalize": OutcomeKind.FINALIZED}


def asked_for(verb: str) -> OutcomeKind:
    """The outcome that a verb is after."""
    return _ASKED_FOR.get(verb, OutcomeKind.MIGRATED)


def settled_outcomes(verb: str) -> frozenset[OutcomeKind]:
    """Outcomes after which nothing is left to do: what the verb was asked for counts as well."""
    return SETTLED_OUTCOMES | {asked_for(verb)}


def tenant_status(verb: str, verdict: Verdict | None, outcome: OutcomeKind | None) -> Status:
    """One tenant's light.

    Green needs an outcome that settles the tenant, or a verdict that leaves nothing to do. An outcome says more
    than the verdict that went before it, but `unchanged` does not make a broken tenant whole.
    """
    if outcome is OutcomeKind.FAILED or (outcome is OutcomeKind.UNCHANGED and verdict in FAULTY):
        return Status.RED
    if outcome in settled_outcomes(verb) or (outcome not in _UNSETTLED and verdict in SETTLED):
        return Status.GREEN
    return Status.RED if verdict in FAULTY else Status.AMBER
