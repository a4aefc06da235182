"""What the checks of a run's data found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and how it fared.

    Attributes:
        name: stable name, for example `migrated_is_switched`.
        frame: the frame it looks at.
        meaning: the expectation as a sentence.
        expectation: Great Expectations' own name of it.
        success: whether it held.
        failing: number of failing rows; 1 where the frame as a whole fails.
        rows: the failing rows by key, for example `domain=a.auth0.com`; at most `MOST_ROWS` of them.
    """

    name: str
    frame: str
    meaning: str
    expectation: str
    success: bool
    failing: int = 0
    rows: tuple[str, ...] = ()


MOST_ROWS = 100
"""Failing rows named per expectation; the number of all of them is given as well."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold, and where."""

    name: str
    frame: str
    meaning: str
    failing: int
    rows: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {self.failing - len(self.rows):,} more" if self.failing > len(self.rows) else ""
        return f"{self.frame}: {self.meaning} Fails for {self.failing:,}: {'; '.join(self.rows)}{more}"


@dataclass(frozen=True, slots=True)
class ExpectationsResult:
    """All checks; `success` only when every one of them held."""

    success: bool
    failures: tuple[Failure, ...]
    checks: tuple[Check, ...] = ()


def result_of(checks: tuple[Check, ...]) -> ExpectationsResult:
    """Gather checks into a result."""
    failures = tuple(Failure(c.name, c.frame, c.meaning, c.failing, c.rows) for c in checks if not c.success)
    return ExpectationsResult(success=not failures, failures=failures, checks=checks)
