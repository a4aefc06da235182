"""The gates of a wave: what was found before and after it, and whether the rollout may go on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from configs import OnGate
from phonefleet.model.enums import Reversibility
from phonefleet.rollout.gates import MeasuredLimit


class Finding(StrEnum):
    """What a gate looks at. The words are those that people read, after the numbers."""

    PLANS = "plans are whole and those of this run"
    SECRETS = "references to secrets have a value"
    LEASES = "tenants are not worked on by another run"
    WINDOW = "tenants may start now"
    PREVIOUS_WAVE = "switched tenants of the wave before are healthy"
    READ_BACK = "switched tenants were read back"
    DATA_CONTRACT = "checks of the run's data hold"
    OUTSIDE = "checks of the wave passed"


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One number of a gate.

    Attributes:
        what: what was counted.
        count: how many.
        total: of how many.
        passed: whether the number lets the rollout go on.
        note: which ones, for people.
    """

    what: Finding
    count: int
    total: int
    passed: bool
    note: str = ""

    def __str__(self) -> str:
        return f"{self.count} of {self.total} {self.what}" + (f" ({self.note})" if self.note else "")


def all_must(what: Finding, missing: Iterable[str], total: int) -> GateFinding:
    """Return the finding that all of `total` must be something; `missing` names those that are not."""
    named = list(missing)
    return GateFinding(what, total - len(named), total, not named, note=_named(named))


def any_must(what: Finding, count: int, total: int) -> GateFinding:
    """Return the finding that at least one of `total` must be something, if there are any."""
    return GateFinding(what, count, total, count > 0 or total == 0)


def _named(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What a gate decided, with its numbers.

    Attributes:
        gate: which one, for people.
        findings: what it looked at.
    """

    gate: str
    findings: tuple[GateFinding | MeasuredLimit, ...]

    @property
    def passed(self) -> bool:
        """Whether every number lets the rollout go on."""
        return all(each.passed for each in self.findings)

    @property
    def why(self) -> str:
        """Why it failed: the findings that did not pass; empty when it passed."""
        return "; ".join(str(each) for each in self.findings if not each.passed)

    def __str__(self) -> str:
        good = "; ".join(str(each) for each in self.findings if each.passed)
        if self.passed:
            return f"{self.gate}: passed: {good or 'nothing to look at'}"
        return f"{self.gate}: failed: {self.why}" + (f". Passed: {good}" if good else "")


def to_roll_back(
    on_gate: OnGate, switched: Iterable[str], reversibility: Mapping[str, Reversibility]
) -> tuple[list[str], list[str]]:
    """Return the switched tenants of a failed wave that are rolled back, and those that are kept.

    Only what can be rolled back without loss is: these tenants work, as far as their own verification shows.
    """
    if on_gate is not OnGate.ROLLBACK_WAVE:
        return [], list(switched)
    undone, kept = list[str](), list[str]()
    for domain in switched:
        (undone if reversibility.get(domain) is Reversibility.REVERSIBLE else kept).append(domain)
    return undone, kept
