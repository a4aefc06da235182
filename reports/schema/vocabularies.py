"""Define the vocabularies and columns that several frames share."""

from __future__ import annotations

from collections.abc import Iterable

from phonefleet.model.enums import (
    DecisionKind,
    Operation,
    OutcomeKind,
    ReasonCode,
    Receipt,
    StepKind,
    Verdict,
    WaveVerdict,
)
from phonefleet.model.reason_spec import Need
from phonefleet.model.run_record import MessageEvidence, StepResult
from reports.columns import TEXT, Column
from reports.status import Status


def words_of(vocabulary: Iterable[str]) -> tuple[str, ...]:
    """Return a vocabulary as plain strings."""
    return tuple(str(word) for word in vocabulary)


PLANNED, OPEN = "planned", "open"
"""The results of a step that was never tried, and of an intent without a result."""
RESULTS = (PLANNED, OPEN, *words_of(StepResult))
EVIDENCE = words_of(MessageEvidence)
RECEIPTS = words_of(Receipt)
VERIFICATION_RESULTS = ("verified", "differs", "not_verifiable", "vacuous", "refused")
WAVE_VERDICTS = words_of(WaveVerdict)
DECISION_KINDS = words_of(DecisionKind)
STEP_WORDS, OPERATIONS = words_of(StepKind), words_of(Operation)
DIRECTIONS = ("better", "worse", "changed", "new", "gone")
NEEDS = words_of(Need)
OUTCOMES, VERDICTS, CODES = words_of(OutcomeKind), words_of(Verdict), words_of(ReasonCode)
LIGHTS = words_of(Status)
DOMAIN = Column("domain", TEXT, "The tenant's canonical domain.")
WAVE = Column("wave", TEXT, "The wave the tenant belongs to; empty where no wave selects it.")
OWNER = Column("owner", TEXT, "The tenant's owner in the fleet file; empty without one.")
