"""Vocabularies and columns that several frames share."""

from __future__ import annotations

from collections.abc import Iterable

from phonefleet.model.enums import Operation, OutcomeKind, ReasonCode, StepKind, Verdict
from reports.columns import TEXT, Column
from reports.status import Status


def words_of(vocabulary: Iterable[str]) -> tuple[str, ...]:
    """A vocabulary as plain text."""
    return tuple(str(word) for word in vocabulary)


RESULTS = ("planned", "open", "done", "already", "failed", "not_applied", "unknown")
EVIDENCE = ("delivered", "failed", "none", "unknown")
VERIFICATION_RESULTS = ("verified", "differs", "not_verifiable", "vacuous", "refused")
WAVE_VERDICTS = ("passed", "stopped")
STEP_WORDS, OPERATIONS = words_of(StepKind), words_of(Operation)
NEEDS = ("supply", "decide", "repair", "access", "auth0_support", "investigate", "resume")
DIRECTIONS = ("better", "worse", "changed", "new", "gone")
OUTCOMES, VERDICTS, CODES = words_of(OutcomeKind), words_of(Verdict), words_of(ReasonCode)
LIGHTS = words_of(Status)
DOMAIN = Column("domain", TEXT, "The tenant's canonical domain.")
WAVE = Column("wave", TEXT, "The wave the tenant belongs to; empty where no wave selects it.")
OWNER = Column(
    "owner", TEXT, "Who answers for the tenant, as the fleet file says; empty where it says nothing."
)
