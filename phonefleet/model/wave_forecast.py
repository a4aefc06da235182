"""What a run foresees of a wave before anything is changed, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from phonefleet.model.fact import Fact
from phonefleet.model.spoken_time import spoken


class PaceQuantity(StrEnum):
    """What a forecast multiplies."""

    ANSWER = "answer"
    """From a request to its answer; the median."""
    BUILD = "build"
    """An Action's build and deployment."""
    EVIDENCE = "evidence"
    """From sending a test message to its entry in the tenant's log."""


class PaceSource(StrEnum):
    """Where the value of a quantity comes from."""

    MEASURED = "measured"
    """From this run's requests."""
    RECORDED = "recorded"
    """From steps of this run or earlier ones, as the ledger has them."""
    ASSUMED = "assumed"
    """Nothing is known yet."""


class PaceBasis(Fact):
    """A quantity that a forecast is made of."""

    quantity: PaceQuantity
    value: timedelta
    source: PaceSource


class WaveForecast(Fact):
    """A wave before it runs. Times are UTC."""

    wave: str
    tenants: int
    """To migrate."""
    batches: int
    requests: int
    """To the Management API of all its tenants."""
    messages: dict[str, int]
    """Test messages by masked number."""
    one_way: int
    """Tenants that cannot be taken back once they are switched."""
    no_opening: int = 0
    """Tenants for which no window opens before their deadline or within 400 days."""
    active: timedelta
    """Time in which tenants are worked on, without soaks and without waiting for windows."""
    soak: timedelta
    starts_at: datetime
    earliest_end: datetime
    """At the pace that was measured or assumed."""
    latest_end: datetime
    """If every tenant takes as long as `rollout.time_per_tenant` allows."""
    measured: bool
    """Whether the pace was measured in this run; else it is assumed."""
    basis: tuple[PaceBasis, ...] = ()
    """What the earliest end is made of; only what the wave's plans need."""
    is_revised: bool = False
    """Made when an earlier wave of the run had ended, with what that wave measured."""


_QUANTITIES = {
    PaceQuantity.ANSWER: "an answer",
    PaceQuantity.BUILD: "an Action's build",
    PaceQuantity.EVIDENCE: "a log entry",
}


def basis_text(basis: Iterable[PaceBasis]) -> str:
    """Return what a forecast is made of: `assumed: 10 s for an Action's build; measured: 0.2 s for an answer`."""
    by_source: dict[PaceSource, list[str]] = {source: [] for source in reversed(PaceSource)}
    for each in basis:
        by_source[each.source].append(f"{spoken(each.value)} for {_QUANTITIES[each.quantity]}")
    return "; ".join(f"{source}: {', '.join(texts)}" for source, texts in by_source.items() if texts)
